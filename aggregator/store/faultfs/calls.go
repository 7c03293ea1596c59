package faultfs

import (
	"unsafe"

	"modernc.org/libc"
)

func closeFile(tls *libc.TLS, file uintptr) int32 {
	_, m := of(file)
	mu.Lock()
	delete(paths, file)
	mu.Unlock()
	return call[func(*libc.TLS, uintptr) int32](m.FxClose)(tls, file)
}

func read(tls *libc.TLS, file, buf uintptr, n int32, from int64) int32 {
	path, m := of(file)
	if failing(Read, path) {
		return failures[Read]
	}
	return call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](m.FxRead)(tls, file, buf, n, from)
}

func write(tls *libc.TLS, file, buf uintptr, n int32, to int64) int32 {
	path, m := of(file)
	if failing(Write, path) {
		return failures[Write]
	}
	rc := call[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](m.FxWrite)(tls, file, buf, n, to)
	if rc == 0 && plan.Journal != nil {
		note(Op{Call: Write, Path: path, At: to, Data: append([]byte(nil), unsafe.Slice(at[byte](buf), n)...)})
	}
	return rc
}

func truncate(tls *libc.TLS, file uintptr, length int64) int32 {
	path, m := of(file)
	if failing(Truncate, path) {
		return failures[Truncate]
	}
	rc := call[func(*libc.TLS, uintptr, int64) int32](m.FxTruncate)(tls, file, length)
	if rc == 0 {
		note(Op{Call: Truncate, Path: path, At: length})
	}
	return rc
}

func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	path, m := of(file)
	if failing(Sync, path) {
		return failures[Sync]
	}
	rc := call[func(*libc.TLS, uintptr, int32) int32](m.FxSync)(tls, file, flags)
	if rc == 0 {
		note(Op{Call: Sync, Path: path})
	}
	return rc
}

func size(tls *libc.TLS, file, out uintptr) int32 {
	path, m := of(file)
	if failing(Size, path) {
		return failures[Size]
	}
	return call[func(*libc.TLS, uintptr, uintptr) int32](m.FxFileSize)(tls, file, out)
}

func lock(tls *libc.TLS, file uintptr, level int32) int32 {
	path, m := of(file)
	if failing(Lock, path) {
		return failures[Lock]
	}
	return call[func(*libc.TLS, uintptr, int32) int32](m.FxLock)(tls, file, level)
}

func shmMap(tls *libc.TLS, file uintptr, page, n, extend int32, out uintptr) int32 {
	path, m := of(file)
	if failing(ShmMap, path) {
		return failures[ShmMap]
	}
	return call[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](m.FxShmMap)(tls, file, page, n, extend, out)
}

func shmLock(tls *libc.TLS, file uintptr, offset, n, flags int32) int32 {
	path, m := of(file)
	const unlock = 1 // SQLITE_SHM_UNLOCK; to let go never fails
	if flags&unlock == 0 && failing(ShmLock, path) {
		return failures[ShmLock]
	}
	return call[func(*libc.TLS, uintptr, int32, int32, int32) int32](m.FxShmLock)(tls, file, offset, n, flags)
}
