package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestCrowd gives the index one text of an agency, to which hundreds of outlets
// add words of their own, and one item that comes under hundreds of ids: each is
// found, and what an item has to be held against stays bounded; and so it is when
// the index was restored, and when the first of them have left.
func TestCrowd(t *testing.T) {
	const crowd = 4 * enoughSharing
	b := newBabble(5)
	wire, link := b.text(220), "https://a.example/one"
	copied := func(i int) news.Record {
		return record(int64(2*i+1), news.Item{
			Source: fmt.Sprint("outlet ", i), ID: "1", Language: "en", Title: b.text(9), Text: wire + " " + b.text(60),
			Published: day.Add(time.Duration(i) * time.Minute),
		})
	}
	again := func(i int) news.Record {
		return record(int64(2*i+2), news.Item{Source: "s", ID: fmt.Sprint(i), Canonical: link, Published: day.Add(time.Duration(i) * time.Minute)})
	}
	for _, most := range []int{0, 3 * enoughSharing} {
		t.Run(fmt.Sprint("at most ", most), func(t *testing.T) {
			x := New(Options{Most: most})
			var decided []news.Decision
			check := func(d news.Decision, want news.Kind) {
				t.Helper()
				if d.Kind != want && len(decided) > 1 {
					t.Fatalf("decision %d is %q, want %q: %+v", len(decided), d.Kind, want, d.Nearest)
				}
				decided = append(decided, d)
			}
			for i := range crowd {
				check(x.Add(copied(i), news.Outlet{}), news.KindCopy)
				check(x.Add(again(i), news.Outlet{}), news.KindSame)
			}
			for _, d := range decided[2:] {
				if of := decided[0]; d.Kind == news.KindCopy && d.Story != of.Story {
					t.Errorf("%v is in story %s, want %s", d.Key, d.Story, of.Story)
				}
			}
			looks, widest := 0, 0
			next := copied(crowd)
			r := x.Read(next, news.Outlet{})
			for _, h := range r.sample.shingles {
				n := len(x.shingled.find(nil, h.hash, x.roll.alive()))
				looks, widest = looks+n, max(widest, n)
			}
			if widest > enoughSharing || looks < 50*enoughSharing/2 {
				t.Errorf("a passage is known by %d items, want %d at most; all passages by %d", widest, enoughSharing, looks)
			}
			if n := len(x.exact.find(nil, uint32(keyHash("link", link)>>32), x.roll.alive())); n > enoughSharing || n < enoughSharing/2 {
				t.Errorf("a link is known by %d items, want about %d", n, enoughSharing)
			}

			other := New(Options{Most: most})
			for _, d := range decided[len(decided)-int(x.roll.count):] {
				other.Restore(d)
			}
			for i := crowd; i < crowd+20; i++ {
				for _, rec := range []news.Record{copied(i), again(i)} {
					if diff := cmp.Diff(x.Add(rec, news.Outlet{}), other.Add(rec, news.Outlet{})); diff != "" {
						t.Fatalf("after a restart (-without, +with):\n%s", diff)
					}
				}
			}
		})
	}
}
