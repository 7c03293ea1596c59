package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

const (
	// postgresConns bounds the connections of one replica: PostgreSQL grants
	// 100 to all of them.
	postgresConns = 16

	// silence is how long a server may leave unanswered what was sent to it
	// before its connection counts as dead. Statements may take longer.
	silence = 8 * time.Second

	// abandoned is how long a transaction may wait for its process before the
	// server ends it. The server is not told that a process was stopped, or cut
	// off, and would keep what it has locked for hours.
	abandoned = 6 * time.Second

	// retries is how often a transaction is tried again that PostgreSQL gave
	// up for another.
	retries = 8

	// migrationLock is the advisory lock under which tables are changed: "wire".
	migrationLock = 0x77697265

	// ordinalBits is the part of a record's number that counts within its
	// transaction; the rest is the transaction's number. There are 2^46 of
	// those before the sum is more than a BIGINT.
	ordinalBits = 17
)

// A postgresEngine is a database that any number of processes share.
type postgresEngine struct {
	pool  *sql.DB
	read  session
	begin string       // how a transaction begins
	held  atomic.Int64 // fence under which this process is the filer; 0: it is not

	trusted   atomic.Int64 // until when it may be sure to be, Unix nanoseconds
	candidate atomic.Bool  // it has asked to be

	ends  *writer      // stores polls
	floor floor        // of what is claimed
	hosts sync.Map     // of a source's id to its heldHost
	ahead atomic.Int64 // what the database's clock is ahead of this machine's, in nanoseconds
}

func openPostgres(ctx context.Context, dsn string) (*postgresEngine, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address of the database cannot be read; it should be like postgres://user:password@host:5432/name")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "wireroom"
	}
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, silence)
	dialer := &net.Dialer{Control: impatient, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silence / 2, Interval: silence / 8, Count: 4}}
	config.DialFunc = dialer.DialContext
	e := &postgresEngine{pool: stdlib.OpenDB(*config, stdlib.OptionAfterConnect(columns)), begin: fmt.Sprintf("BEGIN; SET LOCAL idle_in_transaction_session_timeout = %d; SET LOCAL tcp_user_timeout = %d",
		abandoned.Milliseconds(), silence.Milliseconds())}
	e.pool.SetMaxOpenConns(postgresConns)
	e.pool.SetMaxIdleConns(postgresConns)
	e.pool.SetConnMaxIdleTime(5 * time.Minute)
	words := &spelling{replace: strings.NewReplacer("?", "$"), meaning: e.meaning, arrays: true}
	e.read = session{e.pool, words}
	e.ends = newWriters(e.endAll, endsAtOnce, endTurns)
	err = e.encoded(ctx)
	if err == nil {
		err = e.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database %s on %s: %w", config.Database, config.Host, e.meaning(err)), e.pool.Close())
	}
	return e, nil
}

// encoded fails on a database that cannot hold every text: what comes later may not be
// stored, or not be found, and the filer would stand still before it. SQL_ASCII takes
// bytes as they are.
func (e *postgresEngine) encoded(ctx context.Context) error {
	var encoding string
	err := e.pool.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding)
	if err == nil && encoding != "UTF8" && encoding != "SQL_ASCII" {
		err = fmt.Errorf("its encoding is %s, in which not all that feeds say can be stored; use another database, made by CREATE DATABASE name ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0; pg_dump and pg_restore take there what this one holds", encoding)
	}
	return err
}

// raiseBase lets numbers go on behind those in the log, where those of this server's
// transactions do not. It is raised by so much that this holds for older transactions
// under way, too: those that would raise it themselves wait for this one, and find it done.
var raiseBase = fmt.Sprintf(`UPDATE filer SET base = needed.last + %d - needed.number FROM (
		SELECT GREATEST((SELECT MAX(seq) FROM log), (SELECT cursor FROM filer), 0) >> %d AS last,
			pg_current_xact_id()::text::bigint AS number) AS needed
	WHERE needed.number + filer.base <= needed.last`, 1<<20, ordinalBits)

// prepare brings the tables up to date, one process at a time. The lock is one
// of a transaction, which a pool of connections between us and the database
// cannot leave behind.
func (e *postgresEngine) prepare(ctx context.Context) error {
	tx, err := e.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
		return err
	}
	if err := migrate(ctx, e.pool, goose.DialectPostgres, "postgres", nil); err != nil {
		return err
	}
	// Wherever the log has come from.
	if _, err := tx.ExecContext(ctx, raiseBase); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return e.compareClocks(ctx)
}

func (e *postgresEngine) write(ctx context.Context, fn func(context.Context, session) error) error {
	return e.transact(ctx, e.begin, fn)
}

func (e *postgresEngine) jot(ctx context.Context, fn func(context.Context, session) error) error {
	return e.transact(ctx, e.begin+"; SET LOCAL synchronous_commit = off", fn)
}

func (e *postgresEngine) transact(ctx context.Context, begin string, fn func(context.Context, session) error) error {
	for try := 1; ; try++ {
		err := e.once(ctx, begin, fn)
		var pe *pgconn.PgError
		if err == nil || try == retries || !errors.As(err, &pe) || pe.Code != "40001" && pe.Code != "40P01" {
			return err
		}
		pause := time.Duration(rand.Int64N(int64(try) * int64(10*time.Millisecond)))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// once runs a transaction that begins with these statements, which go to the
// server together.
func (e *postgresEngine) once(ctx context.Context, begin string, fn func(context.Context, session) error) error {
	conn, err := e.pool.Conn(ctx)
	if err != nil {
		return e.meaning(err)
	}
	defer conn.Close()
	var tx pgx.Tx
	err = conn.Raw(func(driver any) (err error) {
		tx, err = driver.(*stdlib.Conn).Conn().BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
		return err
	})
	if err != nil {
		return e.meaning(err)
	}
	defer func() {
		end, stop := context.WithTimeout(context.WithoutCancel(ctx), silence)
		defer stop()
		_ = tx.Rollback(end) // if it was committed there is nothing to do, and what fails ends the connection
	}()
	if err := fn(ctx, session{piped{conn}, e.read.words}); err != nil {
		return err
	}
	return e.meaning(tx.Commit(ctx))
}

// A piped connection sends statements without waiting for each.
type piped struct{ *sql.Conn }

func (p piped) execAll(ctx context.Context, statements []statement) error {
	return p.Raw(func(driver any) error {
		var batch pgx.Batch
		for _, s := range statements {
			batch.Queue(s.query, s.args...)
		}
		return driver.(*stdlib.Conn).Conn().SendBatch(ctx, &batch).Close()
	})
}

// numbers gives records the number of their transaction, and behind it their
// own within it. Transactions end in any order, but a reader can tell below
// which number all have ended: see settled. A sequence gives no such line.
func (e *postgresEngine) numbers(ctx context.Context, tx session, n int) (int64, error) {
	if n >= 1<<ordinalBits {
		return 0, fmt.Errorf("%d records in one transaction; %d is the most", n, 1<<ordinalBits-1)
	}
	var number, filed int64
	read := func() error {
		_, err := tx.one(ctx, "SELECT pg_current_xact_id()::text::bigint + base, cursor FROM filer WHERE id = 1", nil, &number, &filed)
		return err
	}
	err := read()
	if err == nil && number <= filed>>ordinalBits { // the database was restored into a younger server since it was opened
		if _, err = tx.exec(ctx, raiseBase); err == nil {
			err = read()
		}
	}
	return number << ordinalBits, err
}

func (e *postgresEngine) settled() string {
	return fmt.Sprintf("seq < (SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + base) << %d FROM filer WHERE id = 1)", ordinalBits)
}

// What is indexed is first put behind the index of words, and into it when there is
// this much of it: of every word that stands there the place in the index is looked up
// once. A search looks through all that waits, in some hundredths of a second. As much
// memory as given sorts it in one go; see
// https://www.postgresql.org/docs/current/gin-tips.html.
const gatherWords = "SELECT set_config('gin_pending_list_limit', '16MB', true), set_config('work_mem', '32MB', true)"

func (e *postgresEngine) index(ctx context.Context, tx session, items []indexed) error {
	if len(items) == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, gatherWords); err != nil {
		return err
	}
	rows := make([][]any, len(items))
	for i, item := range items {
		rows[i] = []any{item.item, item.words}
	}
	return insert(ctx, tx, `INSERT INTO words (rowid, terms)
		SELECT id, array_to_tsvector(string_to_array(list, ' ')) FROM (VALUES ROWS) AS given (id, list)
		ON CONFLICT (rowid) DO UPDATE SET terms = excluded.terms`, rows)
}

func (e *postgresEngine) matching(query []clause) (condition, parameter string) {
	return "terms @@ ?1::text::tsquery", phrase(query, func(t term) string {
		if t.prefix {
			return "'" + t.word + "':*"
		}
		return "'" + t.word + "'"
	}, " & ", " & !")
}

// check leaves the pages to PostgreSQL, which has checksums of its own.
func (e *postgresEngine) check(ctx context.Context) error { return e.ping(ctx) }

func (e *postgresEngine) backup(context.Context, string) error {
	return errors.New("a PostgreSQL database is copied with pg_dump")
}

func (e *postgresEngine) size(ctx context.Context) (n int64, err error) {
	_, err = e.read.one(ctx, "SELECT pg_database_size(current_database())", nil, &n)
	return n, err
}

func (e *postgresEngine) ping(ctx context.Context) error {
	var n int64
	_, err := e.read.one(ctx, "SELECT cursor FROM filer", nil, &n)
	return err
}

func (e *postgresEngine) close() error { return e.pool.Close() }

// meaning gives an error of PostgreSQL the package's name for it
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func (e *postgresEngine) meaning(err error) error {
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		return err
	}
	switch pe.Code {
	case "53100":
		return fmt.Errorf("%w: %w", ErrFull, err)
	case "25006", "42501":
		return fmt.Errorf("%w: %w", ErrUnwritable, err)
	case "XX001", "XX002":
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
