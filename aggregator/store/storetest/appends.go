package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// resignAfter is how old what is stored has to be for signatures alone to be stored.
const resignAfter = 6 * time.Hour

func (f *fixture) wantLost(err error) {
	f.t.Helper()
	if !errors.Is(err, news.ErrLostClaim) {
		f.t.Fatalf("error is %v, want ErrLostClaim", err)
	}
}

// records returns the whole log.
func (f *fixture) records() []news.Record {
	f.t.Helper()
	records, err := f.Records(f.ctx, 0, 1_000_000)
	f.must(err)
	return records
}

func appendCounts(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.same("first", f.append("a", noon, numbered("n", 3, noon)...), news.Appended{New: 3})
	at := noon.Add(time.Hour)
	items := numbered("n", 4, at)
	items[1].Hash, items[1].Title = "another", "Another"
	f.same("second", f.append("a", at, items...), news.Appended{New: 1, Changed: 1, Known: 2})
	records := f.records()
	f.same("records", len(records), 5)
	var changed news.Record
	for _, r := range records {
		if r.Revision == 2 {
			changed = r
		}
	}
	f.same("the revision", []any{changed.Item.ID, changed.Item.Title}, []any{"n-0001", "Another"})
	at = at.Add(time.Hour)
	items[1].Hash = "a third"
	f.same("third", f.append("a", at, items[1]), news.Appended{Changed: 1})
	f.same("its number", f.records()[5].Revision, 3)
	f.same("back to the second", f.append("a", at.Add(time.Hour), numbered("n", 2, at)[1]), news.Appended{Changed: 1})
}

func appendState(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	want := news.State{
		Source: "a", URL: "https://a.example/feed", Validators: news.Validators{URL: "u", ETag: `W/"x\"y"`, LastModified: "yesterday <&>"},
		BodyHash: "b", NextDue: noon.Add(time.Hour), LastPoll: noon, Outcome: news.OutcomeHTTP4xx, Status: 404, Error: "gone fishing",
		Failures: 3, RetryAt: noon.Add(time.Minute), ServerGap: time.Hour, SkipHours: []int{1, 2}, SkipDays: []time.Weekday{0},
		RateN: 1.5, RateT: 2.25, Polls: 7, Moved: news.Move{URL: "m", Since: noon, Seen: 1},
		About: news.About{Title: "T", Hubs: []string{"h"}}, Repairs: []news.Repair{{Kind: "k", Count: 2}}, Schedule: "auto",
	}
	_, err := f.Append(f.ctx, f.claim("a", noon), nil, func(n news.Appended) news.State {
		f.same("nothing", n, news.Appended{})
		return want
	}, noon, 0)
	f.must(err)
	got, ok, err := f.State(f.ctx, "a")
	f.must(err)
	f.same("known", ok, true)
	f.same("state", got, want)
	f.same("state with the next claim", f.claim("a", noon.Add(time.Hour)).State, want)
	_, ok, err = f.State(f.ctx, "nobody")
	f.must(err)
	f.same("unknown", ok, false)
}

func lostClaim(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	lost := f.claim("a", noon)
	at := noon.Add(time.Hour)
	kept := f.claim("a", at)
	_, err := f.Append(f.ctx, lost, numbered("n", 3, noon), settle(at), at, 0)
	f.wantLost(err)
	f.same("log", len(f.records()), 0)
	_, err = f.Append(f.ctx, kept, numbered("n", 2, at), settle(at.Add(time.Hour)), at, 0)
	f.must(err)
	_, err = f.Append(f.ctx, kept, numbered("m", 2, at), settle(at), at, 0)
	f.wantLost(err) // a claim is good for one append
	f.same("log", len(f.records()), 2)
	f.due(at, 0, at.Add(time.Hour))
}

func firstSeenStays(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, item("1", noon))
	at := noon.Add(time.Hour)
	changed := item("1", at)
	changed.Hash, changed.Published = "2", at // a feed that dates every edit anew
	f.append("a", at, changed)
	got := f.records()[1].Item
	f.same("first seen", got.FirstSeen, noon)
	f.same("published is not after it", got.Published, noon)
	f.same("fetched", got.Fetched, at)
}

func readOtherwise(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	plain, full := item("1", noon), item("2", noon)
	full.FullText = true
	f.append("a", noon, plain, full)
	at := noon.Add(time.Hour)
	again := []news.Item{item("1", at), item("2", at)}
	for i := range again {
		again[i].Reread, again[i].Hash, again[i].Title = true, "otherwise", "Otherwise"
	}
	fresh, err := f.Fresh(f.ctx, "a", again)
	f.must(err)
	f.same("fresh", len(fresh), 0)
	f.same("appended", f.append("a", at, again...), news.Appended{Changed: 1, Known: 1})
	got := f.records()[2].Item
	f.same("what it is now, and since when", []any{got.ID, got.Title, got.Fetched}, []any{"1", "Otherwise", noon})
	f.same("once more", f.append("a", at.Add(time.Hour), again...), news.Appended{Known: 2})
	changed := again[0]
	changed.Reread, changed.Hash, changed.Fetched = false, "changed", at
	f.append("a", at.Add(2*time.Hour), changed)
	f.same("what its source has changed", f.records()[3].Item.Fetched, at)
}

func signedAnew(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	signed := func(signature string, at time.Time) (items []news.Item) {
		for _, unpaged := range []string{"", news.Unpaged} {
			it := item("1"+unpaged, at)
			it.Hash = "content" + news.Signed + signature + unpaged
			items = append(items, it)
		}
		return items
	}
	first := signed("first", noon)
	first[0].Hash, first[0].FullText = "content", true // as an earlier version has told it
	f.append("a", noon, first...)
	at := noon.Add(resignAfter - time.Minute)
	f.same("soon after", f.append("a", at, signed("second", at)...), news.Appended{Known: 2})
	asked := signed("third", at)
	asked[1].Hash = strings.TrimSuffix(asked[1].Hash, news.Unpaged)
	fresh, err := f.Fresh(f.ctx, "a", asked)
	f.must(err)
	f.same("whose page is asked for", fresh, asked[1:])
	at = noon.Add(resignAfter + time.Hour)
	f.same("later", f.append("a", at, signed("third", at)...), news.Appended{Changed: 1, Known: 1})
	f.same("since when it is so", f.records()[2].Item.Fetched, noon)
	asked[1].Fetched = at
	f.same("its page was read", f.append("a", at.Add(time.Hour), asked[1]), news.Appended{Changed: 1})
	f.same("since when that is so", f.records()[3].Item.Fetched, at)
}

func undatedKeepsDate(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	one := item("1", noon)
	one.Dated, one.Published = false, noon
	f.append("a", noon, one)
	at := noon.Add(time.Hour)
	two := one
	two.Hash, two.Published, two.FirstSeen, two.Fetched = "2", at, at, at
	f.append("a", at, two)
	f.same("published", f.records()[1].Item.Published, noon)
}

func aliasIsKnown(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	old := item("guid-1", noon)
	old.Aliases = []string{"https://a.example/1"}
	f.append("a", noon, old)
	at := noon.Add(time.Hour)
	renamed := item("guid-2", at)
	renamed.Hash, renamed.Aliases = old.Hash, []string{"nothing", "https://a.example/1"}
	f.same("under a new guid", f.append("a", at, renamed), news.Appended{Known: 1})
	at = at.Add(time.Hour)
	renamed.Aliases = nil
	f.same("the new guid is known now", f.append("a", at, renamed), news.Appended{Known: 1})
	renamed.Hash = "changed"
	at = at.Add(time.Hour)
	f.same("changed under the new guid", f.append("a", at, renamed), news.Appended{Changed: 1})
	f.same("identity", f.records()[1].Item.Key(), news.Key{Source: "a", ID: "guid-1"})
	at = at.Add(time.Hour)
	old.Hash = "changed"
	f.same("changed content under the old guid", f.append("a", at, old), news.Appended{Known: 1})
}

func aliasOfOther(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	one := item("1", noon)
	one.Aliases = []string{"link"}
	f.append("a", noon, one)
	at := noon.Add(time.Hour)
	two := item("2", at)
	two.Aliases = []string{"link"}
	f.same("two entries of one document, the second first", f.append("a", at, two, one), news.Appended{New: 1, Known: 1})
	at = at.Add(time.Hour)
	f.same("again", f.append("a", at, two, one), news.Appended{Known: 2})
	// An item that had gone on under a second guid, which then is an entry of
	// its own: two items, and never two with one identity.
	three := item("3", at)
	three.Aliases = []string{"1"}
	three.Hash = one.Hash
	at = at.Add(time.Hour)
	f.same("one as three", f.append("a", at, three), news.Appended{Known: 1})
	at = at.Add(time.Hour)
	f.same("both", f.append("a", at, three, one), news.Appended{New: 1, Known: 1})
	keys := map[news.Key]bool{}
	for _, r := range f.records() {
		if keys[r.Item.Key()] {
			t.Fatalf("two items have the key %v", r.Item.Key())
		}
		keys[r.Item.Key()] = true
	}
}

func sourcesApart(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	one := item("same", noon)
	one.Aliases = []string{"link"}
	claims, err := f.Claim(f.ctx, noon, 9, time.Minute)
	f.must(err)
	for _, c := range claims {
		n, err := f.Append(f.ctx, c, []news.Item{one}, settle(noon.Add(time.Hour)), noon, 0)
		f.must(err)
		f.same("new in its source", n, news.Appended{New: 1})
	}
	f.same("records", len(f.records()), 2)
}

func sameIdentityTwice(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	first, second := item("1", noon), item("1", noon)
	second.Hash = "another"
	for i := range 2 {
		at := noon.Add(time.Duration(i) * time.Hour)
		n := f.append("a", at, first, second)
		f.same("one item", n.New+n.Known, 1)
		f.same("no revision", n.Changed, 0)
	}
	f.same("records", len(f.records()), 1)
}

func largeDocument(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	const n = 1500
	items := numbered("n", n, noon)
	for i := range items {
		items[i].Aliases = []string{fmt.Sprint("https://a.example/", i), fmt.Sprint("other ", i)}
	}
	f.same("first", f.append("a", noon, items...), news.Appended{New: n})
	f.same("again", f.append("a", noon.Add(time.Hour), items...), news.Appended{Known: n})
	for i, r := range f.records() {
		if r.Item.ID != items[i].ID {
			t.Fatalf("record %d is %s: the order of the document is not kept", i, r.Item.ID)
		}
	}
}

func itemRoundTrip(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	want := news.Item{
		Source: "a", ID: "id \x01 ü", GUID: "g", URL: "https://a.example/?a=1&b=2", Canonical: "https://a.example/", Comments: "c",
		Title: "Ünï <b> & \"q\"", HTML: "<p>x &amp; y</p>", Summary: "<i>s</i>", Text: "x & y\n\nz", Excerpt: "x",
		Language: "pt-BR", Authors: []news.Person{{Name: "n", Email: "e", URL: "u"}}, Categories: []string{"c1", "c2"},
		Enclosures: []news.Enclosure{{URL: "u", Type: "t", Length: 1, Title: "x", Duration: time.Second}},
		Image:      &news.Image{URL: "u", Alt: "a", Width: 1, Height: 2, Credit: "c"}, Rights: "r",
		Origin: &news.Origin{ID: "i", Title: "t", URL: "u", Link: "l"}, Geo: &news.Geo{Lat: 1.5, Lon: -2.5},
		Published: time.Unix(0, 0).UTC(), Updated: noon.Add(-time.Hour), Dated: true, Zone: "+03:30", FirstSeen: noon, Fetched: noon,
		FullText: true, Hash: "h",
	}
	f.append("a", noon, want)
	f.same("item", f.records()[0].Item, want)
}

func logOrder(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	for i := range 5 {
		at := noon.Add(time.Duration(i) * time.Hour)
		f.append("a", at, numbered(fmt.Sprint("a", i), 7, at)...)
		at = at.Add(time.Minute)
		f.append("b", at, numbered(fmt.Sprint("b", i), 3, at)...)
	}
	all := f.records()
	f.same("records", len(all), 50)
	var replayed []news.Record
	for after := int64(0); ; {
		part, err := f.Records(f.ctx, after, 7)
		f.must(err)
		if len(part) == 0 {
			break
		}
		for _, r := range part {
			if r.Seq <= after {
				t.Fatalf("seq %d after %d", r.Seq, after)
			}
			after = r.Seq
		}
		replayed = append(replayed, part...)
	}
	f.same("replay in parts", replayed, all)
	unfiled, err := f.Unfiled(f.ctx, 20)
	f.must(err)
	f.same("unfiled", unfiled, all[:20])
}

// racingReplicas lets several processes store the same polls, and a filer read
// the log meanwhile: each item is there once, and the filer misses none.
func racingReplicas(t *testing.T, open Opener) {
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("s%02d", i))
	}
	f := setup(t, open, names...)
	claims, err := f.Claim(f.ctx, noon, len(names), time.Minute)
	f.must(err)
	var wg sync.WaitGroup
	for range 4 {
		db := open(t, "main")
		wg.Go(func() {
			for _, c := range claims {
				_, err := db.Append(f.ctx, c, numbered("n", 25, noon), settle(noon.Add(time.Hour)), noon, 0)
				if err != nil && !errors.Is(err, news.ErrLostClaim) {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	seen := map[news.Key]int{}
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
		}
		records, err := f.Unfiled(f.ctx, 10)
		for err == nil && len(records) > 0 {
			for _, r := range records {
				seen[r.Item.Key()]++
			}
			f.must(f.File(f.ctx, news.Batch{UpTo: records[len(records)-1].Seq}))
			records, err = f.Unfiled(f.ctx, 10)
		}
		f.must(err)
	}
	f.same("items that the filer saw", len(seen), 12*25)
	for key, n := range seen {
		f.same(fmt.Sprint("times that the filer saw ", key), n, 1)
	}
}

func freshItems(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	one, two, three := item("1", noon), item("2", noon), item("3", noon)
	two.Aliases = []string{"link"}
	f.append("a", noon, one, two)
	changed, renamed := one, two
	changed.Hash = "changed"
	renamed.ID = "guid"
	fresh, err := f.Fresh(f.ctx, "a", []news.Item{changed, renamed, three, three})
	f.must(err)
	f.same("fresh", fresh, []news.Item{changed, three})
	fresh, err = f.Fresh(f.ctx, "b", []news.Item{one, two})
	f.must(err)
	f.same("of another source", len(fresh), 2)
	fresh, err = f.Fresh(f.ctx, "unknown", []news.Item{one})
	f.must(err)
	f.same("of an unknown source", len(fresh), 1)
}
