//go:build !race

package parse_test

// raceEnabled says that the race detector is on, which multiplies memory.
const raceEnabled = false
