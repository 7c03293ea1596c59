// Package faultfs stands between SQLite and its files, for tests. It lets a
// chosen call fail, or writes down everything that is written and made durable,
// so that a test can have the power fail at any moment of it. The program that
// is released does not import it.
//
// It takes the place of SQLite's default file system (https://www.sqlite.org/vfs.html)
// and hands every call on to the one that was there.
package faultfs

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// A Plan says what goes wrong. The zero Plan lets everything be.
type Plan struct {
	// Fail is told of every call before it is made, with the base name of the
	// file. If it returns true the call fails; nil: none does.
	Fail func(call Call, file string) bool

	// Journal is told of every change of a file, in their order; nil: nobody is.
	Journal func(Op)
}

// A Call is the kind of a call.
type Call string

// The calls that may fail.
const (
	Open     Call = "open"
	Read     Call = "read"
	Write    Call = "write"
	Sync     Call = "sync"
	Truncate Call = "truncate"
	Delete   Call = "delete"
	Size     Call = "size"
	Lock     Call = "lock"
	ShmMap   Call = "shmmap"
	ShmLock  Call = "shmlock"
)

// failures are what SQLite is told of a call that fails.
var failures = map[Call]int32{
	Open: lib.SQLITE_CANTOPEN, Read: lib.SQLITE_IOERR_READ, Write: lib.SQLITE_IOERR_WRITE,
	Sync: lib.SQLITE_IOERR_FSYNC, Truncate: lib.SQLITE_IOERR_TRUNCATE, Delete: lib.SQLITE_IOERR_DELETE,
	Size: lib.SQLITE_IOERR_FSTAT, Lock: lib.SQLITE_IOERR_LOCK, ShmMap: lib.SQLITE_IOERR_SHMMAP, ShmLock: lib.SQLITE_IOERR_SHMLOCK,
}

// An Op is a change of a file: a write, a truncation to a length, a deletion,
// or a sync, which makes all changes before it durable.
type Op struct {
	Call Call
	Path string
	At   int64 // of a write: where; of a truncation: the length
	Data []byte
}

var (
	plan  Plan
	under *lib.Tsqlite3_vfs // the file system that was there

	mu      sync.Mutex
	paths   = map[uintptr]string{}                   // of open files
	beneath = map[uintptr]*lib.Tsqlite3_io_methods{} // by our methods
	ours    = map[uintptr]uintptr{}                  // by the methods beneath
)

// at returns the pointer that SQLite gave as a number.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// entry returns the number under which SQLite calls a function.
func entry[F any](f F) uintptr { return **(**uintptr)(unsafe.Pointer(&struct{ p *F }{&f})) }

// call returns the function that SQLite calls by a number.
func call[F any](p uintptr) F {
	q := &struct{ p uintptr }{p}
	return *(*F)(unsafe.Pointer(q))
}

// Install takes the place of the default file system, for all stores that are
// opened from now on in this process. It may be called once.
func Install(p Plan) error {
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := lib.Xsqlite3_initialize(tls); rc != 0 {
		return fmt.Errorf("faultfs: sqlite3_initialize: %d", rc)
	}
	was := lib.Xsqlite3_vfs_find(tls, 0)
	mem := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	name, err := libc.CString("wireroom-faults")
	if was == 0 || mem == 0 || err != nil {
		return errors.New("faultfs: no file system to stand upon")
	}
	plan, under = p, at[lib.Tsqlite3_vfs](was)
	own := at[lib.Tsqlite3_vfs](mem)
	*own = *under
	own.FzName, own.FpNext = name, 0
	own.FxOpen, own.FxDelete = entry(open), entry(remove)
	if rc := lib.Xsqlite3_vfs_register(tls, mem, 1); rc != 0 {
		return fmt.Errorf("faultfs: sqlite3_vfs_register: %d", rc)
	}
	return nil
}

// failing reports whether a call is to fail.
func failing(c Call, path string) bool {
	return plan.Fail != nil && plan.Fail(c, path[strings.LastIndexByte(path, os.PathSeparator)+1:])
}

// note writes a change down.
func note(op Op) {
	if plan.Journal != nil {
		plan.Journal(op)
	}
}

func open(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	path := ""
	if name != 0 {
		path = strings.Clone(libc.GoString(name))
	}
	if failing(Open, path) {
		at[lib.Tsqlite3_file](file).FpMethods = 0 // nothing to close
		return failures[Open]
	}
	rc := call[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](under.FxOpen)(tls,
		uintptr(unsafe.Pointer(under)), name, file, flags, out)
	f := at[lib.Tsqlite3_file](file)
	if rc == 0 && f.FpMethods != 0 && path != "" {
		mu.Lock()
		defer mu.Unlock()
		paths[file] = path
		f.FpMethods = shadow(tls, f.FpMethods)
	}
	return rc
}

// shadow returns our methods for those of a file.
func shadow(tls *libc.TLS, methods uintptr) uintptr {
	if own, ok := ours[methods]; ok {
		return own
	}
	mem := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	m := at[lib.Tsqlite3_io_methods](mem)
	*m = *at[lib.Tsqlite3_io_methods](methods)
	beneath[mem], ours[methods] = at[lib.Tsqlite3_io_methods](methods), mem
	m.FxClose, m.FxRead, m.FxWrite = entry(closeFile), entry(read), entry(write)
	m.FxTruncate, m.FxSync, m.FxFileSize = entry(truncate), entry(syncFile), entry(size)
	m.FxLock, m.FxShmMap, m.FxShmLock = entry(lock), entry(shmMap), entry(shmLock)
	return mem
}

// of returns a file's path and the methods beneath ours.
func of(file uintptr) (string, *lib.Tsqlite3_io_methods) {
	mu.Lock()
	defer mu.Unlock()
	return paths[file], beneath[at[lib.Tsqlite3_file](file).FpMethods]
}

func remove(tls *libc.TLS, _, name uintptr, dir int32) int32 {
	path := strings.Clone(libc.GoString(name))
	if failing(Delete, path) {
		return failures[Delete]
	}
	rc := call[func(*libc.TLS, uintptr, uintptr, int32) int32](under.FxDelete)(tls, uintptr(unsafe.Pointer(under)), name, dir)
	if rc == 0 {
		note(Op{Call: Delete, Path: path})
	}
	return rc
}
