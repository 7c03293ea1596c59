package news

import (
	"errors"
	"time"
)

// ErrLostClaim says that a claim's lease ended and that somebody else has
// claimed the source meanwhile.
var ErrLostClaim = errors.New("the source was claimed by another process meanwhile")

// A Record is one revision of an item in the log. The log is ordered by Seq
// and only grows: the same log always gives the same stories.
type Record struct {
	Seq      int64 // place in the log; greater than that of every record before it
	Revision int   // 1 for a new item, counting up
	Item     Item
}

// A Claim is one process's right to poll a source until the lease ends. What
// is written under a claim that has been lost is refused by the store.
type Claim struct {
	State State
	ID    int64 // what the store calls the source
	Token int64
}

// Appended says what storing the items of one poll came to.
type Appended struct {
	New     int // items that were not known
	Changed int // known items with another content: a new revision
	Known   int // items that stand in the log as they are
}

// A Batch is what filing a stretch of the log gave. It is stored, and the
// cursor moved to UpTo, in one transaction.
type Batch struct {
	UpTo      int64 // Seq of the last record that was filed; 0 leaves the cursor
	Decisions []Decision
	Records   []Record // what was decided upon; one that is not given is read again. They may be kept, and must not be written to
	Filings   []Filing // new, amended and withdrawn; a withdrawn one that is not known is passed over

	// Refiled names topics all of whose filings are given here: those that are
	// not are withdrawn.
	Refiled []string

	// Former are the names that topics had before, by their names, the last one
	// last. What is filed in a topic for the first time keeps what was written once
	// under such a name.
	Former map[string][]string

	// Notes are small texts to keep by name, with the rest or not at all.
	Notes map[string]string

	At time.Time
}
