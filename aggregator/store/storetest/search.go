package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// library stores items of source a by id, titled, and files each as a story of its
// own in the topics named before the title's bar.
func (f *fixture) library(now time.Time, titles map[string]string) {
	f.t.Helper()
	var items []news.Item
	topics := map[string][]string{}
	for id, title := range titles {
		names, title, _ := strings.Cut(title, "|")
		it := item(id, now)
		it.Title, it.Text, it.Hash = title, "The text of it, by the quay.", title
		topics[id] = strings.Fields(names)
		items = append(items, it)
	}
	f.append("a", now, items...)
	records, err := f.Unfiled(f.ctx, 1000)
	f.must(err)
	b := batchOf(records, now)
	b.Filings = nil
	for _, one := range batchOf(records, now).Filings {
		for _, topic := range topics[one.Lead.ID] {
			one.Topic = topic
			b.Filings = append(b.Filings, one)
		}
	}
	f.must(f.File(f.ctx, b))
}

// found returns the ids of what a search finds, sorted.
func (f *fixture) found(query string, topics ...string) string {
	f.t.Helper()
	filed, err := f.Search(f.ctx, topics, query, 100)
	f.must(err)
	var ids []string
	for _, x := range filed {
		f.same("the lead of "+x.Key, x.Members[0].Record.Item.Key(), x.Lead)
		ids = append(ids, x.Lead.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func searchWords(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.library(noon, map[string]string{
		"1": "t|The ferry meets the tram at the old pier",
		"2": "t|Ferry strike: nobody sails",
		"3": "t|Café über São Tomé, naïve ŁÓDŹ",
		"4": "t|Ёлка и паром у причала",
		"5": "t|青屿渡轮今早恢复通航",
		"6": "t|フェリーが港に着く",
		"7": "t|عَبَّارةٌ جديدة في الميناء",
		"8": "t|เรือข้ามฟากกลับมาแล้ว",
		"9": "t|O'Neill's e-mail of ２０２６ costs 1,200",
		"0": "t|हिन्दी समाचार",
	})
	for query, want := range map[string]string{
		"ferry": "1 2", "FERRY": "1 2", "ferry tram": "1", "tram  ferry": "1", "ferry -tram": "2", "ferr": "", "ferr*": "1 2",
		"quay strike": "2", "cafe": "3", "CAFÉ uber": "3", "sao tome": "3", "łódź": "3",
		"елка": "4", "ПАРОМ": "4", "渡轮": "5", "渡轮今早": "5", "轮渡": "", "航": "5", "ふ": "", "フェリー": "6", "ﾌｪﾘｰ": "6", "港": "6",
		"عبارة": "7", "กลับ": "8", "o'neill": "9", "e-mail": "9", "-e-mail ferry": "1 2", "2026": "9", "हिन्दी": "0", "समाचार -हिन्दी": "",
		"": "", " \t ": "", "-ferry": "", "*": "", "-": "", "'": "", `"`: "", "...": "",
	} {
		f.same("search for "+query, f.found(query, "t"), want)
	}
	filed, err := f.Search(f.ctx, []string{"t"}, "quay", 3)
	f.must(err)
	f.same("limit", len(filed), 3)
}

// searchHostile wants no query to be read as the engine's own language.
func searchHostile(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.library(noon, map[string]string{"1": "t|Nothing or near and not the ferry"})
	for _, query := range []string{
		`ferry"`, `"ferry`, `ferry'; DROP TABLE words; --`, `terms:ferry`, `^ferry`, `ferry AND`, `OR`, `NOT ferry`, `NEAR(ferry)`, `(ferry`,
		`ferry)`, `fer\ry`, `'ferry':*`, `ferry & !`, `<->`, "ferry\x00", "\xff\xfe", "ferry:A", strings.Repeat("ferry* ", 60), strings.Repeat("x", 300),
		"-" + strings.Repeat("渡轮", 40) + " ferry",
	} {
		if _, err := f.Search(f.ctx, []string{"t"}, query, 10); err != nil {
			t.Errorf("%q: %v", query, err)
		}
	}
	f.same("words that are not operators", f.found("NOT ferry", "t"), "1")
	f.same("an operator that is a word", f.found("ferry AND OR", "t"), "1")
}

// searchOpen wants nothing to be found through a topic that was not named.
func searchOpen(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	f.library(noon, map[string]string{"1": "t|ferry", "2": "secret|ferry", "3": "t secret|ferry", "4": "|ferry"})
	f.same("one topic", f.found("ferry", "t"), "1 3")
	f.same("both, each story once", f.found("ferry", "secret", "t", "none"), "1 2 3")
	f.same("no topic", f.found("ferry"), "")

	// An item that only another topic lists does not lead to its story.
	at := noon.Add(2 * time.Hour)
	f.append("b", at, item("b1", at))
	records, err := f.Unfiled(f.ctx, 10)
	f.must(err)
	b := batchOf(records, at)
	inner := f.find(f.records()[0].Item.Key().Slug())
	b.Decisions[0].Story = inner.Story
	b.Filings[0].Topic, b.Filings[0].Key, b.Filings[0].Story = "secret", inner.Story, inner.Story
	f.must(f.File(f.ctx, b))
	f.same("a member elsewhere", f.found("b1", "t"), "")
	f.same("a member", f.found("b1", "secret"), "b1")

	// A filing that has another key than its story.
	b.Filings[0].Topic, b.Filings[0].Key = "other", b.Decisions[0].Key.Slug()
	f.must(f.File(f.ctx, b))
	f.same("under a key of its own", f.found("b1", "other"), "b1")
	b.Filings[0].Topic, b.Filings[0].Key = "secret", inner.Story

	withdrawn := b.Filings[0]
	withdrawn.Withdrawn = true
	f.must(f.File(f.ctx, news.Batch{Filings: []news.Filing{withdrawn}}))
	f.same("withdrawn", f.found("b1", "secret"), "")
}

// searchKeepsUp wants a revision to be found by its new words only, and nothing
// that was purged.
func searchKeepsUp(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.library(noon, map[string]string{"1": "t|ferry", "2": "t|tram"})
	at := noon.Add(2 * time.Hour)
	f.library(at, map[string]string{"1": "t|harvest"})
	f.same("old words", f.found("ferry", "t"), "")
	f.same("new words", f.found("harvest", "t"), "1")
	f.must(f.Rewind(f.ctx))
	f.fileAll(at)
	f.same("filed again", f.found("harvest", "t")+f.found("tram", "t")+f.found("ferry", "t"), "12")
	_, err := f.Purge(f.ctx, at.Add(time.Hour), at.Add(time.Hour))
	f.must(err)
	f.same("purged", f.found("harvest", "t")+f.found("tram", "t"), "")
	f.same("check", f.Check(f.ctx), nil)
}
