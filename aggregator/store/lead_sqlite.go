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

// fence makes a process that files the filer, unless another is.
func (e *sqliteEngine) fence(ctx context.Context, _ session) error {
	leads, err := e.lead(ctx, "", 0)
	if err == nil && !leads {
		err = ErrNotLeader
	}
	return err
}
