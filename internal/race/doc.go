// Package race tells tests whether they run under the race detector, what they
// have taken of the processor and of huge pages, and what time the machine has had
// for them.
package race
