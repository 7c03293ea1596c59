//go:build race

package output_test

// sample is one in how many documents the round trip takes: the race detector
// makes it ten times slower, and there is nothing concurrent in it.
const sample = 20
