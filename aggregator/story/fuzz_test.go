package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

// odd are words of every kind that a text may have: of many scripts, numbers,
// marks, nonsense.
var odd = strings.Fields("harbour Harbour opens closes Ostholm Skarvik 14 14.5 1,000 2024 a the of — … “quote” don't l’eau " +
	"порт Порт открыт が東京 漢字 ท่าเรือ الميناء ١٢ 🚢 \xff\xfe é e\u0301 (Reuters) /TASS/ . ! ? : http://a.example/ x")

// script reads choices from the input of a fuzz target; when it ends, zeros.
type script struct{ b []byte }

func (s *script) next(n int) int {
	if len(s.b) == 0 {
		return 0
	}
	c := int(s.b[0])
	s.b = s.b[1:]
	return c % n
}

// words returns up to most words, of which a length and a few choices make a
// text: the rest follows from them.
func (s *script) words(most int) string {
	n, at, step := s.next(most), s.next(256), s.next(7)
	list := make([]string, n)
	for i := range list {
		list[i] = odd[(at+i*step+i*i/9)%len(odd)]
	}
	return strings.Join(list, " ")
}

// records makes a stream of at most 60 items.
func (s *script) records() []news.Record {
	var list []news.Record
	at := day
	for len(s.b) > 0 && len(list) < 60 {
		at = at.Add(time.Duration(s.next(256)-64) * 20 * time.Minute)
		source := fmt.Sprint("s", s.next(4))
		it := news.Item{
			Source: source, ID: fmt.Sprint(s.next(40)), Language: []string{"en", "ru", "", "zh", "tr"}[s.next(5)],
			Title: s.words(12), Text: s.words(200), Published: at,
		}
		if s.next(3) == 0 {
			it.Canonical = fmt.Sprint("https://", source, ".example/", s.next(9))
		}
		list = append(list, news.Record{Seq: int64(len(list) + 1), Revision: 1, Item: it})
	}
	return list
}

// FuzzStream gives an index any stream of items, and another the same with a
// restart somewhere: neither may panic, and they must decide alike.
func FuzzStream(f *testing.F) {
	f.Add([]byte("a stream of items, as good as any other to begin with"), byte(3))
	f.Add([]byte{200, 1, 7, 0, 9, 12, 1, 180, 40, 3, 1, 66, 2, 8, 0, 9, 12, 1, 180, 40, 3, 1, 70, 3, 9, 1, 9, 13, 1, 90, 40, 3, 1}, byte(1))
	f.Fuzz(func(t *testing.T, b []byte, stop byte) {
		records := (&script{b}).records()
		opts := Options{Window: 3 * 24 * time.Hour}
		one, other := New(opts), New(opts)
		var kept []stored
		var newest time.Time
		for i, rec := range records {
			if i == int(stop) {
				other = restored(opts, kept, newest)
			}
			want, got := one.Add(rec, news.Outlet{}), other.Add(rec, news.Outlet{})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("record %d of %d after a restart before %d (-without, +with):\n%s", i, len(records), stop, diff)
			}
			if rec.Item.Published.After(newest) {
				newest = rec.Item.Published
			}
			kept = store(kept, got, rec.Item.Published)
		}
	})
}

// FuzzSegment holds what is told at a glance against the rules of Unicode.
func FuzzSegment(f *testing.F) {
	f.Add("The harbour, e.g. of Ostholm, is 14.5 m deep: don't  sail_on ")
	f.Add("а.б ,a .\u0301 1,2 .5 a.\u200db , \u0301")
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for it := words.FromString(text); it.Next(); at = it.End() {
			if n := segment(text[at:]); at+n != it.End() {
				t.Fatalf("%q begins with %q, not %q", text[at:], text[at:at+n], it.Value())
			}
		}
	})
}
