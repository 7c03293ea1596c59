//go:build !race

package output_test

// sample is one in how many documents the round trip takes.
const sample = 1
