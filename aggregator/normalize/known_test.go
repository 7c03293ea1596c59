package normalize

import (
	"reflect"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestKnownOrNot holds the items of entries that are not known, whichever of the others
// are, against those of the same feed of which nothing is known: what entries share is
// no identity of either.
func TestKnownOrNot(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	entry := func(guid, link, title, text, published string) news.Entry {
		return news.Entry{
			GUID: guid, Links: []news.Link{{Href: link}}, Title: news.Text{Value: title},
			Content: news.Text{Value: text, Type: news.TextHTML}, Published: []string{published},
		}
	}
	const day, text = "2026-06-01T08:00:00Z", "<p>The harbour was closed at noon, as it is each year.</p>"
	all := []news.Entry{
		entry("1", "https://example.org/1", "Harbour closed", text, day),
		entry("2", "https://example.org/2", "Harbour closed", text, day),
		entry("3", "https://example.org/3", "Harbour closed", "<p>Nobody came to the ferry for a day and a half.</p>", day),
		entry("4", "https://example.org/1", "Ferry late", text, day),
		entry("5", "https://example.org/5", "Ferry late", text, "2026-06-01T09:00:00Z"),
		entry("6", "https://example.org/6", "Weather", text, day),
		entry("", "https://example.org/6", "Weather", text, day),
		entry("7", "https://example.org/7", "", text, day),
		entry("8", "https://example.org/8", "The news at noon", text, "2026-05-30T10:00:00Z"),
		entry("9", "https://example.org/9", "The news at noon", text, "2026-05-31T10:00:00Z"),
	}
	for i, guid := range []string{"8", "9"} { // as hosts of podcasts call what they have
		all[len(all)-2+i].Enclosures = []news.Enclosure{{URL: "https://cdn.example/" + guid + "/media.mp3", Type: "audio/mpeg"}}
	}
	src := news.Source{Name: "harbour", URL: "https://example.org/feed"}
	whole, aliases := map[string]news.Item{}, 0
	for _, item := range Items(src, news.Feed{Entries: all}, at) {
		whole[item.ID] = item
		aliases += len(item.Aliases)
	}
	if aliases == 0 {
		t.Fatal("no entry has an alias of its own")
	}
	for known := range 1 << len(all) {
		feed := news.Feed{Entries: append([]news.Entry(nil), all...)}
		for i := range feed.Entries {
			if e := &feed.Entries[i]; known>>i&1 == 1 {
				e.Known, e.Enclosures = true, nil // of which no files are read
			}
		}
		for _, item := range Items(src, feed, at) {
			if was := whole[item.ID]; !reflect.DeepEqual(item, was) {
				t.Fatalf("with %b known, %s is\n%+v, and with none\n%+v", known, item.ID, item, was)
			}
		}
	}
}
