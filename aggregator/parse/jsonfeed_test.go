package parse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/parse"
)

func TestJSONEntry(t *testing.T) {
	feed := mustParse(t, `{"version":"https://jsonfeed.org/version/1.1","title":7,"hubs":[{"type":"WebSub","url":"https://hub.example/"}],
	"authors":[{"name":"Desk","url":"https://gazette.example/desk"}],"expired":"no","items":[
	{"id":1,"url":"/1","title":"One","content_text":"a < b","tags":"x, y","authors":{"name":"Ann"},"attachments":{"url":"/a.mp3","mime_type":"audio/mpeg","size_in_bytes":"12","duration_in_seconds":61.5}},
	"not an object", {"id":"2","content_html":["wrong"],"summary":"kept","image":"/p.png","language":"de"}, {}],"x":`, "")
	if feed.Format != "JSON Feed 1.1" || len(feed.Entries) != 2 || feed.Title.Value != "7" || !repaired(feed, "truncated") || !repaired(feed, "json") {
		t.Fatalf("%+v", feed)
	}
	if diff := cmp.Diff([]news.Link{{Href: "https://hub.example/", Rel: "hub"}}, feed.Links); diff != "" {
		t.Error(diff)
	}
	one, two := feed.Entries[0], feed.Entries[1]
	one.Raw = ""
	want := news.Entry{
		GUID: "1", Links: []news.Link{{Href: "/1"}}, Title: news.Text{Value: "One", Type: news.TextPlain},
		Content: news.Text{Value: "a < b", Type: news.TextPlain}, Summary: news.Text{Type: news.TextPlain},
		Authors: []news.Person{{Name: "Ann"}}, Categories: []news.Category{{Term: "x"}, {Term: "y"}},
		Enclosures: []news.Enclosure{{URL: "/a.mp3", Type: "audio/mpeg", Length: 12, Duration: 61 * time.Second}},
	}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Error(diff)
	}
	if two.GUID != "2" || two.Summary.Value != "kept" || two.Language != "de" || len(two.Images) != 1 {
		t.Errorf("%+v", two)
	}
}

// TestJSONWithoutItems: what has no item yet is a feed, however its program writes a
// list in which nothing is.
func TestJSONWithoutItems(t *testing.T) {
	for _, items := range []string{`,"items":[]`, `,"items":null`, ``} {
		feed := mustParse(t, `{"version":"https://jsonfeed.org/version/1.1"`+items+`,"title":"Gazette"}`, "")
		if feed.Title.Value != "Gazette" || len(feed.Entries) != 0 || len(feed.Repairs) != 0 {
			t.Errorf("%s: %+v", items, feed)
		}
	}
}

// TestJSONByHand: what templates get wrong that write JSON by hand costs no item.
func TestJSONByHand(t *testing.T) {
	const head, tail = `{"version":"https://jsonfeed.org/version/1.1","title":"Gazette","items":[`, `]}`
	item := func(id, title string) string { return `{"id":"` + id + `","title":"` + title + `"}` }
	for name, tc := range map[string]struct{ items, title string }{
		"a line break":            {item("1", "The\nferry") + "," + item("2", "B"), "The\nferry"},
		"another one, and a tab":  {item("1", "The\r\n\tferry") + "," + item("2", "B"), "The\r\n\tferry"},
		"an apostrophe escaped":   {item("1", `The ferry\'s`) + "," + item("2", "B"), "The ferry's"},
		"a backslash":             {item("1", `C:\data \u26 \\ \"x\"`) + "," + item("2", "B"), `C:\data \u26 \ "x"`},
		"a comma behind the last": {item("1", "The ferry, ]") + "," + item("2", "B") + ",\n", "The ferry, ]"},
	} {
		feed := mustParse(t, head+tc.items+tail, "")
		if len(feed.Entries) != 2 || feed.Entries[0].Title.Value != tc.title || feed.Entries[1].Title.Value != "B" || len(feed.Repairs) != 1 {
			t.Errorf("%s: repairs %v, entries %+v", name, feed.Repairs, feed.Entries)
		}
	}
	if feed := mustParse(t, head+item("1", "A")+","+item("2", "The\nferry")+",x]", ""); len(feed.Entries) != 2 {
		t.Errorf("before what cannot be read are %d entries", len(feed.Entries))
	}
}

// TestJSONListsOfPHP: a list of which something was taken out, which PHP writes as an
// object, is one.
func TestJSONListsOfPHP(t *testing.T) {
	feed := mustParse(t, `{"version":"https://jsonfeed.org/version/1.1","items":{"0":{"id":"1","title":"A"},"2":{"id":"2","title":"B",
	"tags":{"1":"ports","4":"piers"},"authors":{"1":{"name":"Ann"}},"attachments":{"3":{"url":"/a.mp3"}}}},"title":"Gazette"}`, "")
	if len(feed.Entries) != 2 || feed.Title.Value != "Gazette" || len(feed.Repairs) != 0 {
		t.Fatalf("%+v", feed)
	}
	if e := feed.Entries[1]; len(e.Categories) != 2 || len(e.Authors) != 1 || e.Authors[0].Name != "Ann" || len(e.Enclosures) != 1 {
		t.Errorf("%+v", e)
	}
	for _, other := range []string{`{"items":{"total":{"id":"1","title":"A"}}}`, `{"items":{}}`} {
		if _, err := parse.Parse(news.Source{}, news.Answer{Body: []byte(other)}); err == nil {
			t.Errorf("%s was read as a feed", other)
		}
	}
}

// TestJSONAttachments: what cannot be read of one attachment costs no other.
func TestJSONAttachments(t *testing.T) {
	feed := mustParse(t, `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","attachments":[
	"/a.mp3", {"url":"/b.mp3","mime_type":"audio/mpeg","title":"B","size_in_bytes":"","duration_in_seconds":"1:02:03"}, null,
	{"url":7,"mime_type":"audio/mpeg"}, {"url":"/c.mp3","mime_type":"audio/mpeg","title":null,"size_in_bytes":1.5e3,"duration_in_seconds":61.5}]}]}`, "")
	want := []news.Enclosure{
		{URL: "/b.mp3", Type: "audio/mpeg", Title: "B", Duration: time.Hour + 2*time.Minute + 3*time.Second},
		{URL: "/c.mp3", Type: "audio/mpeg", Length: 1500, Duration: 61 * time.Second},
	}
	if diff := cmp.Diff(want, feed.Entries[0].Enclosures); diff != "" {
		t.Error(diff)
	}
}

// TestJSONListsAreBounded: of a list as much is read as an entry may have, whatever
// stands in it, and in what nobody asks for nothing.
func TestJSONListsAreBounded(t *testing.T) {
	many := "[" + strings.Repeat("0,", 100_000) + "0]"
	for _, member := range []string{`"attachments":` + many, `"attachments":[{"url":"/a","x":` + many + `}]`, `"authors":` + many, `"tags":` + many} {
		body := []byte(`{"version":"https://jsonfeed.org/version/1.1","hubs":` + many + `,"items":[{"id":"1",` + member + `}]}`)
		allocs := testing.AllocsPerRun(1, func() { _, _ = parse.Parse(news.Source{}, news.Answer{Body: body}) })
		if allocs > 10_000 {
			t.Errorf("%.30s took %.0f pieces of memory", member, allocs)
		}
	}
}

// TestJSONReferences: the references of HTML in what JSON Feed says is plain text
// are resolved, once; what looks like a tag is text.
func TestJSONReferences(t *testing.T) {
	feed := mustParse(t, `{"version":"https://jsonfeed.org/version/1.1","title":"Ports &amp; Piers","items":[
	{"id":"1","title":"Hull&#8217;s &lt;pier&gt; &amp;amp; <i>R&D</i> &copy 2","summary":"Fish&nbsp;&amp; chips","content_text":"AT&amp;T"}]}`, "")
	e := feed.Entries[0]
	for got, want := range map[string]string{
		feed.Title.Value: "Ports & Piers", e.Title.Value: "Hull’s <pier> &amp; <i>R&D</i> &copy 2",
		e.Summary.Value: "Fish\u00a0& chips", e.Content.Value: "AT&amp;T",
	} {
		if got != want {
			t.Errorf("read as %q, want %q", got, want)
		}
	}
	if e.Title.Type != news.TextPlain {
		t.Errorf("the title is of type %q", e.Title.Type)
	}
}
