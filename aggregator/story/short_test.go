package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestShortTemplates gives items that are one short form filled in again and
// again: each is a story of its own.
func TestShortTemplates(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, form := range []struct{ title, text string }{
		{"Notice %d of the harbour office", ""},
		{"Bulletin %d of hourly.test", ""},
		{"Item %d of feed b", "Body of item %[1]d"},
		{"Entry %d", "This is the text of entry %[1]d, written by the author."},
		{"Weather on day %d", "Rain in the morning, sun in the afternoon, %[1]d degrees."},
		{"Release v1.%d.0", "Bug fixes and improvements."},
	} {
		x := New(Options{})
		seen := map[string]bool{}
		for i := range 40 {
			title := fmt.Sprintf(form.title, i)
			text := form.text
			if text != "" && text[len(text)-1] != 's' {
				text = fmt.Sprintf(form.text, i)
			}
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
