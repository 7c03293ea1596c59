package store

import (
	"context"
	"fmt"
	"os"
	"time"
)

// A restore into a store that a running wireroom has open asks for it with a file
// beside the store: whoever runs closes the store, waits until the file is gone,
// and goes on with what is there then. Neither waits for the other for ever.
const (
	askedSuffix  = "-asked"
	handover     = 30 * time.Second
	handoverLook = 50 * time.Millisecond
)

// Asked reports whether a restore waits for the store of that name to be closed.
func Asked(dsn string) bool {
	path, err := located(dsn)
	if err != nil || !IsFile(dsn) {
		return false
	}
	// A restore that was killed asks no more, nor once the clock was set back.
	info, err := os.Stat(path + askedSuffix)
	return err == nil && time.Since(info.ModTime()).Abs() < handover
}

// AwaitRestored returns when nobody asks for the store of that name any more.
func AwaitRestored(ctx context.Context, dsn string) {
	for Asked(dsn) && pause(ctx) {
	}
}

// handedOver locks the store at path, if need be when the wireroom that runs on it
// has closed it; that one goes on when done is called.
func handedOver(ctx context.Context, path string) (lock *fileLock, done func(), err error) {
	done = func() {}
	for end := time.Now().Add(handover); ; {
		lock, err = lockFile(path + "-filer")
		if err != nil {
			return nil, done, unwritable(path+"-filer", err)
		}
		if lock != nil {
			return lock, done, alike(path+"-filer", path)
		}
		if !Asked(path) {
			if err := os.WriteFile(path+askedSuffix, nil, 0o644); err != nil {
				return nil, done, unwritable(path+askedSuffix, err)
			}
			done = func() { os.Remove(path + askedSuffix) }
		}
		if !pause(ctx) || time.Now().After(end) {
			return nil, done, fmt.Errorf("%w: stop what runs on %s first", ErrInUse, path)
		}
	}
}

// pause waits a moment, and reports whether ctx is not done.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(handoverLook):
		return true
	}
}
