// Package race tells tests whether they run under the race detector, and what
// they have taken of the processor.
package race
