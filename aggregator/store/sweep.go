package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A store is made in a folder of a name that begins with newStore, while its maker
// holds a lock there. What has been left for abandonedAfter has lost its maker, or
// never had the lock.
const (
	newStore       = ".new-store-"
	makingLock     = "making"
	abandonedAfter = time.Minute
)

// sweep removes from a folder what those have left who were killed while they made a
// store. What cannot be removed is in nobody's way.
func sweep(dir string) {
	left, _ := fs.Glob(os.DirFS(dir), newStore+"*")
	for _, name := range left {
		path := filepath.Join(dir, name)
		if info, err := os.Lstat(path); err != nil || !info.IsDir() || time.Since(info.ModTime()) < abandonedAfter {
			continue
		}
		lock, err := lockFile(filepath.Join(path, makingLock))
		if err != nil || lock == nil {
			continue // it is being made, if slowly
		}
		_ = os.RemoveAll(path)
		_ = lock.release()
	}
}
