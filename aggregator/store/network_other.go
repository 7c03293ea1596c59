//go:build !linux

package store

import (
	"log/slog"
	"syscall"
)

// warnNetwork says nothing: only Linux tells the kind of a file system.
func warnNetwork(string, *slog.Logger) {}

// impatient leaves connections to the system's patience.
func impatient(string, string, syscall.RawConn) error { return nil }
