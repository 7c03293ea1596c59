package store

import (
	"log/slog"
	"path/filepath"
	"syscall"
)

// networkTypes are the file systems on which SQLite's locks and shared memory
// cannot be relied upon, by the type that statfs gives them.
var networkTypes = map[int64]string{
	0x6969:     "NFS",
	0x517b:     "SMB",
	0xfe534d42: "SMB",
	0xff534d42: "CIFS",
	0x01021997: "9p",
	0x65735546: "FUSE",
}

// warnNetwork says loudly that a store lies on a network file system.
func warnNetwork(path string, log *slog.Logger) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &stat); err != nil {
		return
	}
	if name := networkTypes[int64(uint32(stat.Type))]; name != "" {
		log.Warn("the store lies on a network file system, where SQLite may lose data; use a local disk, or PostgreSQL",
			"path", path, "filesystem", name)
	}
}
