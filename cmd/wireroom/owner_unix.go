//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// turn waits until no other wireroom edits a file of a folder, and returns what
// ends the turn. Where a folder cannot be locked there are no turns.
func turn(folder string) (done func()) {
	f, err := os.Open(folder)
	if err != nil {
		return func() {}
	}
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	return func() { f.Close() }
}

// alone reports whether no other wireroom writes into a folder, which it keeps so until
// done is called, where a folder can be locked.
func alone(folder string) (done func(), ok bool) {
	f, err := os.Open(folder)
	if err != nil {
		return func() {}, true
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return func() { f.Close() }, !errors.Is(err, syscall.EWOULDBLOCK)
}

// own gives a file the owner of another. Whoever is not root may not give one away.
func own(f *os.File, like os.FileInfo) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	is, ok := info.Sys().(*syscall.Stat_t)
	to, known := like.Sys().(*syscall.Stat_t)
	if !ok || !known || is.Uid == to.Uid && is.Gid == to.Gid {
		return nil
	}
	return f.Chown(int(to.Uid), int(to.Gid))
}

// ownerOf says whose a file is.
func ownerOf(info os.FileInfo) string {
	if is, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("user %d and group %d", is.Uid, is.Gid)
	}
	return "somebody else"
}
