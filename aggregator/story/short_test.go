package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestShortTemplates gives items that are one short form filled in again and
// again: each is a story of its own.
func TestShortTemplates(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, form := range []struct{ title, text string }{
		{"Notice {n} of the harbour office", ""},
		{"Notice 3 of the good-{n} office", ""},
		{"Notice {a} of the good-{b} office", ""},
		{"Bulletin {n} of hourly.test", ""},
		{"Item {n} of feed b", "Body of item {n}"},
		{"Entry {n}", "This is the text of entry {n}, written by the author."},
		{"Weather on day {n}", "Rain in the morning, sun in the afternoon, {n} degrees."},
		{"Release v1.{n}.0", "Bug fixes and improvements."},
	} {
		x := New(Options{})
		seen := map[string]bool{}
		for i := range 40 {
			fill := strings.NewReplacer("{n}", fmt.Sprint(i), "{a}", fmt.Sprint(i%7), "{b}", fmt.Sprint(i/7))
			title, text := fill.Replace(form.title), fill.Replace(form.text)
			source := []string{"a", "b"}[i%2]
			d := x.Add(news.Record{Seq: int64(i + 1), Revision: 1, Item: news.Item{
				Source: source, ID: title, Title: title, Text: text, Excerpt: text, Canonical: fmt.Sprintf("https://%s.example/%d", source, i),
				Published: at.Add(time.Duration(i) * time.Minute), FirstSeen: at, Fetched: at, Language: "en", Hash: title,
			}}, news.Outlet{Source: source})
			if seen[d.Story] {
				t.Errorf("%q was put to another story: %s, %.2f, %+v", title, d.Kind, d.Score, d.Evidence)
				break
			}
			seen[d.Story] = true
		}
	}
}

// TestFewWords gives short items that share a word or two, to an index that
// knows no word yet.
func TestFewWords(t *testing.T) {
	x := New(Options{})
	stories := map[string]bool{}
	titles := []string{
		"Notice 0 of the fading office", "Notice 0 of the good-3 office", "Notice 3 of the good-3 office",
		"Item 0 of feed alpha", "Item 0 of feed beta", "First post", "Second post", "Hello world", "Hello again",
	}
	for i, title := range titles {
		d := x.Add(news.Record{Seq: int64(i + 1), Revision: 1, Item: news.Item{
			Source: fmt.Sprint("s", i), ID: title, Title: title, Published: time.Date(2026, 3, 1, 8, i, 0, 0, time.UTC), Language: "en",
		}}, news.Outlet{})
		if stories[d.Story] {
			t.Errorf("%q was put to another story: %s, %.2f, %+v", title, d.Kind, d.Score, d.Evidence)
		}
		stories[d.Story] = true
	}
}

// TestOneTown gives short items of one outlet that have nothing in common but the name of
// a town, which is rare, in an index that knows what words are common.
func TestOneTown(t *testing.T) {
	babble := newBabble(5)
	x := New(Options{})
	seq := int64(0)
	add := func(title, text string) news.Decision {
		seq++
		return x.Add(record(seq, news.Item{
			Source: "valley", ID: title, Title: title, Text: text, Language: "en", Published: day.Add(time.Duration(seq) * time.Minute),
		}), news.Outlet{})
	}
	for range 200 {
		add(babble.text(8), babble.text(30))
	}
	first := add("Bakery opens in Oddvik", "Sweet rolls from six in the morning.")
	if d := add("Oddvik choir wins prize", "Judges praised twenty voices."); d.Story == first.Story {
		t.Errorf("a choir is in the story of a bakery: %s, %.2f, %+v", d.Kind, d.Score, d.Evidence)
	}
	if d := add("Oddvik bakery opens its doors", "Rolls are sold from six."); d.Story != first.Story {
		t.Errorf("a second report of the bakery is not in its story: %s, %+v", d.Kind, d.Nearest)
	}
}
