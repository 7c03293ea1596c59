package storetest

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

func latestOrder(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	items := numbered("n", 6, noon)
	for i := range items {
		items[i].Published = noon.Add(-time.Duration(i) * time.Minute)
	}
	f.append("a", noon, items...)
	b := batchOf(f.fileAll(noon), noon)
	// The oldest changes last.
	b.Filings[5].Hash, b.Filings[5].Updated = "changed", noon.Add(time.Hour)
	f.must(f.File(f.ctx, news.Batch{Filings: b.Filings}))
	titles := func(sort news.Sort, limit int) string {
		filed, err := f.Latest(f.ctx, "t", sort, limit)
		f.must(err)
		var ids []string
		for _, x := range filed {
			ids = append(ids, strings.TrimPrefix(x.Lead.ID, "n-000"))
		}
		return strings.Join(ids, " ")
	}
	f.same("by publication", titles(news.SortPublished, 4), "0 1 2 3")
	f.same("by change", titles(news.SortUpdated, 3), "5 0 1")
	f.same("of no topic", len(mustLatest(f, "none")), 0)

	second := func(heads []news.Filed) []news.Filed {
		f.same("heads", len(heads), 3)
		f.same("the lead of a head", heads[1].Lead.ID, "n-0001")
		f.same("members of a head", len(heads[1].Members), 0)
		return heads[1:2]
	}
	for _, limit := range []int{3, 6, 7} {
		choose := second
		if limit > 3 {
			choose = func(heads []news.Filed) []news.Filed { return heads[1:2] }
		}
		picked, more, err := f.Pick(f.ctx, "t", news.SortPublished, limit, choose)
		f.must(err)
		f.same("picked", len(picked), 1)
		f.same("the members of what is picked", picked[0].Members[0].Record.Item.ID, "n-0001")
		f.same("more", more, limit < 7) // whether six are all is not looked at
	}
}

// latestChanged holds the order by change against a plain sort, of filings of which
// some are amended again and again, some in one instant, and some withdrawn.
func latestChanged(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	rng := rand.New(rand.NewPCG(1, 2))
	minutes := func(n int) time.Time { return noon.Add(time.Duration(rng.IntN(n)) * time.Minute) }
	items := numbered("n", 40, noon)
	for i := range items {
		items[i].Published = minutes(12).Add(-time.Hour)
	}
	f.append("a", noon, items...)
	b := batchOf(f.fileAll(noon), noon)
	for round := range 6 {
		for i := range b.Filings {
			if x := &b.Filings[i]; rng.IntN(6) == 0 {
				at := minutes(12).Add(time.Duration(rng.IntN(round+1)-1) * time.Hour)
				x.Hash, x.Updated = fmt.Sprint(round), time.Unix(max(at.Unix(), x.Updated.Unix()), 0).UTC()
				x.Withdrawn = rng.IntN(8) == 0
			}
		}
		f.must(f.File(f.ctx, news.Batch{Filings: b.Filings}))
		want := slices.DeleteFunc(slices.Clone(b.Filings), func(x news.Filing) bool { return x.Withdrawn })
		slices.SortFunc(want, func(a, b news.Filing) int {
			return cmp.Or(b.Updated.Compare(a.Updated), cmp.Compare(a.Key, b.Key))
		})
		for _, limit := range []int{1, 2, 5, 10, 25, 100} {
			got, err := f.Latest(f.ctx, "t", news.SortUpdated, limit)
			f.must(err)
			f.same("how many", len(got), min(limit, len(want)))
			for i, x := range got {
				f.same(fmt.Sprintf("round %d, %d of %d", round, i, limit), []any{x.Key, x.Updated}, []any{want[i].Key, want[i].Updated})
			}
		}
	}
}

func mustLatest(f *fixture, topic string) []news.Filed {
	f.t.Helper()
	filed, err := f.Latest(f.ctx, topic, news.SortPublished, 100)
	f.must(err)
	return filed
}

func latestMembers(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	items := numbered("n", 4, noon)
	for i := range items {
		items[i].Published = noon.Add(-time.Duration(i) * time.Minute) // the later in the log, the older
	}
	f.append("a", noon, items...)
	records, err := f.Unfiled(f.ctx, 9)
	f.must(err)
	b := news.Batch{UpTo: records[3].Seq}
	var keys []news.Key
	for _, r := range records {
		b.Decisions = append(b.Decisions, decisionOn(r, "story"))
		keys = append(keys, r.Item.Key())
	}
	b.Filings = []news.Filing{{Topic: "t", Key: "story", ID: "id", Story: "story", Published: noon, Lead: keys[1], Members: keys[:3], Families: 2, Why: "w"}}
	f.must(f.File(f.ctx, b))
	got := f.latest(9)[0]
	want := []string{"n-0001", "n-0002", "n-0000"}
	for i, m := range got.Members {
		f.same("the lead first, then by publication", m.Record.Item.ID, want[i])
		f.same("story", m.Decision.Story, "story")
		f.same("outlet", m.Outlet.Source, "a")
	}
	f.same("members", len(got.Members), 3)
	f.same("lead", got.Lead, keys[1])
	f.same("the rest", []any{got.Families, got.Why, got.ID, got.Published}, []any{2, "w", "id", noon})
	// A member's revision is shown as soon as it is stored.
	at := noon.Add(time.Hour)
	changed := item("n-0001", at)
	changed.Hash, changed.Title = "2", "Revised"
	f.append("a", at, changed)
	f.same("title", f.latest(9)[0].Members[0].Record.Item.Title, "Revised")
}

func documents(t *testing.T, open Opener) {
	f := setup(t, open)
	var docs []news.Document
	for i := range 20 {
		docs = append(docs, news.Document{
			Path: fmt.Sprintf("/topics/%02d.rss", i), ContentType: "application/rss+xml", Body: bytes.Repeat([]byte("<item/>"), i*100),
			ETag: fmt.Sprintf("%q", fmt.Sprint(i)), Modified: noon, MaxAge: time.Minute, Link: []string{"<x>; rel=self"}, Topic: "t", Private: i%2 == 0,
		})
	}
	f.must(f.SaveDocuments(f.ctx, docs))
	got, err := f.Documents(f.ctx)
	f.must(err)
	f.same("documents", got, docs)
	docs[3].Body, docs[3].ETag = []byte("new"), `"new"`
	f.must(f.SaveDocuments(f.ctx, docs[3:4]))
	got, err = open(t, "main").Documents(f.ctx)
	f.must(err)
	f.same("another process", got, docs)
}

func states(t *testing.T, open Opener) {
	f := setup(t, open, "b", "a", "c")
	b := news.State{Source: "b", NextDue: noon.Add(time.Hour), Seen: "one two", SeenBy: "settings", SeenAll: noon}
	_, err := f.Append(f.ctx, f.claim("b", noon), nil, func(news.Appended) news.State { return b }, noon, 0)
	f.must(err)
	f.same("state of a claim", f.claim("b", noon.Add(time.Hour)).State, b)
	b.Seen = ""
	got, err := f.States(f.ctx)
	f.must(err)
	f.same("states", got, []news.State{{Source: "a"}, b, {Source: "c"}})
}

func notes(t *testing.T, open Opener) {
	f := setup(t, open)
	for _, want := range []string{"", "one", "two", ""} {
		if want != "" {
			f.must(f.Note(f.ctx, "n", want))
		} else {
			f.must(f.Note(f.ctx, "other", "x"))
			f.must(f.Note(f.ctx, "n", ""))
		}
		got, err := f.Noted(f.ctx, "n")
		f.must(err)
		f.same("note", got, want)
	}
	got, err := f.Noted(f.ctx, "never")
	f.must(err)
	f.same("never kept", got, "")
}

func find(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	one, two := item("https://a.example/1", noon), item("2", noon)
	one.Aliases = []string{"https://a.example/one"}
	f.append("a", noon, one, two)
	records := f.records()
	ids := func(word string) string {
		members, err := f.Find(f.ctx, word)
		f.must(err)
		var ids []string
		for _, m := range members {
			ids = append(ids, m.Record.Item.ID+" "+m.Decision.Key.Source+" "+m.Decision.Story)
		}
		return strings.Join(ids, ",")
	}
	for _, word := range []string{one.ID, "https://a.example/one", records[0].Item.Key().Slug(), strings.ToUpper(records[0].Item.Key().Slug())} {
		f.same(word+", not filed yet", ids(word), one.ID+" a ")
	}
	b := news.Batch{UpTo: records[1].Seq}
	for _, r := range records {
		b.Decisions = append(b.Decisions, decisionOn(r, records[0].Item.Key().Slug()))
	}
	f.must(f.File(f.ctx, b))
	story := records[0].Item.Key().Slug()
	f.same("a link", ids("https://a.example/one"), one.ID+" a "+story)
	f.same("a story", ids(story), one.ID+" a "+story+",2 a "+story)
	f.same("an item's slug", ids(records[1].Item.Key().Slug()), "2 a "+story)
	f.same("nothing", ids("nothing"), "")
	f.same("nothing like a slug", ids("aaaaaaaaaaaaaaaa"), "")
	filed := batchOf(records, noon)
	filed.Decisions = nil
	f.must(f.File(f.ctx, filed)) // the second was a story, too
	filed.Filings = filed.Filings[1:]
	filed.Filings[0].Withdrawn = true
	f.must(f.File(f.ctx, filed))
	for began, want := range map[string]string{records[1].Item.Key().Slug(): story, story: story, "aaaaaaaaaaaaaaaa": "", two.ID: ""} {
		got, err := f.StoryOf(f.ctx, began)
		f.must(err)
		f.same("the story of "+began, got, want)
	}
	stats, err := f.Stats(f.ctx)
	f.must(err)
	f.same("stats", []any{stats.Items, stats.Unfiled, stats.Bytes > 0}, []any{int64(2), int64(0), true})
}
