//go:build !race

package parse_test

// raceEnabled says that the race detector is on, which multiplies time and memory.
const raceEnabled = false
