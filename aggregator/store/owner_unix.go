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
