//go:build !linux

package store

import "log/slog"

// warnNetwork says nothing: only Linux tells the kind of a file system.
func warnNetwork(string, *slog.Logger) {}
