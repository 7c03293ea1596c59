//go:build unix

package store

import (
	"os"
	"syscall"
)

// own gives the file at path, which this process made, the owner of another, if
// that is not this process's user: only root can, and only root need.
func own(path string, like os.FileInfo) error {
	owner, ok := like.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 || owner.Uid == 0 && owner.Gid == 0 {
		return nil
	}
	return os.Lchown(path, int(owner.Uid), int(owner.Gid))
}

// owns reports whether what is at path belongs to this process's user.
func owns(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(owner.Uid) == int64(os.Getuid())
}
