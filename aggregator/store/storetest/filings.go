package storetest

import (
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

func cursorMoves(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 10, noon)...)
	records, err := f.Unfiled(f.ctx, 4)
	f.must(err)
	f.must(f.File(f.ctx, batchOf(records, noon)))
	rest, err := f.Unfiled(f.ctx, 100)
	f.must(err)
	f.same("the rest", len(rest), 6)
	f.same("the next", rest[0].Seq > records[3].Seq, true)
	f.must(f.File(f.ctx, news.Batch{})) // leaves the cursor
	again, err := f.Unfiled(f.ctx, 100)
	f.must(err)
	f.same("again", again, rest)
	other, err := open(t, "main").Unfiled(f.ctx, 100)
	f.must(err)
	f.same("another process", other, rest)
	f.same("filed", len(f.latest(100)), 4)
}

func filingWrittenOnce(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, item("1", noon), item("2", noon))
	records := f.fileAll(noon)
	was := f.latest(1)[0].Filing

	again := batchOf(records[:1], noon.Add(time.Hour))
	g := &again.Filings[0]
	g.Key = was.Key
	g.ID, g.Published, g.FirstFiled, g.Updated = "another", noon.Add(time.Hour), noon.Add(time.Hour), noon.Add(time.Hour)
	g.Hash = was.Hash
	g.Why, g.Families = "another reason", 2
	f.must(f.File(f.ctx, again))
	want := was
	want.Why, want.Families, want.Story = g.Why, 2, g.Story
	want.Lead, want.Members = g.Lead, g.Members
	f.same("same content", f.find(was.Key).Filing, want)

	g.Hash = "another"
	f.must(f.File(f.ctx, again))
	want.Hash, want.Updated = g.Hash, g.Updated
	f.same("another content", f.find(was.Key).Filing, want)

	// What left the story had changed it last: no reader sees a date go back.
	g.Hash, g.Updated = "without it", noon.Add(time.Minute)
	f.must(f.File(f.ctx, again))
	want.Hash = g.Hash
	f.same("less content", f.find(was.Key).Filing, want)

	// Another topic's filing of the same story is another filing.
	g.Topic = "u"
	f.must(f.File(f.ctx, again))
	other, err := f.Latest(f.ctx, "u", news.SortPublished, 9)
	f.must(err)
	f.same("id in the other topic", other[0].ID, "another")
	f.same("id in the first", f.find(was.Key).ID, was.ID)
}

// find returns the filing of topic t with a key.
func (f *fixture) find(key string) news.Filed {
	f.t.Helper()
	for _, filed := range f.latest(1000) {
		if filed.Key == key {
			return filed
		}
	}
	return news.Filed{}
}

func filingWithdrawn(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, item("1", noon))
	b := batchOf(f.fileAll(noon), noon)
	was := f.latest(1)[0].Filing
	gone := b.Filings[0]
	gone.Withdrawn, gone.Why = true, "no longer"
	never := gone
	never.Key = "never filed"
	f.must(f.File(f.ctx, news.Batch{Filings: []news.Filing{gone, never}}))
	f.same("withdrawn", len(f.latest(9)), 0)
	b.Filings[0].ID = "another"
	f.must(f.File(f.ctx, news.Batch{Filings: b.Filings}))
	f.same("back under its id", f.latest(9)[0].Filing, was)
	f.same("and no other", len(f.latest(9)), 1)
}

// filingInherited joins a story that a topic shows to one that it does not, and
// parts the two again.
func filingInherited(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 3, noon)...)
	b := batchOf(f.fileAll(noon), noon)
	younger := b.Filings[1]
	older := b.Filings[0]
	older.Key, older.Story, older.ID = "older", "older", "of the older"
	older.Published, older.Updated, older.FirstFiled = noon.Add(-time.Hour), noon.Add(time.Hour), noon.Add(time.Hour)
	older.Hash = "both"
	leaves := news.Filing{Topic: "t", Key: younger.Key, Story: "older", Withdrawn: true, Heir: "older", Why: "joined"}
	join := news.Batch{Filings: []news.Filing{older, leaves}}
	f.must(f.File(f.ctx, join))
	want := older
	want.ID, want.Published, want.FirstFiled = younger.ID, younger.Published, younger.FirstFiled
	f.same("the heir", f.find("older").Filing, want)
	f.same("entries", len(f.latest(9)), 3)
	f.must(f.File(f.ctx, join))
	f.same("told again", f.find("older").Filing, want)

	// One that the topic has keeps its own.
	other := b.Filings[2]
	leaves = news.Filing{Topic: "t", Key: other.Key, Story: "older", Withdrawn: true, Heir: "older", Why: "joined"}
	f.must(f.File(f.ctx, news.Batch{Filings: []news.Filing{older, leaves}}))
	f.same("the heir of two", f.find("older").Filing, want)
	f.same("entries", len(f.latest(9)), 2)

	// Beside each other they have two ids; by itself the younger one has its own.
	f.must(f.File(f.ctx, news.Batch{Filings: []news.Filing{older, younger}}))
	f.same("beside it", []string{f.find("older").ID, f.find(younger.Key).ID}, []string{younger.ID, "of the older"})
	f.must(f.File(f.ctx, news.Batch{Filings: []news.Filing{older, {Topic: "t", Key: younger.Key, Story: "older", Withdrawn: true}}}))
	parted := []news.Filing{younger, {Topic: "t", Key: "older", Story: "older", Withdrawn: true, Heir: younger.Key}}
	f.must(f.File(f.ctx, news.Batch{Filings: parted}))
	f.same("by itself", f.find(younger.Key).ID, younger.ID)
	f.same("since", f.find(younger.Key).Published, younger.Published)
}

func filingRefiled(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 5, noon)...)
	b := batchOf(f.fileAll(noon), noon)
	other := b.Filings[0]
	other.Topic = "u"
	f.must(f.File(f.ctx, news.Batch{Filings: []news.Filing{other}}))
	f.must(f.File(f.ctx, news.Batch{Filings: b.Filings[:2], Refiled: []string{"t", "v"}}))
	f.same("left", len(f.latest(9)), 2)
	u, err := f.Latest(f.ctx, "u", news.SortPublished, 9)
	f.must(err)
	f.same("another topic", len(u), 1)
	unfiled, err := f.Unfiled(f.ctx, 9)
	f.must(err)
	f.same("the cursor", len(unfiled), 0)
}

func absorbed(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 3, noon)...)
	records := f.fileAll(noon)
	one, two := records[0].Item.Key().Slug(), records[1].Item.Key().Slug()
	d := decisionOn(records[2], one)
	d.Absorbs = []string{two}
	f.must(f.File(f.ctx, news.Batch{Decisions: []news.Decision{d}}))
	stories, err := f.Stories(f.ctx, []string{two, one, "unknown", one})
	f.must(err)
	f.same("stories left", len(stories), 1)
	f.same("id", stories[0].ID, one)
	f.same("members", len(stories[0].Members), 3)
	for i, m := range stories[0].Members {
		f.same("in the order of the log", m.Record.Seq, records[i].Seq)
		f.same("story of a member", m.Decision.Story, one)
	}
	f.same("the absorbed member's copies", stories[0].Members[1].Decision.Copies, two)
}

func decisionReplaced(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, item("1", noon), item("2", noon))
	f.fileAll(noon)
	at := noon.Add(time.Hour)
	changed := item("1", at)
	changed.Hash, changed.Title = "2", "Revised"
	f.append("a", at, changed)
	revised := f.fileAll(at)
	id := revised[0].Item.Key().Slug()
	stories, err := f.Stories(f.ctx, []string{id})
	f.must(err)
	f.same("members", len(stories[0].Members), 1)
	f.same("latest revision", stories[0].Members[0].Record, revised[0])
	f.same("decision upon it", stories[0].Members[0].Decision.Seq, revised[0].Seq)
	d, ok, err := f.Decision(f.ctx, news.Key{Source: "a", ID: "1"})
	f.must(err)
	f.same("one decision", []any{ok, d.Seq}, []any{true, revised[0].Seq})
	_, ok, err = f.Decision(f.ctx, news.Key{Source: "a", ID: "none"})
	f.must(err)
	f.same("no decision", ok, false)
}

func decisionRoundTrip(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, item("1", noon))
	records, err := f.Unfiled(f.ctx, 9)
	f.must(err)
	want := news.Decision{
		Seq: records[0].Seq, Key: records[0].Item.Key(), Story: "aaaaaaaaaaaaaaaa", Copies: "bbbbbbbbbbbbbbbb", Kind: news.KindCopy,
		Of: news.Key{Source: "b", ID: "x"}, Score: 0.75, Family: "f", Agency: "g",
		Evidence: news.Evidence{Rule: "r", Passages: []string{"p <&>"}, Terms: []string{"t"}, Names: []string{"n"}, Apart: time.Hour, Note: "note"},
		Nearest:  &news.Near{Key: news.Key{Source: "c", ID: "y"}, Story: "s", Score: 0.5, Why: "w"}, Absorbs: []string{"z"},
		Sketch: []byte{0, 1, 2, 255},
	}
	f.must(f.File(f.ctx, news.Batch{UpTo: want.Seq, Decisions: []news.Decision{want}}))
	got, ok, err := f.Decision(f.ctx, want.Key)
	f.must(err)
	f.same("found", ok, true)
	f.same("decision", got, want)
	stories, err := f.Stories(f.ctx, []string{want.Story})
	f.must(err)
	f.same("as a member", stories[0].Members[0].Decision, want)
}

func decidedInOrder(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	items := numbered("n", 600, noon)
	for i := range items {
		items[i].Published = noon.Add(-time.Duration(i%3) * time.Hour)
	}
	f.append("a", noon, items...)
	records := f.fileAll(noon)
	at := noon.Add(time.Hour)
	items[1].Hash = "changed"
	f.append("a", at, items[1])
	revised := f.fileAll(at)[0]
	var seqs []int64
	f.must(f.Decided(f.ctx, noon.Add(-time.Hour), func(d news.Decision, published time.Time) bool {
		if published.Before(noon.Add(-time.Hour)) {
			t.Fatalf("%v was published at %s", d.Key, published)
		}
		if n := len(seqs); n > 0 && seqs[n-1] >= d.Seq {
			t.Fatalf("seq %d after %d", d.Seq, seqs[n-1])
		}
		seqs = append(seqs, d.Seq)
		return true
	}))
	f.same("decisions", len(seqs), 400)
	f.same("the revised one is last", seqs[399], revised.Seq)
	f.same("the first", seqs[0], records[0].Seq)
	n := 0
	f.must(f.Decided(f.ctx, time.Time{}, func(news.Decision, time.Time) bool { n++; return n < 300 }))
	f.same("ends when told", n, 300)
}

func eachStory(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	items := numbered("n", 200, noon)
	for i := range items {
		items[i].Published = noon.Add(-time.Duration(i%2) * 24 * time.Hour)
	}
	f.append("a", noon, items...)
	records := f.fileAll(noon)
	// The last, a recent one, joins the story of the second, an old one.
	old := records[1].Item.Key().Slug()
	f.must(f.File(f.ctx, news.Batch{Decisions: []news.Decision{decisionOn(records[198], old)}}))
	var ids []string
	f.must(f.EachStory(f.ctx, noon.Add(-time.Hour), func(s news.Story) bool {
		ids = append(ids, s.ID)
		if s.ID == old {
			f.same("all members of a story", len(s.Members), 2)
		}
		return true
	}))
	f.same("stories", len(ids), 100)
	f.same("in the order of their first records", ids[:2], []string{records[0].Item.Key().Slug(), old})
	n := 0
	f.must(f.EachStory(f.ctx, time.Time{}, func(news.Story) bool { n++; return true }))
	f.same("all", n, 199)
}

func newestStories(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 9, noon)...)
	records := f.fileAll(noon)
	slug := func(i int) string { return records[i].Item.Key().Slug() }
	// The last joins the story of the first.
	f.must(f.File(f.ctx, news.Batch{Decisions: []news.Decision{decisionOn(records[8], slug(0))}}))
	newest, err := f.Newest(f.ctx, 3)
	f.must(err)
	var ids []string
	for _, s := range newest {
		ids = append(ids, s.ID)
	}
	f.same("by their newest items", ids, []string{slug(0), slug(7), slug(6)})
	f.same("with all their members", len(newest[0].Members), 2)
}

func rewind(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 5, noon)...)
	f.fileAll(noon)
	was := f.latest(9)
	f.must(f.Rewind(f.ctx))
	records, err := f.Unfiled(f.ctx, 9)
	f.must(err)
	f.same("unfiled again", len(records), 5)
	b := batchOf(records, noon.Add(time.Hour))
	for i := range b.Filings {
		b.Filings[i].ID += "?"
	}
	f.must(f.File(f.ctx, b))
	f.same("filings", f.latest(9), was)
}
