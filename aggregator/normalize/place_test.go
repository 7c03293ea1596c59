package normalize

import (
	"strings"
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

// TestLongBases: what is resolved against a long address does not become as long, and
// leads where it is meant to where only the query was long.
func TestLongBases(t *testing.T) {
	long := strings.Repeat("b", 8000)
	for base, want := range map[string]string{
		"https://gazette.example/feeds/x?key=" + long: "https://gazette.example/feeds/p.html https://gazette.example/a.mp3",
		"https://gazette.example/" + long + "/":       "https://gazette.example/p.html https://gazette.example/a.mp3",
		"https://" + long + ".example/":               " ",
	} {
		e := news.Entry{
			GUID: "1", Links: []news.Link{{Href: "p.html"}}, Enclosures: []news.Enclosure{{URL: "/a.mp3"}},
			Content: news.Text{Value: strings.Repeat("<img src=i><a href=#n>n</a>", 1000), Type: news.TextHTML},
		}
		for _, feed := range []news.Feed{{URL: base, Entries: []news.Entry{e}}, {Base: base, Entries: []news.Entry{e}}, {URL: "https://else.example/", Links: []news.Link{{Href: base}}, Entries: []news.Entry{e}}} {
			it := Items(testSource, feed, firstPoll)[0]
			got := it.URL + " "
			if len(it.Enclosures) > 0 {
				got += it.Enclosures[0].URL
			}
			if got != want && feed.URL != "https://else.example/" || len(it.HTML) > 8*len(e.Content.Value)+9000 {
				t.Errorf("%.40s: %.200s; body of %d bytes", base, got, len(it.HTML))
			}
		}
	}
}
