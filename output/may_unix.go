//go:build unix

package output

import "golang.org/x/sys/unix"

// mayMake returns an error unless this user may make files in a folder. It makes none
// to find that out, which would stay there if the program were killed.
func mayMake(dir string) error {
	return unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}
