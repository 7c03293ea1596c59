package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

const (
	// readers is how many connections read at once: more only wait for the
	// same processors.
	readers = 4

	// busyWait is how long a write waits for another process.
	busyWait = 5 * time.Second

	// checkedAtOpen is the size of a file, in bytes, up to which all of its
	// structure is looked at when it is opened.
	checkedAtOpen = 16 << 20

	// journalMost is the size of the journal, in bytes, from which on it is
	// emptied by force; it is looked at every lookEvery. Where a reader does not
	// let it be, that is tried again after relieveEvery; where the disk is full,
	// after relieveFullEvery.
	journalMost      = 32 << 20
	lookEvery        = 100 * time.Millisecond
	relieveEvery     = 30 * time.Second
	relieveFullEvery = time.Second
)

// writerCache is how many bytes of pages the connection that writes keeps, for as
// long as no other process writes. A transaction of the filer changes more pages
// than the 2 MB which are usual hold, and those that have no room are written and
// read twice. What the others keep is worth nothing after the next transaction.
const writerCache = 8 << 20

// sqlitePragmas are set on every connection.
//
// A commit is made durable (FULL), so that an acknowledged item survives a power
// cut and an id that readers have seen is never minted a second time; writes
// that wait share a commit and its fsync. Only where nothing would be lost is
// it spared (see jot): in the journal's order a later durable commit covers the
// earlier ones. The journal is brought into the file whenever it has 4 MB, and cut
// back to 32 MB after a burst.
var sqlitePragmas = []string{
	fmt.Sprintf("busy_timeout(%d)", busyWait.Milliseconds()),
	"journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(33554432)",
	fmt.Sprintf("wal_autocheckpoint(%d)", 4<<20/pageSize),
	"temp_store(MEMORY)", "trusted_schema(0)", "cell_size_check(1)",
}

// A sqliteEngine is one file: a connection that writes and some that read.
type sqliteEngine struct {
	path   string
	file   os.FileInfo // what path was when it was opened
	wpool  *sql.DB
	rpool  *sql.DB
	conn   *sql.Conn
	stmts  *prepared // of conn
	on     session   // the connection that writes
	read   session
	writer *writer
	agenda agenda

	durable bool // the mode that the writing connection is in

	looked  time.Time             // when the size of the journal was last asked for
	kept    time.Time             // when the journal could last not be emptied
	failing atomic.Pointer[error] // why the last transaction failed; nil: it did not
	corrupt atomic.Bool           // SQLite has found damage, if only in reading

	mu   sync.Mutex
	lock *fileLock // of the filer; nil: not ours
}

func openSQLite(ctx context.Context, path string, log *slog.Logger) (*sqliteEngine, error) {
	path, err := located(path)
	if err != nil {
		return nil, err
	}
	sweep(filepath.Dir(path))
	if err := inspectFile(path, newestSchema()); errors.Is(err, fs.ErrNotExist) {
		if err := createSQLite(ctx, path); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	warnNetwork(path, log)
	e := &sqliteEngine{path: path}
	if err := e.connect(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	if err := e.prepare(ctx, log); err != nil {
		return nil, errors.Join(err, e.close())
	}
	if e.file, err = os.Stat(path); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// createSQLite makes a new store under another name and links it to its own
// when it is whole: an empty file is never a store that was just being made.
func createSQLite(ctx context.Context, path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return unwritable(path, err)
	}
	tmp, err := os.MkdirTemp(dir, newStore)
	if err != nil {
		return unwritable(path, err)
	}
	defer os.RemoveAll(tmp)
	making, err := lockFile(filepath.Join(tmp, makingLock))
	if err != nil {
		return unwritable(path, err)
	}
	defer making.release()
	e := &sqliteEngine{path: filepath.Join(tmp, "store")}
	err = e.meaning(sizePages(ctx, e.path))
	if err == nil {
		err = e.connect(ctx)
	}
	if err == nil {
		err = e.meaning(migrate(ctx, e.wpool, goose.DialectSQLite3, "sqlite", nil))
	}
	if err == nil {
		err = e.checkpoint(ctx)
	}
	if err != nil && ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err) // a transaction that was ended by it says so in words of its own
	}
	if err := errors.Join(err, e.close()); err != nil {
		return fmt.Errorf("making %s: %w", path, err)
	}
	if err := os.Link(e.path, path); err != nil && !errors.Is(err, fs.ErrExist) {
		// Not every file system has hard links.
		if err := os.Rename(e.path, path); err != nil {
			return unwritable(path, err)
		}
	}
	return nil
}

// pageSize is that of new stores, in bytes. A record and a decision are one to
// two kilobytes, of which a page of 4 KB, SQLite's default, mostly holds two and
// wastes the rest.
const pageSize = 8192

// sizePages makes an empty store with pages of pageSize. It must come before the
// journal's mode, which the driver sets first of all that a name asks for.
func sizePages(ctx context.Context, path string) error {
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+fmt.Sprintf("?_pragma=page_size(%d)", pageSize))
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, "PRAGMA user_version = 0") // writes the first page
	return errors.Join(err, pool.Close())
}

// connect opens the connections of e.path.
func (e *sqliteEngine) connect(ctx context.Context) error {
	words := &spelling{
		replace: strings.NewReplacer(" FOR UPDATE SKIP LOCKED", "", " FOR UPDATE", ""),
		meaning: e.meaning,
	}
	var err error
	if e.wpool, err = sql.Open("sqlite", sqliteDSN(e.path, fmt.Sprintf("cache_size(-%d)", writerCache>>10))); err != nil {
		return err
	}
	if e.rpool, err = sql.Open("sqlite", sqliteDSN(e.path, "query_only(1)")); err != nil {
		return err
	}
	e.wpool.SetMaxIdleConns(-1) // only migrations need a second connection
	e.rpool.SetMaxOpenConns(readers)
	e.rpool.SetMaxIdleConns(readers)
	e.read = session{newPrepared(e.rpool), words}
	if e.conn, err = e.wpool.Conn(ctx); err != nil {
		return e.meaning(err)
	}
	e.stmts = newPrepared(e.conn)
	e.on = session{e.stmts, words}
	e.writer, e.durable = newWriter(e.transact), true
	return nil
}

func sqliteDSN(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append(pragmas, sqlitePragmas...)}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// prepare brings the tables up to date and looks for damage.
func (e *sqliteEngine) prepare(ctx context.Context, log *slog.Logger) error {
	if err := migrate(ctx, e.wpool, goose.DialectSQLite3, "sqlite", func(have int64) error {
		if err := e.awaitAlone(ctx, log); err != nil {
			return err // an older program is not to find other tables from one moment to the next
		}
		return e.keepCopy(ctx, have, log)
	}); err != nil {
		return e.meaning(err)
	}
	info, err := os.Stat(e.path)
	if err != nil {
		return err
	}
	var pages, size int64
	if _, err := e.on.one(ctx, "PRAGMA page_count", nil, &pages); err != nil {
		return err
	}
	if _, err := e.on.one(ctx, "PRAGMA page_size", nil, &size); err != nil {
		return err
	}
	if err := e.checkpoint(ctx); err == nil && info.Size() < pages*size {
		if info, err = os.Stat(e.path); err != nil || info.Size() < pages*size {
			return fmt.Errorf("%w: %s has %d of %d bytes; %s", ErrDamaged, e.path, info.Size(), pages*size, restoreHint)
		}
	}
	if pages*size <= checkedAtOpen {
		return e.check(ctx)
	}
	return nil
}

// transact runs writes in one transaction. If one of them fails, all are run
// again, each in a transaction of its own, so that none fails for another. Where
// another process has the file locked all fail: each would wait as long again.
func (e *sqliteEngine) transact(ctx context.Context, batch []*write) {
	err := e.together(ctx, batch)
	defer func() { e.relieve(ctx, err) }()
	e.remember(err)
	if err == nil || len(batch) == 1 || errors.Is(err, ErrBusy) {
		for _, w := range batch {
			w.err = err
		}
		return
	}
	for _, w := range batch {
		w.err = e.together(ctx, []*write{w})
		e.remember(w.err)
	}
}

// relieve empties a journal that has grown, or of which the disk is full: then no
// transaction comes to its end any more, after which SQLite would do it. SQLite
// begins a journal anew only when no reader is in the middle of it, which never
// comes to pass where one begins before the other ends. Here new readers are led
// past it, and the old ones waited for; if one of them stays, it is tried again
// later.
func (e *sqliteEngine) relieve(ctx context.Context, failed error) {
	least, every := int64(journalMost), relieveEvery
	if errors.Is(failed, ErrFull) {
		least, every = 1, relieveFullEvery
	}
	now := time.Now()
	if failed == nil && now.Sub(e.looked) < lookEvery {
		return // after each of a thousand small transactions it would be a part of their cost
	}
	e.looked = now
	info, err := os.Stat(e.path + "-wal")
	if err != nil || info.Size() < least || time.Since(e.kept) < every {
		return
	}
	if err = e.checkpoint(ctx); err == nil {
		return
	}
	e.kept = time.Now()
	if !errors.Is(err, ErrBusy) && failed == nil {
		e.remember(err)
	}
}

// remember keeps why SQLite made a transaction fail, until another one does not.
// Everybody may be told: it names no file.
func (e *sqliteEngine) remember(err error) {
	var se *sqlite.Error
	switch {
	case err == nil:
		e.failing.Store(nil)
	case errors.As(err, &se):
		why := errors.New("the store could not be written")
		for _, known := range []error{ErrFull, ErrUnwritable, ErrDamaged, ErrBusy} {
			if errors.Is(err, known) {
				why = known
			}
		}
		e.failing.Store(&why)
	}
}

func (e *sqliteEngine) trouble() error {
	if e.corrupt.Load() { // which no write mends
		return ErrDamaged
	}
	if err := e.failing.Load(); err != nil {
		return *err
	}
	return nil
}

func (e *sqliteEngine) together(ctx context.Context, batch []*write) error {
	durable := slices.ContainsFunc(batch, func(w *write) bool { return w.durable })
	if durable != e.durable {
		mode := "PRAGMA synchronous = NORMAL"
		if durable {
			mode = "PRAGMA synchronous = FULL"
		}
		if _, err := e.on.exec(ctx, mode); err != nil {
			return err
		}
		e.durable = durable
	}
	if _, err := e.on.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed { // for an error, or a panic
			e.rollback(ctx)
		}
	}()
	for _, w := range batch {
		if err := w.fn(ctx, e.on); err != nil {
			return err
		}
	}
	if _, err := e.on.exec(ctx, "COMMIT"); err != nil {
		return err
	}
	committed = true
	return nil
}

// rollback ends a transaction. Some errors, a full disk for one, have ended it
// already; then there is nothing to do.
func (e *sqliteEngine) rollback(ctx context.Context) {
	_, _ = e.on.exec(ctx, "ROLLBACK")
}

func (e *sqliteEngine) write(ctx context.Context, fn func(context.Context, session) error) error {
	return e.writer.do(ctx, true, fn)
}

func (e *sqliteEngine) jot(ctx context.Context, fn func(context.Context, session) error) error {
	return e.writer.do(ctx, false, fn)
}

func (e *sqliteEngine) numbers(ctx context.Context, tx session, n int) (int64, error) {
	var last int64
	_, err := tx.one(ctx, "UPDATE filer SET last = last + ?1 WHERE id = 1 RETURNING last", []any{n}, &last)
	return last - int64(n) + 1, err
}

// settled always holds: there is one writer, and what it has not committed
// cannot be seen.
func (e *sqliteEngine) settled() string { return "1 = 1" }

func (e *sqliteEngine) index(ctx context.Context, tx session, items []indexed) error {
	for _, i := range items {
		if _, err := tx.exec(ctx, "INSERT OR REPLACE INTO words (rowid, terms) VALUES (?1, ?2)", i.item, i.words); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) matching(query []clause) (condition, parameter string) {
	return "words MATCH ?1", phrase(query, func(t term) string {
		if t.prefix {
			return `"` + t.word + `"*`
		}
		return `"` + t.word + `"`
	}, " AND ", " NOT ")
}

// checkpoint moves the journal into the file, as far as readers allow.
func (e *sqliteEngine) checkpoint(ctx context.Context) error {
	var busy, pages, moved int64
	if _, err := e.on.one(ctx, "PRAGMA wal_checkpoint(TRUNCATE)", nil, &busy, &pages, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return ErrBusy
	}
	return nil
}

// ping looks at the path too: of a file that was taken away all can be read and
// written as long as it is open, and is lost when the program ends.
func (e *sqliteEngine) ping(ctx context.Context) error {
	if now, err := os.Stat(e.path); err != nil || !os.SameFile(now, e.file) {
		return fmt.Errorf("%s is no longer the file that was opened; stop the program and put it back, or start again with what is there", e.path)
	}
	var n int64
	_, err := e.read.one(ctx, "SELECT cursor FROM filer", nil, &n)
	return err
}

func (e *sqliteEngine) close() error {
	var errs []error
	if e.rpool != nil {
		errs = append(errs, e.rpool.Close())
	}
	if e.conn != nil {
		e.writer.close()
		if err := e.checkpoint(context.Background()); !errors.Is(err, ErrBusy) {
			errs = append(errs, err)
		}
		errs = append(errs, e.stmts.close(), e.conn.Close())
	}
	if e.wpool != nil {
		errs = append(errs, e.wpool.Close())
	}
	return errors.Join(append(errs, e.lock.release())...)
}

func (e *sqliteEngine) size(ctx context.Context) (int64, error) {
	var pages, size int64
	if _, err := e.read.one(ctx, "PRAGMA page_count", nil, &pages); err != nil {
		return 0, err
	}
	_, err := e.read.one(ctx, "PRAGMA page_size", nil, &size)
	return pages * size, err
}

// meaning gives an error of SQLite the package's name for it.
func (e *sqliteEngine) meaning(err error) error {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return err
	}
	code := se.Code() & 0xff
	if se.Code() == lib.SQLITE_IOERR_SHMSIZE {
		code = lib.SQLITE_FULL // of the file beside the journal
	}
	if code == lib.SQLITE_CORRUPT || code == lib.SQLITE_NOTADB {
		e.corrupt.Store(true)
	}
	switch code {
	case lib.SQLITE_FULL:
		return fmt.Errorf("%w: %s could not grow: %w", ErrFull, e.path, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_ERROR, lib.SQLITE_MISMATCH:
		// The statements are right: an error in one is an error in the tables.
		return fmt.Errorf("%w: %s: %w; %s", ErrDamaged, e.path, err, restoreHint)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fmt.Errorf("%w: %s for more than %s: %w", ErrBusy, e.path, busyWait, err)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return unwritable(e.path, err)
	}
	return err
}
