//go:build !race

package race

// Enabled says that the race detector is on; it is not.
const Enabled = false
