//go:build !linux

package hugepages

import "errors"

// Lay has the kernel lay the heap in huge pages, which this one does not.
func Lay() (int, error) { return 0, errors.New("this system lays nothing in huge pages when asked") }
