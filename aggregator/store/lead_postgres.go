package store

import (
	"context"
	"time"
)

// The filer of a PostgreSQL store is whoever holds a lease in it, on the
// database's clock. Session locks would do, but for a pool of connections in
// between, which keeps them when their owner is dead.

// lead takes or renews the lease of the filer. Whoever has lost it is told so
// once, even if it could have it again: what it knows of the log is old.
func (e *postgresEngine) lead(ctx context.Context, owner string, ttl time.Duration) (bool, error) {
	e.candidate.Store(true)
	held := e.held.Load()
	query := `UPDATE lease SET until = clock_timestamp() + ?1 * interval '1 microsecond'
		WHERE name = 'filer' AND owner = ?2 AND fence = ?3 RETURNING fence`
	if held == 0 {
		query = `UPDATE lease SET owner = ?2, fence = fence + 1, until = clock_timestamp() + ?1 * interval '1 microsecond'
			WHERE name = 'filer' AND until < clock_timestamp() AND ?3 = 0 RETURNING fence`
	}
	var fence int64
	began := time.Now()
	ctx, stop := context.WithTimeout(ctx, max(ttl, silence))
	defer stop()
	leads, err := e.read.one(ctx, query, []any{ttl.Microseconds(), owner, held}, &fence)
	if err == nil {
		err = e.compareClocks(ctx)
	}
	if err != nil {
		return false, err
	}
	e.held.Store(fence) // 0 if there was no row
	e.trusted.Store(began.Add(ttl - ttl/leaseMargin).UnixNano())
	return leads, nil
}

// leaseMargin is the part of a lease that its holder does not rely upon.
const leaseMargin = 10

func (e *postgresEngine) shared() bool { return true }

// leads counts from before the lease was asked for, so that it ends here before
// it ends in the database.
func (e *postgresEngine) leads() bool {
	return e.held.Load() != 0 && time.Now().UnixNano() < e.trusted.Load()
}

// resign gives the lease back, so that another process need not wait for its
// end.
func (e *postgresEngine) resign(ctx context.Context) error {
	held := e.held.Swap(0)
	if held == 0 {
		return nil
	}
	_, err := e.read.exec(ctx, "UPDATE lease SET until = '-infinity' WHERE name = 'filer' AND fence = ?1", held)
	return err
}

// fence lets this process write if it holds the lease; or, if it has never asked
// for it, as a command does that is run by hand, while nobody holds it. Who has lost
// it knows too little to write, though the one that had it since may have ended. The
// lease cannot change hands until the transaction has ended.
func (e *postgresEngine) fence(ctx context.Context, tx session) error {
	var fence int64
	var free bool
	_, err := tx.one(ctx, "SELECT fence, until < clock_timestamp() FROM lease WHERE name = 'filer' FOR UPDATE", nil, &fence, &free)
	if err != nil {
		return err
	}
	if e.held.Load() != fence && (e.candidate.Load() || !free) {
		return ErrNotLeader // held stays: lead is to tell the filer, which may not be who wrote here
	}
	return nil
}

// saveDocuments numbers what it writes. The lease of the filer is locked by
// fence, so that numbers are committed in their order.
func (e *postgresEngine) saveDocuments(ctx context.Context, tx session, rows [][]any) error {
	if err := insert(ctx, tx, `INSERT INTO document (path, head, body) VALUES ROWS
		ON CONFLICT (path) DO UPDATE SET head = excluded.head, body = excluded.body`, rows); err != nil {
		return err
	}
	paths := make([]string, len(rows))
	for i, row := range rows {
		paths[i] = row[0].(string)
	}
	_, err := tx.exec(ctx, "UPDATE document SET rev = nextval('revisions') WHERE path = ANY(?1)", paths)
	return err
}

func (e *postgresEngine) newer() string { return "rev > ?1" }

func (e *postgresEngine) newest(ctx context.Context) (rev int64, err error) {
	_, err = e.read.one(ctx, "SELECT COALESCE(MAX(rev), 0) FROM document", nil, &rev)
	return rev, err
}
