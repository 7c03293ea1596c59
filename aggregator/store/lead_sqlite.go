package store

import (
	"context"
	"time"
)

// The filer of a SQLite store is whoever holds the lock of a file beside it:
// the system gives it back when its holder dies, so there is nothing to wait
// for and nothing to fence.

func (e *sqliteEngine) lead(context.Context, string, time.Duration) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lock == nil {
		lock, err := lockFile(e.path + "-filer")
		if err != nil {
			return false, unwritable(e.path+"-filer", err)
		}
		e.lock = lock
	}
	return e.lock != nil, nil
}

func (e *sqliteEngine) shared() bool { return false }

func (e *sqliteEngine) clock(t time.Time) time.Time { return t }

func (e *sqliteEngine) local(t time.Time) time.Time { return t }

// resign keeps the lock: it ends with the process.
func (e *sqliteEngine) resign(context.Context) error { return nil }

// leads is true: there is one process, and what it publishes it has filed.
func (e *sqliteEngine) leads() bool { return true }

func (e *sqliteEngine) saveDocuments(ctx context.Context, tx session, rows [][]any) error {
	return insert(ctx, tx, `INSERT INTO document (path, head, body) VALUES ROWS
		ON CONFLICT (path) DO UPDATE SET head = excluded.head, body = excluded.body`, rows)
}

// newer and newest say that there is nothing that another process has saved.
func (e *sqliteEngine) newer() string { return "?1 < 0" }

func (e *sqliteEngine) newest(context.Context) (int64, error) { return 0, nil }

// fence makes a process that files the filer, unless another is.
func (e *sqliteEngine) fence(ctx context.Context, _ session) error {
	leads, err := e.lead(ctx, "", 0)
	if err == nil && !leads {
		err = ErrNotLeader
	}
	return err
}
