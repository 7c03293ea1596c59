package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
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

	// retries is how often a transaction is tried again that PostgreSQL gave
	// up for another.
	retries = 8

	// migrationLock is the advisory lock under which tables are changed: "wire".
	migrationLock = 0x77697265

	// ordinalBits is the part of a record's number that counts within its
	// transaction; the rest is the transaction's number. There are 2^49 of
	// those before the sum is more than a BIGINT.
	ordinalBits = 14
)

// A postgresEngine is a database that any number of processes share.
type postgresEngine struct {
	pool *sql.DB
	read session
	held atomic.Int64 // fence under which this process is the filer; 0: it is not
}

func openPostgres(ctx context.Context, dsn string) (*postgresEngine, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address of the database cannot be read; it should be like postgres://user:password@host:5432/name")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "wireroom"
	}
	e := &postgresEngine{pool: stdlib.OpenDB(*config)}
	e.pool.SetMaxOpenConns(postgresConns)
	e.pool.SetMaxIdleConns(postgresConns)
	e.pool.SetConnMaxIdleTime(5 * time.Minute)
	words := &spelling{replace: strings.NewReplacer("?", "$"), meaning: e.meaning}
	e.read = session{e.pool, words}
	if err := e.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s on %s: %w", config.Database, config.Host, e.meaning(err)), e.pool.Close())
	}
	return e, nil
}

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
	if err := migrate(ctx, e.pool, goose.DialectPostgres, "postgres"); err != nil {
		return err
	}
	// Numbers go on behind those in the log, wherever the log has come from.
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`UPDATE filer SET base = needed.base FROM (
		SELECT ((GREATEST((SELECT MAX(seq) FROM log), (SELECT cursor FROM filer), 0) >> %d) + 1
			- pg_current_xact_id()::text::bigint) AS base) AS needed
		WHERE needed.base > filer.base`, ordinalBits)); err != nil {
		return err
	}
	return tx.Commit()
}

func (e *postgresEngine) write(ctx context.Context, fn func(context.Context, session) error) error {
	for try := 1; ; try++ {
		err := e.once(ctx, fn)
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

func (e *postgresEngine) jot(ctx context.Context, fn func(context.Context, session) error) error {
	return e.write(ctx, func(ctx context.Context, tx session) error {
		if _, err := tx.exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

func (e *postgresEngine) once(ctx context.Context, fn func(context.Context, session) error) error {
	tx, err := e.pool.BeginTx(ctx, nil)
	if err != nil {
		return e.meaning(err)
	}
	defer tx.Rollback()
	if err := fn(ctx, session{tx, e.read.words}); err != nil {
		return err
	}
	return e.meaning(tx.Commit())
}

// numbers gives records the number of their transaction, and behind it their
// own within it. Transactions end in any order, but a reader can tell below
// which number all have ended: see settled. A sequence gives no such line.
func (e *postgresEngine) numbers(ctx context.Context, tx session, n int) (int64, error) {
	if n >= 1<<ordinalBits {
		return 0, fmt.Errorf("%d records in one transaction; %d is the most", n, 1<<ordinalBits-1)
	}
	var number int64
	_, err := tx.one(ctx, "SELECT pg_current_xact_id()::text::bigint + base FROM filer WHERE id = 1", nil, &number)
	return number << ordinalBits, err
}

func (e *postgresEngine) settled() string {
	return fmt.Sprintf("seq < (SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + base) << %d FROM filer WHERE id = 1)", ordinalBits)
}

// lead takes or renews the lease of the filer. Whoever has lost it is told so
// once, even if it could have it again: what it knows of the log is old.
func (e *postgresEngine) lead(ctx context.Context, owner string, ttl time.Duration) (bool, error) {
	held := e.held.Load()
	query := `UPDATE lease SET until = clock_timestamp() + ?1 * interval '1 microsecond'
		WHERE name = 'filer' AND owner = ?2 AND fence = ?3 RETURNING fence`
	if held == 0 {
		query = `UPDATE lease SET owner = ?2, fence = fence + 1, until = clock_timestamp() + ?1 * interval '1 microsecond'
			WHERE name = 'filer' AND until < clock_timestamp() AND ?3 = 0 RETURNING fence`
	}
	var fence int64
	leads, err := e.read.one(ctx, query, []any{ttl.Microseconds(), owner, held}, &fence)
	if err != nil {
		return false, err
	}
	e.held.Store(fence) // 0 if there was no row
	return leads, nil
}

// fence lets this process write if it holds the lease, or if nobody does. The
// lease cannot change hands until the transaction has ended.
func (e *postgresEngine) fence(ctx context.Context, tx session) error {
	var fence int64
	var free bool
	_, err := tx.one(ctx, "SELECT fence, until < clock_timestamp() FROM lease WHERE name = 'filer' FOR UPDATE", nil, &fence, &free)
	if err != nil {
		return err
	}
	held := e.held.Load()
	if held != fence && (held != 0 || !free) {
		e.held.Store(0)
		return ErrNotLeader
	}
	return nil
}

func (e *postgresEngine) index(ctx context.Context, tx session, item int64, words []string) error {
	_, err := tx.exec(ctx, `INSERT INTO words (rowid, terms) VALUES (?1, array_to_tsvector(?2::text[]))
		ON CONFLICT (rowid) DO UPDATE SET terms = excluded.terms`, item, words)
	return err
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
