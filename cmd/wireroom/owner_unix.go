//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// ownerOf says whose a file is.
func ownerOf(info os.FileInfo) string {
	if is, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("user %d and group %d", is.Uid, is.Gid)
	}
	return "somebody else"
}
