package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

// nasty is a text with all that must not reach a reader as it stands:
// characters outside XML, markup, references, the end of a CDATA section,
// broken UTF-8, and line ends.
const nasty = "<b>Bold</b> & <script>alert(1)</script> &lt;i&gt; &copy; ]]> \"q\" 'a' \x00\x08\x0b\x1f\x7f\u0085\ufffe\uffff\ufdd0\U0001fffe\xff\xc3( tab\there\r\nnext\rline {{.}} ${x} é 漢字 مرحبا 🛥"

// badURLs are links that must not be published.
var badURLs = []string{
	"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd",
	"//evil.example/x", "/relative", "relative.html", "", " ", "http://", "https:///x", "http:opaque", "ftp://h.example/", "feed:https://h.example/",
	"http://[::1", "http://h.example:port/", "http://h.example/%zz\x00", "mailto:a@b.example", "tel:1", "blob:https://h.example/1", "about:blank",
}

// hostileItem returns an item whose every field is nasty, with one bad link.
func hostileItem(source, bad string) news.Item {
	return news.Item{
		Source: source, ID: nasty, GUID: nasty, URL: bad, Canonical: bad, Comments: bad,
		Title: nasty, HTML: "<p>Body &amp; soul ]]&gt; \x08\x0c</p>", Summary: "<p>Short</p>", Text: nasty, Excerpt: nasty,
		Language: "en\"><x", Authors: []news.Person{{Name: nasty, Email: "a@b.example", URL: bad}, {Email: "c@d.example"}, {}},
		Categories: []string{nasty, nasty, "", "R&D", " \t "},
		Enclosures: []news.Enclosure{
			{URL: bad, Type: nasty, Length: -5},
			{URL: "https://media.example/a b\".mp3?x=<y>&z=%", Type: "Audio/MPEG; codecs=\"x\"", Length: -1, Title: nasty},
			{URL: "https://media.example/c.mp4", Type: "nonsense", Length: 1 << 50, Duration: -time.Hour},
		},
		Image:  &news.Image{URL: "http://user:secret@bücher.example:8080/bild ü.jpg", Alt: nasty, Credit: nasty, Width: -1, Height: -1},
		Rights: nasty, Geo: &news.Geo{Lat: 91, Lon: 999}, Published: time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC), FirstSeen: day,
	}
}

// hostile is a channel of as many filings as there are bad links, each with a
// second report that is no better.
func hostile() Channel {
	ch := Channel{
		Topic:  news.Topic{Name: "hostile", Title: nasty, Description: nasty, Hub: "javascript:1", Content: news.ContentFull, Language: []string{nasty}},
		MaxAge: -time.Hour,
	}
	for i, bad := range badURLs {
		member := func(name, link string) news.Member {
			return news.Member{
				Outlet: news.Outlet{
					Source: name, Title: nasty, Feed: "https://u:p@feeds.example/" + name, FeedID: nasty, Link: bad, Family: name,
					Rights: nasty, Icon: bad, Content: news.ContentFull, Language: "tlh-\x00", Tags: []string{nasty},
				},
				Record:   news.Record{Seq: int64(i), Revision: 1, Item: hostileItem(name, link)},
				Decision: news.Decision{Kind: news.KindReport, Family: name, Agency: nasty, Evidence: news.Evidence{Rule: nasty, Passages: []string{nasty}, Terms: []string{nasty}, Names: []string{nasty}, Note: nasty}},
			}
		}
		key := string(rune('a' + i))
		ch.Filed = append(ch.Filed, news.Filed{
			Filing: news.Filing{
				Topic: "hostile", Key: key, ID: "tag:example.org,2026-03-14:hostile/" + key, Story: "story" + key,
				Published: time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC), FirstFiled: day, Families: 2,
			},
			Members: []news.Member{member("one", bad), member("two", "https://two.example/"+key), member("three", bad)},
		})
	}
	return ch
}

// xmlText reads a whole XML document and returns its texts and attributes.
func xmlText(t *testing.T, body []byte) []string {
	t.Helper()
	var texts []string
	dec := xml.NewDecoder(bytes.NewReader(body))
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch tok := tok.(type) {
		case xml.CharData:
			texts = append(texts, string(tok))
		case xml.StartElement:
			for _, a := range tok.Attr {
				texts = append(texts, a.Value)
			}
		}
	}
}

// linked is everything in HTML that a reader could follow or load.
var linked = map[string]bool{"href": true, "src": true, "srcset": true, "action": true, "poster": true, "data": true}

// inspectHTML fails on active elements and attributes, and on links other than
// http and https (and feed:, where pages offer it).
func inspectHTML(t *testing.T, where string, r io.Reader, relative bool) {
	t.Helper()
	z := html.NewTokenizer(r)
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Errorf("%s: %v", where, z.Err())
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			switch tok.Data {
			case "iframe", "object", "embed", "base", "style", "svg", "math", "template", "noscript":
				if !relative || tok.Data != "svg" {
					t.Errorf("%s: element %s", where, tok.Data)
				}
			case "script":
				if len(tok.Attr) == 0 || tok.Attr[0].Key != "src" || !strings.HasPrefix(tok.Attr[0].Val, "/static/") {
					t.Errorf("%s: script %v", where, tok.Attr)
				}
			}
			for _, a := range tok.Attr {
				v := a.Val
				ok := strings.HasPrefix(v, "http://") || strings.HasPrefix(v, "https://") ||
					relative && (strings.HasPrefix(v, "/") && !strings.HasPrefix(v, "//") || strings.HasPrefix(v, "#") || strings.HasPrefix(v, "feed:https://feeds.example.org/"))
				if linked[a.Key] && !ok {
					t.Errorf("%s: %s=%q", where, a.Key, v)
				}
				if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
					t.Errorf("%s: attribute %s", where, a.Key)
				}
			}
		}
	}
}

var badScheme = regexp.MustCompile(`(?i)^\s*(?:javascript|data|vbscript|file|blob|about|ftp|tel):`)

func TestHostileFeeds(t *testing.T) {
	for _, f := range renderers {
		doc, err := f(site, hostile())
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"secret", "u:p@", "a@b.example"} {
			if bytes.Contains(doc.Body, []byte(secret)) {
				t.Errorf("%s: holds %q", doc.Path, secret)
			}
		}
		feed, err := gofeed.NewParser().Parse(bytes.NewReader(doc.Body))
		if err != nil {
			t.Fatalf("%s: %v", doc.Path, err)
		}
		if len(feed.Items) != len(badURLs) {
			t.Errorf("%s: %d items, want %d", doc.Path, len(feed.Items), len(badURLs))
		}
		var texts []string
		if strings.HasSuffix(doc.Path, ".json") {
			var v any
			if err := json.Unmarshal(doc.Body, &v); err != nil {
				t.Fatal(err)
			}
			texts = jsonTexts(v, nil)
		} else {
			texts = xmlText(t, doc.Body)
		}
		for _, text := range texts {
			if badScheme.MatchString(text) {
				t.Errorf("%s: holds %q", doc.Path, text)
			}
			if text != clean(text) {
				t.Errorf("%s: holds characters outside XML: %q", doc.Path, text)
			}
		}
		for _, it := range feed.Items {
			inspectHTML(t, doc.Path, strings.NewReader(it.Content), false)
			if !strings.HasPrefix(it.Link, "https://feeds.example.org/stories/") {
				t.Errorf("%s: link %q, want that of the story", doc.Path, it.Link)
			}
			if it.PublishedParsed == nil || !it.PublishedParsed.Equal(day) {
				t.Errorf("%s: published %v, want %v", doc.Path, it.PublishedParsed, day)
			}
		}
	}
}

func jsonTexts(v any, texts []string) []string {
	switch v := v.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, e := range v {
			texts = jsonTexts(e, texts)
		}
	case map[string]any:
		for _, e := range v {
			texts = jsonTexts(e, texts)
		}
	}
	return texts
}

func TestHostilePages(t *testing.T) {
	ch := hostile()
	direct := site
	direct.Images = ImagesDirect
	direct.Search = true
	topic, err := TopicPage(direct, ch)
	if err != nil {
		t.Fatal(err)
	}
	index, err := IndexPage(site, []Summary{lay(site, ch, nil).summary()}, Answers{}, nasty)
	if err != nil {
		t.Fatal(err)
	}
	story, err := StoryPage(site, news.Story{ID: "storya", Members: ch.Filed[0].Members}, []news.Topic{ch.Topic})
	if err != nil {
		t.Fatal(err)
	}
	sources, err := SourcesPages(site, []SourceStatus{{
		Outlet: ch.Filed[0].Members[0].Outlet,
		State:  news.State{Schedule: nasty, Rhythm: []int{-1, math.MaxInt, 0}, Outcome: news.OutcomeHTTP4xx, Status: 403, Error: nasty, Repairs: []news.Repair{{Kind: nasty, Detail: nasty}}, About: news.About{Format: nasty}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	errorPages, err := ErrorPages(direct)
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range append(errorPages, topic, index, story, sources[0]) {
		inspectHTML(t, doc.Path, bytes.NewReader(doc.Body), true)
		if bytes.Contains(doc.Body, []byte("ZgotmplZ")) {
			t.Errorf("%s: a value was refused by its context", doc.Path)
		}
		if bytes.Contains(doc.Body, []byte("<b>Bold")) || bytes.Contains(doc.Body, []byte("secret")) {
			t.Errorf("%s: markup or a secret of a feed came through", doc.Path)
		}
	}
}
