package aggregator

import (
	"context"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A Log is the durable log that joins collecting to filing. Its methods are
// safe for concurrent use; every instant is given by the caller.
type Log interface {
	// SetSources makes the configured sources known. A new source is due at
	// once; one that is no longer configured is not claimed again, and keeps
	// its items. The states of the rest are left as they are.
	SetSources(ctx context.Context, sources []news.Source, now time.Time) error

	// Claim hands out the sources that are due at now, the longest overdue
	// first, at most limit and at most one of each host, and leases each for
	// that long: nobody else is given it, or another source of its host,
	// until then or until Append.
	Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]news.Claim, error)

	// Due returns how many configured sources are due at now, claimed or not.
	Due(ctx context.Context, now time.Time) (int, error)

	// Next returns the instant at which a Claim may next be worth while: of the
	// earliest source that is not leased and whose host is free. Zero: no source at
	// all. It is asked with every claim, and counts nothing.
	Next(ctx context.Context, now time.Time) (time.Time, error)

	// States returns the state of every configured source, in the order of
	// their names.
	States(ctx context.Context) ([]news.State, error)

	// State returns the state of a source, configured or not, and false if it is
	// not known.
	State(ctx context.Context, source string) (news.State, bool, error)

	// Dates returns when every source is due, by name: what its last poll said,
	// or what SetDue did since.
	Dates(ctx context.Context) (map[string]time.Time, error)

	// SetDue sets when sources are next due, such as after a change of their
	// schedule. A source that is claimed meanwhile is left to its claim.
	SetDue(ctx context.Context, due map[string]time.Time) error

	// Fresh returns those of a source's items that are not known yet, or known
	// with another hash and not only read otherwise.
	Fresh(ctx context.Context, source string, items []news.Item) ([]news.Item, error)

	// Append stores what a poll brought, in one transaction: new items and new
	// revisions of known ones, then the state that settle makes of their
	// number, and ends the claim; the host is free again gap after now. What is only
	// read otherwise stays dated as it was, and as it is if its text is that of its
	// page. Items whose tombstone is known are passed over. settle is called within the
	// transaction, at most once for each attempt, and must be pure. The error
	// is news.ErrLostClaim if the claim was lost; nothing is written then.
	Append(ctx context.Context, claim news.Claim, items []news.Item, settle func(news.Appended) news.State, now time.Time, gap time.Duration) (news.Appended, error)

	// Unfiled returns the records behind the filer's cursor, in order, at most
	// limit.
	Unfiled(ctx context.Context, limit int) ([]news.Record, error)

	// Records returns the records behind after, in order, at most limit: what
	// comes next, or a replay of the log.
	Records(ctx context.Context, after int64, limit int) ([]news.Record, error)

	// Stories returns the stories with these ids, members in the order of the
	// log, each with its latest revision. An unknown id is left out.
	Stories(ctx context.Context, ids []string) ([]news.Story, error)

	// EachStory calls yield for every story with a member published since
	// then, in the order of their first records, until it returns false.
	EachStory(ctx context.Context, since time.Time, yield func(news.Story) bool) error

	// File stores decisions and filings and moves the cursor, in one
	// transaction. A decision's Absorbs moves the members of those stories to
	// its Story. Of a filing that is known (by topic and key), ID, Published
	// and FirstFiled stay as they are, and Updated as long as Hash does. One that
	// is withdrawn hands them over to its Heir, unless that is in the topic already.
	File(ctx context.Context, batch news.Batch) error

	// Decided calls yield for every decision upon items published since then,
	// in the order in which they were made, until it returns false: this is how
	// the index of stories is made again after a restart.
	Decided(ctx context.Context, since time.Time, yield func(d news.Decision, published time.Time) bool) error

	// Decision returns the decision upon an item, however old; false if there
	// is none.
	Decision(ctx context.Context, key news.Key) (news.Decision, bool, error)

	// Lead makes the caller the one filer of this store for ttl, or keeps it
	// so; false if another process is. On a store of one process it is true.
	Lead(ctx context.Context, owner string, ttl time.Duration) (bool, error)

	// Resign ends it before its time: another process may lead at once.
	Resign(ctx context.Context) error

	// Note and Noted keep small texts by name, such as the rules that a topic
	// was last filed under. A text that was never kept is "".
	Note(ctx context.Context, name, text string) error
	Noted(ctx context.Context, name string) (string, error)

	// Amend keeps what change makes of the text that is kept by a name; no other
	// change of it comes in between. change may be called more than once.
	Amend(ctx context.Context, name string, change func(text string) (string, error)) error
}
