//go:build race

package race

// Enabled says that the race detector is on. It multiplies time and memory, and
// finds nothing where nothing runs beside anything else: such tests take a
// sample under it, and all that they have without it.
const Enabled = true
