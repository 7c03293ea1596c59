package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Places in the first hundred bytes of a SQLite file
// (https://www.sqlite.org/fileformat2.html section 1.3).
const (
	sqliteMagic   = "SQLite format 3\x00"
	headerLen     = 100
	atPageSize    = 16
	atChanges     = 24
	atPages       = 28
	atUserVersion = 60
	atApplication = 68
	atValidFor    = 92
)

// applicationID marks a SQLite file as ours: "Wire".
const applicationID = 0x57697265

const restoreHint = "nothing was changed; stop the program, keep the file and its -wal, and put a backup in its place"

// inspectFile looks at a file before SQLite does, which would take an empty
// file for a new database and write to one that it should not. The error wraps
// fs.ErrNotExist if there is no file and may be a new one.
func inspectFile(path string, newest int64) error {
	if err := regular(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
			return fmt.Errorf("%w: %s is missing, but its journal %s-wal is there; %s", ErrDamaged, path, path, restoreHint)
		}
		return err
	}
	if err != nil {
		return unwritable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, headerLen)
	if _, err := io.ReadFull(f, head); err != nil {
		return fmt.Errorf("%w: %s has %d bytes, too few for a store; %s", ErrDamaged, path, info.Size(), restoreHint)
	}
	if string(head[:len(sqliteMagic)]) != sqliteMagic {
		return fmt.Errorf("%w: %s is not a SQLite file; nothing was changed", ErrForeign, path)
	}
	if id := binary.BigEndian.Uint32(head[atApplication:]); id != applicationID {
		return fmt.Errorf("%w: %s is a SQLite file of another program; nothing was changed", ErrForeign, path)
	}
	if have := int64(binary.BigEndian.Uint32(head[atUserVersion:])); have > newest {
		back := "use that one"
		if copied := fmt.Sprint(path, copiedSuffix, newest); entry(copied) == nil {
			back += ", or go back to what was stored before it by wireroom restore " + copied
		}
		return fmt.Errorf("%w: the schema of %s is %d, this program knows %d; nothing was changed; %s", ErrNewer, path, have, newest, back)
	}
	return checkLength(path, info.Size(), head)
}

// schemeOf is how an address of something else begins; a path may have a colon.
var schemeOf = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*://|(?i:postgres|postgresql|sqlite3?|file):)`)

// CheckName returns an error if a store cannot be called that.
func CheckName(dsn string) error {
	if scheme := schemeOf.FindString(dsn); scheme != "" && IsFile(dsn) {
		return fmt.Errorf("a store is the path of a SQLite file, or an address like postgres://user:password@host:5432/name; none begins with %q", scheme)
	}
	return nil
}

// located returns where the file is that a name leads to, whether or not it is
// there yet: its journal and its locks lie beside it, and not beside a link.
func located(name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	path, err := filepath.Abs(name)
	if strings.HasSuffix(name, "/") && errors.Is(entry(path), fs.ErrNotExist) {
		return "", fmt.Errorf("%w: %s is the name of a folder; give the path of a file in it, such as %swireroom.db", ErrForeign, name, name)
	}
	for links := 0; err == nil; links++ {
		to, linked := os.Readlink(path)
		if linked != nil {
			return path, nil // no link, or nothing
		}
		if links == 40 { // as the system has it
			return "", fmt.Errorf("%s leads from link to link", name)
		}
		if !filepath.IsAbs(to) {
			var dir string
			dir, err = filepath.EvalSymlinks(filepath.Dir(path))
			to = filepath.Join(dir, to)
		}
		path = to
	}
	return "", err
}

// regular returns an error if there is something at path that is no file. One
// must know before it is opened: a pipe waits for who writes to it.
func regular(path string) error {
	switch info, err := os.Stat(path); {
	case err != nil || info.Mode().IsRegular():
		return nil
	case info.IsDir():
		return fmt.Errorf("%w: %s is a folder; give the path of a file in it, such as %s/wireroom.db", ErrForeign, path, path)
	default:
		return fmt.Errorf("%w: %s is no file that could be read again; nothing was changed", ErrForeign, path)
	}
}

// checkLength compares a file's length with the one in its header. With a
// journal the file may lawfully be shorter.
func checkLength(path string, size int64, head []byte) error {
	page := int64(binary.BigEndian.Uint16(head[atPageSize:]))
	if page == 1 {
		page = 65536
	}
	pages := int64(binary.BigEndian.Uint32(head[atPages:]))
	stated := binary.BigEndian.Uint32(head[atChanges:]) == binary.BigEndian.Uint32(head[atValidFor:])
	if wal, err := os.Stat(path + "-wal"); err == nil && wal.Size() > 0 || !stated {
		return nil
	}
	if size < page*pages {
		return fmt.Errorf("%w: %s was cut: it has %d of %d bytes; %s", ErrDamaged, path, size, page*pages, restoreHint)
	}
	return nil
}

// unwritable says who cannot write what, and the command that mends it.
func unwritable(path string, err error) error {
	uid, gid := os.Getuid(), os.Getgid()
	mend := "name another place with --store"
	give := func(path string) string {
		if owns(path) { // and its mode forbids it
			return "try: chmod u+rwX " + path
		}
		return fmt.Sprintf("try: chown %d:%d %s", uid, gid, path)
	}
	switch {
	case errors.Is(err, syscall.EROFS): // whoever owns it
		mend = "mount it for writing, or " + mend
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EISDIR):
	case errors.Is(entry(filepath.Dir(path)), fs.ErrNotExist):
		mend = fmt.Sprintf("try: install -d -o %d -g %d %s", uid, gid, filepath.Dir(path))
	case entry(path) == nil && mayWrite(path) != nil:
		mend = give(path)
	default: // it is the folder in which nothing can be made
		mend = give(filepath.Dir(path))
	}
	return fmt.Errorf("%w: user %d cannot write %s (%w); %s", ErrUnwritable, uid, path, err, mend)
}

// entry returns an error if there is nothing at path.
func entry(path string) error {
	_, err := os.Lstat(path)
	return err
}

// mayWrite returns an error if the file at path may not be written.
func mayWrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// newestSchema is the version of the last migration.
func newestSchema() int64 {
	files, err := fs.ReadDir(migrations, "migrations/sqlite")
	if err != nil {
		panic(err) // they are part of the program
	}
	number, _, _ := strings.Cut(path.Base(files[len(files)-1].Name()), "_")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func (e *sqliteEngine) check(ctx context.Context) error {
	var verdict string
	if _, err := e.read.one(ctx, "PRAGMA integrity_check(1)", nil, &verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s: %s; %s", ErrDamaged, e.path, verdict, restoreHint)
	}
	return nil
}

func (e *sqliteEngine) backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	pool, err := sql.Open("sqlite", sqliteDSN(e.path))
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.ExecContext(ctx, "VACUUM INTO ?1", path)
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code() == lib.SQLITE_FULL { // it is the copy that has no room
		e = &sqliteEngine{path: path}
	}
	return e.meaning(err)
}
