package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// archive keeps the next page of topic t, and returns the ids of what is in it.
func (f *fixture) archive(n int, body string, now time.Time) (ids []string) {
	f.t.Helper()
	filed, err := f.Unarchived(f.ctx, "t", n, n)
	f.must(err)
	if len(filed) == 0 {
		return nil
	}
	page, _, err := f.Archived(f.ctx, "t")
	f.must(err)
	for _, x := range filed {
		f.same("members", len(x.Members), 1)
		ids = append(ids, x.Lead.ID)
	}
	f.must(f.SaveArchive(f.ctx, "t", page+1, filed[len(filed)-1].Key, pageOf(page+1, body), now))
	return ids
}

func pageOf(page int, body string) []news.Document {
	return []news.Document{
		{Path: fmt.Sprintf("/topics/t/archive/%d.atom", page), Body: []byte(body), ETag: `"` + body + `"`, Modified: noon, Topic: "t"},
		{Path: fmt.Sprintf("/topics/t/archive/%d.rss", page), Body: []byte(body + " again"), Modified: noon, Topic: "t"},
	}
}

func archivePages(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.same("of nothing", f.archive(2, "", noon), []string(nil))
	f.append("a", noon, numbered("n", 5, noon)...)
	records := f.fileAll(noon)
	f.append("a", noon.Add(2*time.Hour), numbered("m", 2, noon.Add(2*time.Hour))...)
	f.fileAll(noon)
	withdrawn := batchOf(records[1:2], noon).Filings
	withdrawn[0].Withdrawn = true
	f.must(f.File(f.ctx, news.Batch{Filings: withdrawn}))
	// What is amended stays where it is.
	amended := batchOf(records[:1], noon)
	amended.Filings[0].Hash = "another"
	f.must(f.File(f.ctx, news.Batch{Filings: amended.Filings}))

	f.same("first page", f.archive(2, "one", noon), []string{"n-0000", "n-0002"})
	f.same("second page", f.archive(2, "two", noon), []string{"n-0003", "n-0004"})
	f.same("third page", f.archive(2, "three", noon), []string{"m-0000", "m-0001"})
	f.same("fourth page", f.archive(2, "four", noon), []string(nil))
	var paths []string
	for doc, err := range f.ArchivePages(f.ctx, "t") {
		f.must(err)
		if paths = append(paths, doc.Path); len(paths) == 3 {
			break
		}
	}
	f.same("pages", paths, []string{"/topics/t/archive/1.atom", "/topics/t/archive/1.rss", "/topics/t/archive/2.atom"})
	gone := batchOf(records[3:4], noon).Filings
	gone[0].Withdrawn = true
	f.must(f.File(f.ctx, news.Batch{Filings: gone}))
	page, on, err := f.ArchivedOn(f.ctx, "t", "/topics/t/archive/2.atom")
	f.must(err)
	f.same("on the second page", []any{page, len(on), on[0].Lead.ID}, []any{2, 1, "n-0004"})
	page, on, err = f.ArchivedOn(f.ctx, "t", "/topics/t/archive/9.atom")
	f.must(err)
	f.same("on none", []int{page, len(on)}, []int{0, 0})
	n, _, err := f.Archived(f.ctx, "none")
	f.must(err)
	f.same("of no topic", n, 0)
	docs, err := f.Documents(f.ctx)
	f.must(err)
	f.same("documents that are held", len(docs), 0)
}

// archiveOrder wants what is filed at once to be archived as it was published.
func archiveOrder(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	items := numbered("n", 5, noon)
	for i := range items {
		items[i].Published = noon.Add(-time.Duration(i) * time.Minute)
	}
	f.append("a", noon, items...)
	f.fileAll(noon)
	f.same("first page", f.archive(3, "one", noon), []string{"n-0004", "n-0003", "n-0002"})
	f.same("too few", f.archive(3, "two", noon), []string(nil))
	filed, err := f.Unarchived(f.ctx, "t", 1, 3)
	f.must(err)
	f.same("the rest", len(filed), 2)
}

func archiveStays(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 4, noon)...)
	f.fileAll(noon)
	other := &fixture{open(t, "main"), t, t.Context()}
	filed, err := other.Unarchived(f.ctx, "t", 1, 2)
	f.must(err)
	f.archive(2, "one", noon)
	f.must(other.SaveArchive(f.ctx, "t", 1, filed[1].Key, pageOf(1, "two"), noon))
	doc, found, err := other.ArchivePage(f.ctx, "/topics/t/archive/1.atom")
	f.must(err)
	f.same("found", found, true)
	f.same("first page", doc, pageOf(1, "one")[0])
	if err := other.SaveArchive(f.ctx, "t", 3, filed[1].Key, pageOf(3, "three"), noon); err == nil {
		t.Error("a page was left out")
	}
	_, found, err = f.ArchivePage(f.ctx, "/topics/t/archive/2.atom")
	f.must(err)
	f.same("second page", found, false)
}

func archivePurged(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 6, noon)...)
	f.fileAll(noon)
	for i := range 3 {
		f.archive(2, fmt.Sprint(i), noon.Add(time.Duration(i)*time.Hour))
	}
	left := func() (n int) {
		for _, err := range f.ArchivePages(f.ctx, "t") {
			f.must(err)
			n++
		}
		return n / 2
	}
	_, err := f.Purge(f.ctx, noon.Add(time.Minute), noon.Add(time.Minute))
	f.must(err)
	f.same("pages", left(), 2)
	_, err = f.Purge(f.ctx, noon.Add(24*time.Hour), noon.Add(24*time.Hour))
	f.must(err)
	f.same("pages", left(), 1)
	page, at, err := f.Archived(f.ctx, "t")
	f.must(err)
	f.same("newest", page, 3)
	f.same("written", at, noon.Add(2*time.Hour))
	// What comes when all is gone is archived too, and stands on no older page.
	f.append("a", noon.Add(48*time.Hour), numbered("m", 2, noon.Add(48*time.Hour))...)
	f.fileAll(noon.Add(48 * time.Hour))
	_, filed, err := f.ArchivedOn(f.ctx, "t", "/topics/t/archive/3.atom")
	f.must(err)
	f.same("on the page of what is gone", len(filed), 0)
	f.same("fourth page", f.archive(2, "four", noon.Add(48*time.Hour)), []string{"m-0000", "m-0001"})
	_, filed, err = f.ArchivedOn(f.ctx, "t", "/topics/t/archive/4.atom")
	f.must(err)
	f.same("on the fourth page", len(filed), 2)
}
