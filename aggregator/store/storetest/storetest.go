// Package storetest is the suite that every engine of the store must pass. An
// engine joins by one test:
//
//	func TestEngine(t *testing.T) {
//		storetest.Run(t, func(t *testing.T, database string) *store.DB { … })
//	}
//
// A failure names the promise that was broken; the promises are those of
// aggregator.Log and output.Shelf.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// An Opener opens a database by name, a new one for a new name. Two handles on
// one database are what two processes have. It closes them when the test ends.
type Opener func(t *testing.T, database string) *store.DB

// Run runs the suite.
func Run(t *testing.T, open Opener) {
	for name, test := range map[string]func(*testing.T, Opener){
		"sources/new is due at once":             newSourceIsDue,
		"sources/new is due at the very instant": newSourceIsDueAtOnce,
		"sources/set by many at once":            sourcesAtOnce,
		"sources/removed is not claimed":         removedSource,
		"sources/moved keeps state":              movedSource,
		"sources/outlet has no secrets":          outletWithoutSecrets,
		"claim/longest overdue first":            overdueFirst,
		"claim/one of each host":                 onePerHost,
		"claim/lease ends":                       leaseEnds,
		"claim/gap after a request":              gapHolds,
		"claim/late append frees nothing":        lateAppend,
		"claim/two processes share no source":    claimsAreDisjoint,
		"claim/set due":                          setDue,
		"append/fresh":                           freshItems,
		"append/new changed known":               appendCounts,
		"append/no items writes the state":       appendState,
		"append/lost claim writes nothing":       lostClaim,
		"append/first seen stays":                firstSeenStays,
		"append/what is read otherwise":          readOtherwise,
		"append/what is signed anew":             signedAnew,
		"append/undated keeps its date":          undatedKeepsDate,
		"append/alias is the known item":         aliasIsKnown,
		"append/a document's entries are two":    aliasOfOther,
		"append/sources do not touch each other": sourcesApart,
		"append/same identity twice":             sameIdentityTwice,
		"append/large document":                  largeDocument,
		"append/item comes back as it was":       itemRoundTrip,
		"log/ordered and replayed":               logOrder,
		"log/racing replicas store once":         racingReplicas,
		"file/cursor moves with the filings":     cursorMoves,
		"file/written once":                      filingWrittenOnce,
		"file/withdrawn":                         filingWithdrawn,
		"file/refiled":                           filingRefiled,
		"file/joined to one that is not shown":   filingInherited,
		"file/absorbed stories":                  absorbed,
		"file/revision replaces the decision":    decisionReplaced,
		"file/decision comes back as it was":     decisionRoundTrip,
		"file/decided in order":                  decidedInOrder,
		"file/each story":                        eachStory,
		"file/newest stories":                    newestStories,
		"file/rewind keeps ids":                  rewind,
		"shelf/order and limit":                  latestOrder,
		"shelf/order by change":                  latestChanged,
		"shelf/members":                          latestMembers,
		"shelf/documents":                        documents,
		"archive/full pages in the order filed":  archivePages,
		"archive/filed together as published":    archiveOrder,
		"archive/the first writer's bytes stay":  archiveStays,
		"archive/purged but for the newest":      archivePurged,
		"search/words of any script":             searchWords,
		"search/no query is a program":           searchHostile,
		"search/open topics only":                searchOpen,
		"search/revisions and purges":            searchKeepsUp,
		"shelf/states":                           states,
		"notes":                                  notes,
		"find":                                   find,
		"purge/whole old stories":                purgeStories,
		"purge/tombstones":                       tombstones,
		"purge/tombstones under other names":     tombstonesRenamed,
		"purge/unfiled stays":                    purgeUnfiled,
		"purge/clock that was set back":          purgeOutOfOrder,
		"purge/sketches of old decisions":        sketchesDropped,
		"lead/one at a time":                     oneLeader,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// noon is when every test begins.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A fixture is a store with what the tests do again and again.
type fixture struct {
	*store.DB
	t   *testing.T
	ctx context.Context
}

func setup(t *testing.T, open Opener, sources ...string) *fixture {
	t.Helper()
	f := &fixture{open(t, "main"), t, t.Context()}
	f.configure(noon, sources...)
	return f
}

// configure sets sources by name, each with a host of its own.
func (f *fixture) configure(now time.Time, names ...string) {
	f.t.Helper()
	var sources []news.Source
	for _, name := range names {
		sources = append(sources, news.Source{Name: name, URL: "https://" + name + ".example/feed"})
	}
	f.must(f.SetSources(f.ctx, sources, now))
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// claims returns the names that a claim gives.
func (f *fixture) claims(now time.Time, limit int) []string {
	f.t.Helper()
	claims, err := f.Claim(f.ctx, now, limit, time.Minute)
	f.must(err)
	var names []string
	for _, c := range claims {
		names = append(names, c.State.Source)
	}
	return names
}

// claim claims one source, which must be due and the only one.
func (f *fixture) claim(source string, now time.Time) news.Claim {
	f.t.Helper()
	claims, err := f.Claim(f.ctx, now, 100, time.Minute)
	f.must(err)
	for _, c := range claims {
		if c.State.Source == source {
			return c
		}
	}
	f.t.Fatalf("%s is not due at %s", source, now)
	return news.Claim{}
}

// append claims a source and stores a poll of it; the source is due again an
// hour later.
func (f *fixture) append(source string, now time.Time, items ...news.Item) news.Appended {
	f.t.Helper()
	n, err := f.Append(f.ctx, f.claim(source, now), items, settle(now.Add(time.Hour)), now, 0)
	f.must(err)
	return n
}

// settle makes a state that says when the source is due.
func settle(due time.Time) func(news.Appended) news.State {
	return func(n news.Appended) news.State { return news.State{NextDue: due, ItemCount: int64(n.New)} }
}

// item makes an item of a source whose poll began at seen.
func item(id string, seen time.Time) news.Item {
	return news.Item{
		ID: id, GUID: id, Title: "Title of " + id, Text: "Text of " + id, Hash: "hash of " + id,
		Published: seen.Add(-time.Minute), FirstSeen: seen, Fetched: seen, Dated: true,
	}
}

func numbered(prefix string, n int, seen time.Time) []news.Item {
	items := make([]news.Item, n)
	for i := range items {
		items[i] = item(fmt.Sprintf("%s-%04d", prefix, i), seen)
	}
	return items
}

// decisionOn makes a decision that puts a record into a story.
func decisionOn(r news.Record, story string) news.Decision {
	return news.Decision{Seq: r.Seq, Key: r.Item.Key(), Story: story, Copies: story, Kind: news.KindNew, Family: r.Item.Source}
}

// fileAll files all unfiled records, each as a story of its own in topic t.
func (f *fixture) fileAll(now time.Time) []news.Record {
	f.t.Helper()
	records, err := f.Unfiled(f.ctx, 100000)
	f.must(err)
	f.must(f.File(f.ctx, batchOf(records, now)))
	return records
}

func batchOf(records []news.Record, now time.Time) news.Batch {
	b := news.Batch{At: now}
	for _, r := range records {
		key := r.Item.Key()
		b.UpTo = r.Seq
		b.Decisions = append(b.Decisions, decisionOn(r, key.Slug()))
		b.Filings = append(b.Filings, news.Filing{
			Topic: "t", Key: key.Slug(), ID: "tag:example.org,2026:" + key.Slug(), Story: key.Slug(), Hash: r.Item.Hash,
			Published: r.Item.Published, Updated: r.Item.Published, FirstFiled: now, Lead: key, Members: []news.Key{key}, Families: 1,
		})
	}
	return b
}

// latest returns the topic t.
func (f *fixture) latest(limit int) []news.Filed {
	f.t.Helper()
	filed, err := f.Latest(f.ctx, "t", news.SortPublished, limit)
	f.must(err)
	return filed
}
