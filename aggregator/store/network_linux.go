package store

import (
	"errors"
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

// impatient makes a connection end when what was sent stays unanswered for
// silence (TCP_USER_TIMEOUT, RFC 5482): a network that is cut says nothing.
func impatient(_, _ string, conn syscall.RawConn) error {
	const tcpUserTimeout = 18
	var err error
	if e := conn.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(silence.Milliseconds()))
	}); e != nil {
		return e
	}
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOPROTOOPT) {
		return nil // no TCP: a socket of the file system
	}
	return err
}
