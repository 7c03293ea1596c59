//go:build race

package normalize

// raceEnabled says that the race detector is on, which multiplies time and memory.
const raceEnabled = true
