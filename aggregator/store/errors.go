package store

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// What may be wrong with a store, for those who act upon it. The errors that
// wrap them say, in a sentence, which file it is and what to do.
var (
	// ErrUnwritable is returned where the file, its folder or its file system
	// may not be written.
	ErrUnwritable = errors.New("the store is not writable")

	// ErrDamaged is returned where stored bytes are not what was written.
	ErrDamaged = errors.New("the store is damaged")

	// ErrForeign is returned for a file that is not a store.
	ErrForeign = errors.New("the file is not a store of wireroom")

	// ErrNewer is returned for a store that a newer version has written.
	ErrNewer = errors.New("the store was written by a newer version")

	// ErrFull is returned when the disk is full; the store is as it was.
	ErrFull = errors.New("the disk is full")

	// ErrBusy is returned when another process has kept the store locked.
	ErrBusy = errors.New("another process keeps the store locked")

	// ErrNotLeader is returned by File when another process has become the
	// filer meanwhile; nothing was written.
	ErrNotLeader = errors.New("another process is the filer now")
)

// Passing reports whether the reason why a store could not be opened may pass by
// itself, such as a database that has not started yet: then it is of use to try
// again, and not only when somebody has changed something.
func Passing(err error) bool {
	var refused *pgconn.PgError
	switch {
	case errors.Is(err, ErrFull), errors.Is(err, ErrBusy), errors.Is(err, ErrInUse):
		return true
	case errors.As(err, &refused) && len(refused.Code) == 5:
		// Connections, resources, and what an operator does: all else is said of
		// who asks, and for what.
		class := refused.Code[:2]
		return class == "08" || class == "53" || class == "57"
	}
	return errors.As(err, new(*pgconn.ConnectError))
}
