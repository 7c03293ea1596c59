package render

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The tests of this file are named by the rules of publishing that they hold.

func render(t *testing.T, f func(Site, Channel) (news.Document, error), s Site, ch Channel) news.Document {
	t.Helper()
	doc, err := f(s, ch)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func rssChannelOf(t *testing.T, doc news.Document) node {
	return parseXML(t, doc.Body).one("", "channel")
}

func jsonOf(t *testing.T, doc news.Document) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(doc.Body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRule1ValidatorsComeFromTheContent(t *testing.T) {
	tags := map[string]bool{}
	for _, f := range renderers {
		doc := render(t, f, site, ordinary())
		if !strings.HasPrefix(doc.ETag, `"`) || len(doc.ETag) != 34 {
			t.Errorf("%s: ETag %s is none that is strong", doc.Path, doc.ETag)
		}
		tags[doc.ETag] = true
		if want := day.Add(2 * time.Hour); !doc.Modified.Equal(want) {
			t.Errorf("%s: modified %v, want that of the newest change, %v", doc.Path, doc.Modified, want)
		}
		ch := ordinary()
		ch.Filed = ch.Filed[1:]
		older := render(t, f, site, ch)
		if got := Follow(doc, older); !got.Modified.Equal(doc.Modified) || got.ETag != older.ETag {
			t.Errorf("%s: after the newest item left, modified went back to %v", doc.Path, got.Modified)
		}
	}
	if len(tags) != len(renderers) {
		t.Errorf("%d entity tags for %d formats", len(tags), len(renderers))
	}
}

// TestRule1TagsFollowTheBytes: documents have the same entity tag if they have
// the same bytes, and no others, whatever it is that differs and whether they are
// rendered anew or by a press that has rendered before.
func TestRule1TagsFollowTheBytes(t *testing.T) {
	var press Press
	tags, bodies := map[string]string{}, map[string]string{}
	for name, change := range map[string]func(*Channel, *Site){
		"nothing":       func(*Channel, *Site) {},
		"nothing again": func(*Channel, *Site) {},
		"the title":     func(ch *Channel, _ *Site) { ch.Topic.Title += "!" },
		"the max-age":   func(ch *Channel, _ *Site) { ch.MaxAge += time.Hour },
		"the base URL":  func(_ *Channel, s *Site) { s.BaseURL += "/x" },
		"one less":      func(ch *Channel, _ *Site) { ch.Filed = ch.Filed[1:] },
		"the last less": func(ch *Channel, _ *Site) { ch.Filed = ch.Filed[:len(ch.Filed)-1] },
		"the order":     func(ch *Channel, _ *Site) { slices.Reverse(ch.Filed) },
		"a headline": func(ch *Channel, _ *Site) {
			m := &ch.Filed[0].Members[0]
			m.Record.Item.Title += "?"
			m.Record.Seq += 1000
		},
		"none": func(ch *Channel, _ *Site) { ch.Filed = nil },
	} {
		ch, s := ordinary(), site
		change(&ch, &s)
		pressed, _, err := press.Documents(s, ch)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range renderers {
			for _, doc := range []news.Document{render(t, f, s, ch), pressed[i]} {
				body := string(doc.Body)
				if was, ok := tags[body]; ok && was != doc.ETag {
					t.Errorf("%s of %s: the same bytes have the tags %s and %s", name, doc.Path, was, doc.ETag)
				}
				if was, ok := bodies[doc.ETag]; ok && was != body {
					t.Errorf("%s of %s: other bytes have the tag %s", name, doc.Path, doc.ETag)
				}
				tags[body], bodies[doc.ETag] = doc.ETag, body
			}
		}
	}
	if len(tags) < 8*len(renderers) {
		t.Errorf("there are %d documents", len(tags))
	}
}

func TestRule4TimeToLiveIsMaxAge(t *testing.T) {
	for _, c := range []struct{ given, want time.Duration }{
		{0, time.Minute}, {59 * time.Second, time.Minute}, {10 * time.Minute, 10 * time.Minute}, {95 * time.Second, time.Minute},
	} {
		ch := ordinary()
		ch.MaxAge = c.given
		doc := render(t, RSS, site, ch)
		ttl, err := time.ParseDuration(rssChannelOf(t, doc).one("", "ttl").Text + "m")
		if err != nil || ttl != c.want || doc.MaxAge != c.want {
			t.Errorf("max-age %v: ttl %v, MaxAge %v, want %v", c.given, ttl, doc.MaxAge, c.want)
		}
	}
}

func TestRule5ContentTypes(t *testing.T) {
	want := []string{"application/rss+xml; charset=utf-8", "application/atom+xml; charset=utf-8", "application/feed+json"}
	for i, f := range renderers {
		if got := render(t, f, site, ordinary()).ContentType; got != want[i] {
			t.Errorf("content type %q, want %q", got, want[i])
		}
	}
}

func TestRule6NothingFromTheClock(t *testing.T) {
	empty := Channel{Topic: news.Topic{Name: "quiet", Title: "Quiet"}, Since: day}
	if got := rssChannelOf(t, render(t, RSS, site, empty)).all("", "lastBuildDate"); got != nil {
		t.Errorf("an empty feed has lastBuildDate %v", got)
	}
	if got := parseXML(t, render(t, Atom, site, empty).Body).one(nsAtom, "updated").Text; got != "2026-03-14T15:09:26Z" {
		t.Errorf("an empty Atom feed was updated %s, want when the topic began", got)
	}
	if got := rssChannelOf(t, render(t, RSS, site, ordinary())).one("", "lastBuildDate").Text; got != "Sat, 14 Mar 2026 17:09:26 +0000" {
		t.Errorf("lastBuildDate %s, want the newest change", got)
	}
	for _, f := range renderers {
		doc := render(t, f, site, ordinary())
		if year := time.Now().Format("2006-01-02"); bytes.Contains(doc.Body, []byte(year)) {
			t.Errorf("%s: names today, %s", doc.Path, year)
		}
	}
}

func TestRule7IdsAreOneAndStay(t *testing.T) {
	moved := site
	moved.BaseURL, moved.Version = "https://news.example.net/wire", "2.0"
	want := []string{"tag:example.org,2026-03-14:city/k1", "tag:example.org,2026-03-14:city/k2"}
	for _, s := range []Site{site, moved} {
		ch := ordinary()
		ch.Filed[0].Members[0].Record.Item.Title = "Another title"
		ch.Filed[0].Members[0].Record.Item.Canonical = "https://elsewhere.example/"
		var rss, atom, feed []string
		for _, it := range rssChannelOf(t, render(t, RSS, s, ch)).all("", "item") {
			guid := it.one("", "guid")
			rss = append(rss, guid.Text)
			if guid.attr("isPermaLink") != "false" {
				t.Error("a guid claims to be a link")
			}
		}
		root := parseXML(t, render(t, Atom, s, ch).Body)
		for _, e := range root.all(nsAtom, "entry") {
			atom = append(atom, e.one(nsAtom, "id").Text)
		}
		for _, it := range jsonOf(t, render(t, JSON, s, ch))["items"].([]any) {
			feed = append(feed, it.(map[string]any)["id"].(string))
		}
		for _, got := range [][]string{rss, atom, feed} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		if got := root.one(nsAtom, "id").Text; got != "tag:example.org,2026:topics/city" {
			t.Errorf("feed id %s", got)
		}
	}
}

func TestRule8OrderAndInstants(t *testing.T) {
	ch := ordinary()
	ch.Filed[0].Updated = day.Add(-time.Hour) // earlier than published: cannot be
	items := rssChannelOf(t, render(t, RSS, site, ch)).all("", "item")
	if got := items[0].one("", "pubDate").Text; got != "Sat, 14 Mar 2026 15:09:26 +0000" {
		t.Errorf("pubDate %s, want published", got)
	}
	if got := items[0].one(nsAtom, "updated").Text; got != "2026-03-14T15:09:26Z" {
		t.Errorf("updated %s, before it was published", got)
	}
	ch.Filed[0], ch.Filed[1] = ch.Filed[1], ch.Filed[0]
	if got := rssChannelOf(t, render(t, RSS, site, ch)).all("", "item")[0].one("", "guid").Text; !strings.HasSuffix(got, "k2") {
		t.Errorf("items are not in the order given: %s is first", got)
	}
}

func TestRule9RSS(t *testing.T) {
	doc := render(t, RSS, site, ordinary())
	channel := rssChannelOf(t, doc)
	for name, want := range map[string]string{
		"title": "City & port", "link": "https://feeds.example.org/topics/city", "description": "What moves",
		"docs": "https://www.rssboard.org/rss-specification", "ttl": "10",
	} {
		if got := channel.one("", name).Text; got != want {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	item := channel.all("", "item")[0]
	if !bytes.Contains(doc.Body, []byte("<title>Ferry &#x26; tram lines &#x3C;joined&#x3E; at last</title>")) {
		t.Error("the title is not written with hexadecimal references")
	}
	described, encoded := -1, -1
	for i, c := range item.Children {
		switch {
		case c.XMLName.Local == "description" && c.XMLName.Space == "":
			described = i
		case c.XMLName.Local == "encoded":
			encoded = i
		}
	}
	if described < 0 || encoded < described {
		t.Errorf("description is child %d, content:encoded %d", described, encoded)
	}
	if got := item.all("", "author"); got != nil {
		t.Error("author wants an address of electronic mail")
	}
	creators := item.all(nsDC, "creator")
	if len(creators) != 2 || creators[0].Text != "Ada Quill" || creators[1].Text != "Bo Stern" {
		t.Errorf("creators %v", creators)
	}
	if cats := item.all("", "category"); len(cats) != 2 || cats[0].Text != "Transport" {
		t.Errorf("categories %v", cats)
	}
	enclosures := item.all("", "enclosure")
	if len(enclosures) != 1 || enclosures[0].attr("length") != "1234" || enclosures[0].attr("type") != "audio/mpeg" {
		t.Errorf("enclosures %v", enclosures)
	}
	if d := item.one("http://www.itunes.com/dtds/podcast-1.0.dtd", "duration"); d.Text != "90" {
		t.Errorf("an episode of 90 seconds lasts %q", d.Text)
	}
	if m := item.all(nsMedia, "content"); len(m) != 2 || m[0].attr("medium") != "image" || m[1].attr("url") != "https://harbour.example/b.ogg" {
		t.Errorf("media %v", m)
	}
	if s := item.one("", "source"); s.attr("url") != "https://harbour.example/feed.xml?a=1&b=2" || s.Text != "Harbour Times" {
		t.Errorf("source %v", s)
	}
	ch := ordinary()
	ch.Filed[0].Members[0].Record.Item.Enclosures = []news.Enclosure{{URL: "https://h.example/cover.jpg"}, {URL: "https://h.example/talk.mp3"}}
	item = rssChannelOf(t, render(t, RSS, site, ch)).all("", "item")[0]
	if e := item.one("", "enclosure"); e.attr("url") != "https://h.example/talk.mp3" {
		t.Errorf("of a picture and a talk the enclosure is %v", e)
	}
	if doc := render(t, RSS, site, ch); bytes.Contains(doc.Body, []byte("itunes")) {
		t.Error("a feed in which nothing is said to last speaks of it")
	}
	ch.Filed[0].Members[0].Record.Item.Enclosures = []news.Enclosure{{URL: "https://h.example/x"}}
	item = rssChannelOf(t, render(t, RSS, site, ch)).all("", "item")[0]
	if e := item.one("", "enclosure"); e.attr("length") != "0" || e.attr("type") != "application/octet-stream" {
		t.Errorf("an enclosure of unknown size is %v", e)
	}
}

func TestRule10Atom(t *testing.T) {
	root := parseXML(t, render(t, Atom, site, ordinary()).Body)
	for _, e := range root.all(nsAtom, "entry") {
		for _, name := range []string{"id", "title", "updated", "published", "content"} {
			if e.one(nsAtom, name).Text == "" {
				t.Errorf("entry without %s", name)
			}
		}
		if len(e.all(nsAtom, "author")) == 0 {
			t.Error("entry without author")
		}
	}
	root.walk(func(n node) {
		switch n.XMLName.Local {
		case "title", "subtitle", "summary", "content", "rights":
			if n.XMLName.Space == nsAtom && n.attr("type") == "" {
				t.Errorf("%s does not say its type", n.XMLName.Local)
			}
		}
	})
	source := root.all(nsAtom, "entry")[0].one(nsAtom, "source")
	want := map[string]string{"id": site.sourceID(ordinary().Filed[0].Members[0].Outlet), "title": "Harbour Times", "updated": "2026-03-14T15:09:26Z", "rights": "CC BY 4.0"}
	for name, text := range want {
		if got := source.one(nsAtom, name).Text; got != text {
			t.Errorf("source %s %q, want %q", name, got, text)
		}
	}
	if l := source.rel("self"); len(l) != 1 || l[0].attr("href") != "https://harbour.example/feed.xml?a=1&b=2" {
		t.Errorf("source self %v", l)
	}
}

func TestRule11JSONFeed(t *testing.T) {
	feed := jsonOf(t, render(t, JSON, site, ordinary()))
	if feed["version"] != "https://jsonfeed.org/version/1.1" || feed["feed_url"] != "https://feeds.example.org/topics/city.json" ||
		feed["next_url"] != "https://feeds.example.org/topics/city/archive/3.json" {
		t.Errorf("feed %v", feed)
	}
	if diff := cmp.Diff([]any{map[string]any{"type": "WebSub", "url": "https://feeds.example.org/hub"}}, feed["hubs"]); diff != "" {
		t.Error(diff)
	}
	item := feed["items"].([]any)[0].(map[string]any)
	if diff := cmp.Diff([]any{"Transport", "City"}, item["tags"]); diff != "" {
		t.Error(diff)
	}
	if item["language"] != "en" || item["date_published"] != "2026-03-14T15:09:26Z" || item["date_modified"] != "2026-03-14T17:09:26Z" {
		t.Errorf("item %v", item)
	}
	enclosure := item["attachments"].([]any)[0].(map[string]any)
	if enclosure["size_in_bytes"] != 1234.0 || enclosure["duration_in_seconds"] != 90.0 {
		t.Errorf("attachment %v", enclosure)
	}
	empty := render(t, JSON, site, Channel{Topic: news.Topic{Name: "quiet"}})
	if items, ok := jsonOf(t, empty)["items"].([]any); !ok || len(items) != 0 {
		t.Errorf("an empty feed has no items member: %s", empty.Body)
	}
	ch := ordinary()
	ch.Topic.Content = news.ContentLink
	bare := jsonOf(t, render(t, JSON, site, ch))["items"].([]any)[1].(map[string]any)
	if bare["content_text"] == "" || bare["content_text"] == nil {
		t.Errorf("an item of a bare link has no content: %v", bare)
	}
}

func TestRule12Links(t *testing.T) {
	for i, f := range renderers {
		doc := render(t, f, site, ordinary())
		self := "https://feeds.example.org" + doc.Path
		want := []string{"<" + self + `>; rel="self"`, `<https://feeds.example.org/hub>; rel="hub"`}
		if diff := cmp.Diff(want, doc.Link); diff != "" {
			t.Errorf("%s: %s", doc.Path, diff)
		}
		if i == 2 {
			continue
		}
		root := parseXML(t, doc.Body)
		if i == 0 {
			root = root.one("", "channel")
		}
		if l := root.rel("self"); len(l) != 1 || l[0].attr("href") != self || !strings.HasPrefix(doc.ContentType, l[0].attr("type")) {
			t.Errorf("%s: self %v", doc.Path, l)
		}
		if l := root.rel("hub"); len(l) != 1 || l[0].attr("href") != "https://feeds.example.org/hub" {
			t.Errorf("%s: hub %v", doc.Path, l)
		}
	}
	page, err := TopicPage(site, ordinary())
	if err != nil {
		t.Fatal(err)
	}
	index, err := IndexPage(site, []Summary{lay(site, ordinary(), nil).summary()}, Answers{}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []news.Document{page, index} {
		for _, f := range []format{rssFormat, atomFormat, jsonFormat} {
			want := `<link rel="alternate" type="` + strings.ReplaceAll(f.mediaType, "+", "&#43;") + `" title="City &amp; port (` + f.name + `)" href="https://feeds.example.org/topics/city.` + f.ext + `">`
			if !bytes.Contains(doc.Body, []byte(want)) {
				t.Errorf("%s does not announce %s", doc.Path, f.name)
			}
		}
	}
}

func TestRule14Archives(t *testing.T) {
	newest := ordinary()
	page := ordinary()
	page.Archive = 3
	oldest := ordinary()
	oldest.Archive = 1
	for i, f := range renderers[:2] {
		ext := []string{".rss", ".atom"}[i]
		root := func(ch Channel) node {
			n := parseXML(t, render(t, f, site, ch).Body)
			if i == 0 {
				n = n.one("", "channel")
			}
			return n
		}
		base := "https://feeds.example.org/topics/city"
		n := root(newest)
		if l := n.rel("prev-archive"); len(l) != 1 || l[0].attr("href") != base+"/archive/3"+ext {
			t.Errorf("the feed is followed by %v", l)
		}
		n = root(page)
		if l := n.rel("prev-archive"); len(l) != 1 || l[0].attr("href") != base+"/archive/2"+ext {
			t.Errorf("archive 3 is followed by %v", l)
		}
		if l := n.rel("current"); len(l) != 1 || l[0].attr("href") != base+ext {
			t.Errorf("archive 3 belongs to %v", l)
		}
		if l := n.rel("next-archive"); len(l) != 1 || l[0].attr("href") != base+"/archive/4"+ext {
			t.Errorf("archive 3 is before %v", l)
		}
		if n.one(nsHistory, "archive").XMLName.Local == "" {
			t.Error("an archive does not say that it is one")
		}
		if l := root(oldest).rel("prev-archive"); l != nil {
			t.Errorf("the oldest archive is followed by %v", l)
		}
		for _, rel := range []string{"first", "last", "next", "previous"} {
			if l := n.rel(rel); l != nil {
				t.Errorf("archives and pages are mixed: %v", l)
			}
		}
		doc := render(t, f, site, page)
		if doc.Path != "/topics/city/archive/3"+ext || doc.MaxAge < 365*24*time.Hour {
			t.Errorf("archive at %s for %v", doc.Path, doc.MaxAge)
		}
	}
	page.Archives = 9
	was := ordinary()
	was.Archive = 3
	for _, f := range renderers {
		if a, b := render(t, f, site, page), render(t, f, site, was); !bytes.Equal(a.Body, b.Body) {
			t.Errorf("%s changed when newer archives came", a.Path)
		}
	}
}

func TestRule15AbsoluteAddressesOnly(t *testing.T) {
	for _, f := range renderers[:2] {
		parseXML(t, render(t, f, site, ordinary()).Body).walk(func(n node) {
			for _, a := range n.Attrs {
				if a.Name.Local == "base" {
					t.Errorf("%s has xml:base", n.XMLName.Local)
				}
				if a.Name.Local != "href" && a.Name.Local != "url" && a.Name.Local != "uri" {
					continue
				}
				if u, err := url.Parse(a.Value); err != nil || !u.IsAbs() || u.Host == "" {
					t.Errorf("%s %s=%q", n.XMLName.Local, a.Name.Local, a.Value)
				}
			}
		})
	}
}

func TestRule16And17Declaration(t *testing.T) {
	for _, ch := range []Channel{ordinary(), hostile()} {
		for _, f := range renderers[:2] {
			doc := render(t, f, site, ch)
			if !bytes.HasPrefix(doc.Body, []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<")) {
				t.Errorf("%s starts %.60q", doc.Path, doc.Body)
			}
			if bytes.Contains(doc.Body, []byte("<?xml-stylesheet")) {
				t.Errorf("%s names a style sheet", doc.Path)
			}
			if got := clean(string(doc.Body)); got != string(doc.Body) {
				t.Errorf("%s holds characters outside XML", doc.Path)
			}
		}
	}
}
