package normalize

import (
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestPlacesInTheText: a link to a note leads to the note on the entry's page,
// whatever relative addresses are resolved against.
func TestPlacesInTheText(t *testing.T) {
	const text = `<p>Boats<a href="#n1">1</a> <a href=" #n2 ">2</a> <a href="/pier">left</a>.</p>`
	const page = "https://www.gazette.example/2024/harbour"
	for name, c := range map[string]struct {
		entry news.Entry
		want  string
	}{
		"of a site": {news.Entry{Links: []news.Link{{Href: page + "?utm_source=rss#top"}}},
			`<p>Boats<a href="` + page + `#n1">1</a> <a href="` + page + `#n2">2</a> <a href="https://www.gazette.example/pier">left</a>.</p>`},
		"with a base": {news.Entry{Links: []news.Link{{Href: page}}, Base: "https://old.gazette.example/feeds/"},
			`<p>Boats<a href="` + page + `#n1">1</a> <a href="` + page + `#n2">2</a> <a href="https://old.gazette.example/pier">left</a>.</p>`},
		"with a page for a base": {news.Entry{Links: []news.Link{{Href: page}}, Base: "https://www.gazette.example/print/harbour.html"},
			`<p>Boats<a href="https://www.gazette.example/print/harbour.html#n1">1</a> <a href="https://www.gazette.example/print/harbour.html#n2">2</a> <a href="https://www.gazette.example/pier">left</a>.</p>`},
		"without a page": {news.Entry{},
			`<p>Boats<a href="https://www.gazette.example/#n1">1</a> <a href="https://www.gazette.example/#n2">2</a> <a href="https://www.gazette.example/pier">left</a>.</p>`},
	} {
		c.entry.GUID, c.entry.Content = "1", news.Text{Value: text, Type: news.TextHTML}
		if it := Items(testSource, feedOf(c.entry), firstPoll)[0]; it.HTML != c.want {
			t.Errorf("%s: the body is\n%s, want\n%s", name, it.HTML, c.want)
		}
	}
}
