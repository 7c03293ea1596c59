package parse_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/parse"
)

const docURL = "https://gazette.example/news/feed.xml"

func mustParse(t *testing.T, body, contentType string) news.Feed {
	t.Helper()
	feed, err := parse.Parse(news.Source{}, news.Answer{URL: docURL, Body: []byte(body), ContentType: contentType})
	if err != nil {
		t.Fatalf("%v\n%.300s", err, body)
	}
	return feed
}

func rssDoc(items string) string {
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>Gazette</title>` + items + `</channel></rss>`
}

func titles(feed news.Feed) (out []string) {
	for _, e := range feed.Entries {
		out = append(out, e.Title.Value)
	}
	return out
}

func repaired(feed news.Feed, kind string) bool {
	for _, r := range feed.Repairs {
		if r.Kind == kind {
			return true
		}
	}
	return false
}

func utf16le(s string) string {
	var b bytes.Buffer
	for _, u := range utf16.Encode([]rune(s)) {
		b.Write([]byte{byte(u), byte(u >> 8)})
	}
	return b.String()
}

func compressed(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

// TestSectionsNeverClosed: a CDATA section without an end costs no entry beside its own.
func TestSectionsNeverClosed(t *testing.T) {
	item := func(n, said string) string {
		return "<item><title>" + n + "</title><description>" + said + "</description></item>\n"
	}
	const good = "<![CDATA[<p>It waits &amp; waits.</p>]]>"
	for name, others := range map[string]string{"beside others": good, "alone": "It waits."} {
		feed := mustParse(t, rssDoc(item("One", others)+item("Two", "<![CDATA[<p>It sails &amp; sails.</p>")+item("Three", others)+item("Four", others)), "")
		if got := strings.Join(titles(feed), " "); got != "One Two Three Four" || !repaired(feed, "unclosed") || feed.Entries[1].Summary.Value != "<p>It sails &amp; sails.</p>" {
			t.Errorf("%s: %s; %q", name, got, feed.Entries[1].Summary.Value)
		}
	}
	about := "How feeds say it: <![CDATA[ and then &lt;/item&gt; <![CDATA["
	if feed := mustParse(t, rssDoc(item("One", "<![CDATA["+about+"]]>")+item("Two", good)), ""); len(feed.Entries) != 2 || feed.Entries[0].Summary.Value != about {
		t.Errorf("%+v", feed.Entries)
	}
	told := "How feeds say it: <item><title>x</title></item>, and <![CDATA[ in them"
	if feed := mustParse(t, rssDoc("<item><title>One</title><description><![CDATA["+told+"]]></description><pubDate>Tue, 03 Mar 2026 10:00:00 GMT</pubDate></item>"+item("Two", good)), ""); len(feed.Entries) != 2 || feed.Entries[0].Summary.Value != told || len(feed.Entries[0].Published) != 1 || len(feed.Repairs) != 0 {
		t.Errorf("%+v", feed)
	}
	for name, others := range map[string]string{"beside others": good, "alone": "It waits."} {
		feed := mustParse(t, "<rss version='2.0'><channel><title>T</title><description><![CDATA[On the port</description>"+item("One", others)+item("Two", others)+"</channel></rss>", "")
		if got := strings.Join(titles(feed), " "); got != "One Two" || !repaired(feed, "unclosed") {
			t.Errorf("of the channel, %s: %s; %v", name, got, feed.Repairs)
		}
	}
	if feed := mustParse(t, `<rss><channel><item><title>One</title><description><![CDATA[<p>It waits &amp;lt;`, ""); len(feed.Entries) != 1 || feed.Entries[0].Summary.Value != "<p>It waits &amp;lt;" {
		t.Errorf("%+v", feed.Entries)
	}
}

// TestRepair gives documents with one fault each: the title of the one item in
// them must come out, and the fault must be noted.
func TestRepair(t *testing.T) {
	const item = `<item><title>Café – Kyiv</title><link>https://gazette.example/1</link></item>`
	good := rssDoc(item)
	for name, c := range map[string]struct {
		body, contentType, title, kind string
	}{
		"none":                       {good, "", "Café – Kyiv", ""},
		"byte order mark":            {"\xef\xbb\xbf" + good, "", "Café – Kyiv", ""},
		"UTF-16 with mark":           {"\xff\xfe" + utf16le(good), "", "Café – Kyiv", ""},
		"UTF-16 without mark":        {utf16le(good), "", "Café – Kyiv", ""},
		"UTF-8 declared as Latin 1":  {strings.Replace(good, `"1.0"`, `"1.0" encoding="iso-8859-1"`, 1), "", "Café – Kyiv", "charset"},
		"UTF-8 served as Latin 1":    {good, "text/xml; charset=iso-8859-1", "Café – Kyiv", ""},
		"windows-1251 declared":      {strings.Replace(rssDoc("<item><title>\xca\xe8\xe5\xe2</title></item>"), `"1.0"`, `"1.0" encoding="windows-1251"`, 1), "", "Киев", ""},
		"windows-1251 by HTTP":       {rssDoc("<item><title>\xca\xe8\xe5\xe2</title></item>"), "text/xml; charset=windows-1251", "Киев", ""},
		"windows-1252 undeclared":    {rssDoc("<item><title>Caf\xe9 \x96 Z\xfcrich</title></item>"), "", "Café – Zürich", "charset"},
		"unknown charset":            {strings.Replace(good, `"1.0"`, `"1.0" encoding="x-unheard-of"`, 1), "", "Café – Kyiv", ""},
		"ASCII served as UTF-16":     {rssDoc("<item><title>Plain</title></item>"), "text/xml; charset=utf-16le", "Plain", ""},
		"ASCII served as UTF-32":     {rssDoc("<item><title>Plain</title></item>"), "text/xml; charset=UTF-32BE", "Plain", ""},
		"ASCII declared as UTF-16":   {strings.Replace(rssDoc("<item><title>Plain</title></item>"), `"1.0"`, `"1.0" encoding="UTF-16LE"`, 1), "", "Plain", ""},
		"ASCII declared as EBCDIC":   {strings.Replace(rssDoc("<item><title>Plain</title></item>"), `"1.0"`, `"1.0" encoding="cp037"`, 1), "", "Plain", ""},
		"Latin 1 served as UTF-16":   {rssDoc("<item><title>Caf\xe9 Z\xfcrich</title></item>"), "text/xml; charset=utf-16be", "Café Zürich", "charset"},
		"one bad byte":               {rssDoc("<item><title>Café Łódź \xe9</title></item>"), "", "Café Łódź é", "charset"},
		"one bad byte, Latin 1 said": {strings.Replace(rssDoc("<item><title>Café Łódź \xe9</title></item>"), `"1.0"`, `"1.0" encoding="ISO-8859-1"`, 1), "", "Café Łódź é", "charset"},
		"one bad byte, as Latin 1":   {rssDoc("<item><title>Café Łódź \xe9</title></item>"), "text/xml; charset=ISO-8859-1", "Café Łódź é", "charset"},
		"a sign of UTF-8 in Latin 1": {strings.Replace(rssDoc("<item><title>\xabCAF\xc9\xbb</title></item>"), `"1.0"`, `"1.0" encoding="ISO-8859-1"`, 1), "", "«CAFÉ»", ""},
		"control characters":         {rssDoc("<item><title>Ca\x0bf\x00é</title></item>"), "", "Café", "control"},
		"references to controls":     {rssDoc("<item><title>Ca&#11;f&#x0;é&#x1F;</title></item>"), "", "Café", "control"},
		"references to windows-1252": {rssDoc("<item><title>it&#146;s</title></item>"), "", "it’s", ""},
		"halves of characters":       {rssDoc("<item><title>Café &#55357;&#56832;&#xD83D;&#xde00;&#55357; &#12354;&#55357;&#56832;&#56832;</title></item>"), "", "Café \U0001f600\U0001f600 あ\U0001f600", "control"},
		"halves in HTML":             {rssDoc("<item><title>Café &amp;#55357;&amp;#56832;</title></item>"), "", "Café \U0001f600", "control"},
		"bare ampersands":            {rssDoc("<item><title>R & D &amp; AT&T &copy &nosuch;</title></item>"), "", "R & D & AT&T &copy &nosuch;", ""},
		"HTML entities":              {rssDoc("<item><title>Caf&eacute; &ndash; Kyiv</title></item>"), "", "Café – Kyiv", ""},
		"declared entities":          {`<!DOCTYPE rss [<!ENTITY pub "Gazette">]>` + rssDoc("<item><title>The &pub;</title></item>"), "", "The Gazette", ""},
		"comment in a declaration":   {`<!DOCTYPE rss [<!-- it's > old: <!ENTITY pub "Herald"> --><!ENTITY pub "Gazette">]>` + rssDoc("<item><title>The &pub;</title></item><item><title>It's new</title></item>"), "", "The Gazette", ""},
		"declared entities in XHTML": {`<!DOCTYPE feed [<!ENTITY pub "Gazette">]><feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title type="xhtml"><div>The &pub; &amp; &nosuch; & more</div></title></entry></feed>`, "",
			"The Gazette &amp; &nosuch; & more", ""},
		"references as XML has them": {`<!DOCTYPE rss [<!ENTITY lt "&#38;#60;"><!ENTITY gt "&#62;"><!ENTITY amp "&#38;#38;">]>` + rssDoc("<item><title>R&amp;D &lt;b&gt;</title></item>"), "", "R&D <b>", ""},
		"warning before the root":    {"<br />\n<b>Warning</b>: mysql_connect() in <b>/x.php</b>" + good, "", "Café – Kyiv", "prolog"},
		"root after 4 KB":            {"<!--" + strings.Repeat("licence ", 1000) + "-->" + good, "", "Café – Kyiv", ""},
		"text before the root":       {"\n\n  oops" + good, "", "Café – Kyiv", "prolog"},
		"unclosed root":              {strings.TrimSuffix(good, "</channel></rss>"), "", "Café – Kyiv", "truncated"},
		"cut off in the next item":   {strings.TrimSuffix(good, "</channel></rss>") + "<item><title>Half a ti", "", "Café – Kyiv", "truncated"},
		"cut off in an end tag":      {strings.TrimSuffix(good, "s>"), "", "Café – Kyiv", ""},
		"gzip without a header":      {compressed(good), "", "Café – Kyiv", "gzip"},
		"unclosed item":              {rssDoc("<item><title>Café – Kyiv</title><item><title>Two</title></item>"), "", "Café – Kyiv", "unclosed"},
		"mismatched end tags":        {rssDoc("<item><title>Café – Kyiv</title></guid><b><i></b></item>"), "", "Café – Kyiv", "unclosed"},
		"unquoted attributes":        {rssDoc("<item><title type=html>Café – Kyiv</title></item>"), "", "Café – Kyiv", ""},
		"title of a podcast alone":   {rssDoc("<item><itunes:title>Café – Kyiv</itunes:title><media:title>x</media:title></item>"), "", "Café – Kyiv", ""},
		"no prefix bound":            {rssDoc("<item><dc:title>Café – Kyiv</dc:title></item>"), "", "Café – Kyiv", ""},
		"empty second title":         {rssDoc("<item><title>Café – Kyiv</title><title/></item>"), "", "Café – Kyiv", ""},
		"upper case":                 {`<RSS VERSION="2.0"><CHANNEL><ITEM><TITLE>Café – Kyiv</TITLE></ITEM></CHANNEL></RSS>`, "", "Café – Kyiv", ""},
		"stray unclosed comment":     {rssDoc("<!-- x > <item><title>Café – Kyiv</title></item>"), "", "Café – Kyiv", ""},
		"no channel":                 {`<rss version="2.0">` + item + `</rss>`, "", "Café – Kyiv", ""},
		"Atom entry document":        {`<entry xmlns="http://www.w3.org/2005/Atom"><title>Café – Kyiv</title></entry>`, "", "Café – Kyiv", ""},
		"prefixed Atom":              {`<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>Café – Kyiv</a:title></a:entry></a:feed>`, "", "Café – Kyiv", ""},
		"prefixed Atom, and more":    {`<a:feed xmlns:a="http://www.w3.org/2005/Atom" xmlns="urn:more"><a:entry><title>Sheet 7</title><a:title>Café – Kyiv</a:title></a:entry></a:feed>`, "", "Café – Kyiv", ""},
		"Atom prefix not bound":      {`<atom:feed><atom:entry><atom:title>Café – Kyiv</atom:title></atom:entry></atom:feed>`, "", "Café – Kyiv", ""},
		"RDF prefix not bound":       {`<rdf:RDF><item><title>Café – Kyiv</title></item></rdf:RDF>`, "", "Café – Kyiv", ""},
		"bogus namespace":            {`<rss xmlns="urn:bogus" version="2.0"><channel>` + item + `</channel></rss>`, "", "Café – Kyiv", ""},
		"namespace of Atom for RSS":  {`<rss xmlns="http://www.w3.org/2005/Atom" version="2.0"><channel>` + item + `</channel></rss>`, "", "Café – Kyiv", ""},
		"module's for RSS":           {`<rss xmlns="http://www.itunes.com/dtds/podcast-1.0.dtd" version="2.0"><channel>` + item + `</channel></rss>`, "", "Café – Kyiv", ""},
		"bogus namespace for Atom":   {`<feed xmlns="urn:bogus"><entry><title>Café – Kyiv</title></entry></feed>`, "", "Café – Kyiv", ""},
	} {
		t.Run(name, func(t *testing.T) {
			feed := mustParse(t, c.body, c.contentType)
			if len(feed.Entries) == 0 || feed.Entries[0].Title.Value != c.title {
				t.Fatalf("titles %q, want %q; repairs %v", titles(feed), c.title, feed.Repairs)
			}
			if c.kind != "" && !repaired(feed, c.kind) {
				t.Errorf("repairs %v, want one of the kind %q", feed.Repairs, c.kind)
			}
		})
	}
}

func TestNotFeeds(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "page": "<!DOCTYPE html><html><body>404</body></html>", "list": "<opml><body/></opml>",
		"text": "hello", "JSON": `{"a":1}`, "list of JSON": `[1]`, "other XML": "<catalog><book/></catalog>",
		"too deep": rssDoc(strings.Repeat("<x>", 300)), "deep JSON": `{"items":` + strings.Repeat("[", 20000),
	} {
		if _, err := parse.Parse(news.Source{}, news.Answer{Body: []byte(body)}); !errors.Is(err, parse.ErrNotFeed) {
			t.Errorf("%s: %v, want ErrNotFeed", name, err)
		}
	}
	big := strings.Repeat(" ", 2000)
	for name, body := range map[string]string{"plain": big, "compressed": compressed(big)} {
		if _, err := parse.Parse(news.Source{MaxBytes: 1000}, news.Answer{Body: []byte(body)}); !errors.Is(err, parse.ErrTooLarge) {
			t.Errorf("%s: %v, want ErrTooLarge", name, err)
		}
	}
}

func TestLimits(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "<item><guid>%d</guid></item>", i)
	}
	feed, err := parse.Parse(news.Source{MaxItems: 20}, news.Answer{Body: []byte(rssDoc(b.String()))})
	if err != nil || len(feed.Entries) != 20 || feed.Dropped != 10 || feed.Entries[0].GUID != "0" {
		t.Errorf("%d entries, %d dropped, %v", len(feed.Entries), feed.Dropped, err)
	}
	e := mustParse(t, rssDoc("<item><guid>1</guid>"+strings.Repeat("<category>c</category>", 500)+
		"<link>https://e.example/"+strings.Repeat("x", 10_000)+"</link><title>"+strings.Repeat("é", 2<<20)+"</title></item>"), "").Entries[0]
	if len(e.Categories) != 64 || len(e.Links) != 0 || len(e.Title.Value) > 1<<20 {
		t.Errorf("%d categories, %d links, title of %d bytes", len(e.Categories), len(e.Links), len(e.Title.Value))
	}
	bomb := mustParse(t, `<!DOCTYPE rss [<!ENTITY a "`+strings.Repeat("x", 1000)+`"><!ENTITY b "&a;&a;&a;">]>`+
		rssDoc("<item><title>"+strings.Repeat("&a;&b;", 10_000)+"</title></item>"), "")
	if n := len(bomb.Entries[0].Title.Value); n > 200_000 {
		t.Errorf("entities grew to %d bytes", n)
	}
	bomb = mustParse(t, `<!DOCTYPE feed [<!ENTITY a "`+strings.Repeat("x", 1000)+`">]><feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><content type="xhtml"><div>`+
		strings.Repeat("&a;", 10_000)+"</div></content></entry></feed>", "")
	if n := len(bomb.Entries[0].Content.Value); n > 200_000 {
		t.Errorf("entities in XHTML grew to %d bytes", n)
	}
}

// TestLongBases: a base that is too long is none, since each element within could
// make another one of it.
func TestLongBases(t *testing.T) {
	for _, base := range []string{"https://base.example/" + strings.Repeat("a", 2000) + "/", strings.Repeat("b/", 1000)} {
		e := mustParse(t, `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://base.example/"><entry xml:base="`+base+`"><id>1</id><link href="1"/></entry></feed>`, "").Entries[0]
		if e.Base != "https://base.example/" || len(e.Links) != 1 || e.Links[0].Href != "https://base.example/1" {
			t.Errorf("a base of %d bytes, %d links", len(e.Base), len(e.Links))
		}
	}
}

func TestRSSEntry(t *testing.T) {
	feed := mustParse(t, `<rss version="2.0" xml:base="https://base.example/dir/" xml:lang="en"
	 xmlns:atom="http://www.w3.org/2005/Atom" xmlns:x="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"
	 xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
	 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:georss="http://www.georss.org/georss"
	 xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:fb="http://rssnamespace.org/feedburner/ext/1.0">
	<channel><title>Gazette</title><link>https://gazette.example/</link><atom:link rel="hub" href="https://hub.example/"/>
	<ttl>30</ttl><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
	<skipHours><hour>3</hour><hour>24</hour></skipHours><skipDays><day>Sunday</day></skipDays>
	<item xml:lang="fr"><guid isPermaLink="false"> tag:1 </guid><link>story.html</link><fb:origLink>https://gazette.example/o</fb:origLink>
	<title>One</title><description>Short</description><content:encoded><![CDATA[<p>Long</p>]]></content:encoded>
	<pubDate>Mon, 01 Jan 2024 00:00:00 JST</pubDate><x:date>2024-01-02</x:date><atom:updated>2024-01-03T00:00:00Z</atom:updated>
	<author>ann@gazette.example (Ann Lee)</author><author>Bo Ek</author><x:creator>Cy Dow</x:creator>
	<category domain="https://d.example">Ports</category><x:subject>Ships</x:subject>
	<source url="https://wire.example/feed">The Wire</source><comments>https://gazette.example/c</comments>
	<enclosure url="/a.mp3" length="1,234" type="audio/mpeg"/><itunes:duration>1:02:03</itunes:duration>
	<media:group><media:content url="https://i.example/1.jpg" medium="image" width="800" height="600"><media:credit>Di Fox</media:credit></media:content></media:group>
	<media:thumbnail url="https://i.example/t.jpg"/><georss:point>50.45 30.52</georss:point></item></channel></rss>`, "")
	if feed.Format != "RSS 2.0" || feed.TTL != 30*time.Minute || !cmp.Equal(feed.SkipHours, []int{3, 0}) || !cmp.Equal(feed.SkipDays, []time.Weekday{time.Sunday}) {
		t.Errorf("%q, every %v, not at %v nor on %v", feed.Format, feed.TTL, feed.SkipHours, feed.SkipDays)
	}
	if diff := cmp.Diff([]news.Link{{Href: "https://gazette.example/"}, {Href: "https://hub.example/", Rel: "hub"}}, feed.Links); diff != "" {
		t.Error(diff)
	}
	e := feed.Entries[0]
	e.Raw = ""
	want := news.Entry{
		GUID: "tag:1", Base: "https://base.example/dir/", Language: "fr",
		Links:   []news.Link{{Href: "https://base.example/dir/story.html"}, {Href: "https://gazette.example/o", Rel: "original"}},
		Title:   news.Text{Value: "One"},
		Summary: news.Text{Value: "Short"}, Content: news.Text{Value: "<p>Long</p>", Type: news.TextHTML},
		Published: []string{"Mon, 01 Jan 2024 00:00:00 JST", "2024-01-02"}, Updated: []string{"2024-01-03T00:00:00Z"},
		Authors:    []news.Person{{Name: "Ann Lee", Email: "ann@gazette.example"}, {Name: "Bo Ek"}, {Name: "Cy Dow"}},
		Categories: []news.Category{{Term: "Ports", Scheme: "https://d.example"}, {Term: "Ships"}},
		Comments:   "https://gazette.example/c", Origin: &news.Origin{Title: "The Wire", URL: "https://wire.example/feed"},
		Enclosures: []news.Enclosure{{URL: "/a.mp3", Type: "audio/mpeg", Length: 1234, Duration: time.Hour + 2*time.Minute + 3*time.Second}, {URL: "https://i.example/1.jpg", Type: "image/*"}},
		Images:     []news.Image{{URL: "https://i.example/t.jpg"}, {URL: "https://i.example/1.jpg", Width: 800, Height: 600, Credit: "Di Fox"}},
		Geo:        &news.Geo{Lat: 50.45, Lon: 30.52},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
}

func TestAtomEntry(t *testing.T) {
	feed := mustParse(t, `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" xml:base="https://gazette.example/index.html">
	<id>urn:feed</id><title type="html">G &amp;amp; P</title><author><name>Desk</name></author>
	<entry xml:base="blog/"><id>HTTP://Gazette.example/A b</id><title>a &lt;b&gt;</title>
	<link href="post.html"/><link rel="replies" type="text/html" href="c.html"/><link rel="enclosure" href="a.mp3" length="9" type="audio/mpeg"/>
	<published>2024-01-01T00:00:00Z</published><updated>2024-01-02T00:00:00Z</updated>
	<author><name>Ann</name><uri>/ann</uri></author><contributor><name>Bo</name></contributor>
	<category term="t" scheme="https://s.example" label="L"/>
	<content type="xhtml" xml:lang="de"><x:div xmlns:x="http://www.w3.org/1999/xhtml" xml:base="deep/"><x:b>fett</x:b><x:br/>&amp;</x:div></content>
	<source><id>urn:o</id><title>Origin</title><link rel="self" href="https://o.example/feed"/><author><name>Zed</name></author></source></entry>
	<entry><id>2</id><content src="page.html" type="text/html"/></entry></feed>`, "")
	if feed.Format != "Atom 1.0" || feed.ID != "urn:feed" || feed.Title != (news.Text{Value: "G &amp; P", Type: news.TextHTML, Base: "https://gazette.example/index.html", Language: "en"}) {
		t.Errorf("%+v", feed)
	}
	e := feed.Entries[0]
	e.Raw = ""
	want := news.Entry{
		AtomID: "HTTP://Gazette.example/A b", Base: "https://gazette.example/blog/", Language: "en",
		Title: news.Text{Value: "a <b>", Type: news.TextPlain},
		Links: []news.Link{
			{Href: "https://gazette.example/blog/post.html"}, {Href: "https://gazette.example/blog/c.html", Rel: "replies", Type: "text/html"},
			{Href: "https://gazette.example/blog/a.mp3", Rel: "enclosure", Type: "audio/mpeg", Length: 9},
		},
		Comments: "https://gazette.example/blog/c.html", Published: []string{"2024-01-01T00:00:00Z"}, Updated: []string{"2024-01-02T00:00:00Z"},
		Authors: []news.Person{{Name: "Ann", URL: "/ann"}}, Contributors: []news.Person{{Name: "Bo"}},
		Categories: []news.Category{{Term: "t", Scheme: "https://s.example", Label: "L"}},
		Content:    news.Text{Value: "<b>fett</b><br/>&amp;", Type: news.TextXHTML, Base: "https://gazette.example/blog/deep/", Language: "de"},
		Enclosures: []news.Enclosure{{URL: "https://gazette.example/blog/a.mp3", Type: "audio/mpeg", Length: 9}},
		Origin:     &news.Origin{ID: "urn:o", Title: "Origin", URL: "https://o.example/feed"},
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	void := mustParse(t, `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><content type="xhtml"><div>a<br></br>b<x:img src="/p.png"></x:img><hr/></div></content></entry></feed>`, "").Entries[0]
	if want := `a<br>b<img src="/p.png"><hr/>`; void.Content.Value != want {
		t.Errorf("elements without an inside: %q, want %q", void.Content.Value, want)
	}
	if src := feed.Entries[1].ContentSrc; src != "https://gazette.example/page.html" {
		t.Errorf("content out of line at %q", src)
	}
}

// TestFeedThatMoved: where a document says that its feed is to be found from now on.
func TestFeedThatMoved(t *testing.T) {
	for said, want := range map[string]string{
		"<itunes:new-feed-url> https://new.example/feed </itunes:new-feed-url>":                                                      "https://new.example/feed",
		`<p:new-feed-url xmlns:p="http://www.itunes.com/dtds/podcast-1.0.dtd">https://new.example/feed?a=1&amp;b=2</p:new-feed-url>`: "https://new.example/feed?a=1&b=2",
		"<newLocation>http://new.example/feed</newLocation>":                                                                         "http://new.example/feed",
		"<itunes:new-feed-url>/feed</itunes:new-feed-url>":                                                                           "",
		"<itunes:new-feed-url>file:feed.xml</itunes:new-feed-url>":                                                                   "",
		"<item><itunes:new-feed-url>https://new.example/feed</itunes:new-feed-url></item>":                                           "",
	} {
		if feed := mustParse(t, rssDoc(said), ""); feed.NewURL != want {
			t.Errorf("%s: %q", said, feed.NewURL)
		}
	}
}

func TestRDFEntry(t *testing.T) {
	feed := mustParse(t, `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
	<channel rdf:about="https://gazette.example/"><title>Gazette</title></channel>
	<image><url>https://gazette.example/logo.png</url></image>
	<item rdf:about="https://gazette.example/1"><title>One</title><link>https://gazette.example/one</link></item></rdf:RDF>`, "")
	e := feed.Entries[0]
	if feed.Format != "RSS 1.0" || feed.Title.Value != "Gazette" || e.About != "https://gazette.example/1" || e.Links[0].Href != "https://gazette.example/one" {
		t.Errorf("%+v", feed)
	}
	if feed.Image != "https://gazette.example/logo.png" {
		t.Errorf("picture %q", feed.Image)
	}
}

func TestRawTellsChange(t *testing.T) {
	const a, b = "<item><guid>1</guid><title>One</title></item>", "<item><guid>2</guid><title>Two</title></item>"
	before, after := mustParse(t, rssDoc(a+b), ""), mustParse(t, rssDoc(strings.Replace(b, "Two", "Two!", 1)+a), "")
	if before.Entries[0].Raw != after.Entries[1].Raw {
		t.Error("an entry that only moved has another hash")
	}
	if before.Entries[1].Raw == after.Entries[0].Raw {
		t.Error("an entry that changed has the same hash")
	}
}

// TestWhatFilesShow: what is said of each of several pictures and films is kept.
func TestWhatFilesShow(t *testing.T) {
	e := mustParse(t, rssDoc(`<item><guid>1</guid><media:content url="https://i.example/1.jpg" type="image/jpeg"><media:description>A pier</media:description></media:content>
		<media:content url="https://i.example/2.jpg" type="image/jpeg" medium="image"><media:rating>nonadult</media:rating><media:description type="plain">A quay at night</media:description></media:content>
		<media:content url="https://i.example/3.mp4" type="video/mp4"><media:title>The dredger</media:title></media:content></item>`), "").Entries[0]
	var got []string
	for _, enc := range e.Enclosures {
		got = append(got, enc.Title)
	}
	if diff := cmp.Diff([]string{"A pier", "A quay at night", "The dredger"}, got); diff != "" {
		t.Error(diff)
	}
	if len(e.Images) != 2 || e.Images[1].Alt != "A quay at night" {
		t.Errorf("pictures: %+v", e.Images)
	}
}

// TestWordsOfMedia: an entry that has no words of its own has those of its files,
// wherever in a group they stand.
func TestWordsOfMedia(t *testing.T) {
	const said = `<media:title>The dredger</media:title><media:description>At work</media:description>`
	for _, item := range []string{
		said, "<media:content>" + said + "</media:content>", "<media:group>" + said + "</media:group>",
		`<media:group><media:content url="https://i.example/1.mp4">` + said + `</media:content><media:content><media:title>Again</media:title></media:content></media:group>`,
	} {
		e := mustParse(t, rssDoc("<item><guid>1</guid>"+item+"</item>"), "").Entries[0]
		if e.Title.Value != "The dredger" || e.Summary.Value != "At work" {
			t.Errorf("%s: title %q, summary %q", item, e.Title.Value, e.Summary.Value)
		}
	}
}

// TestLengthOfEpisodes: how long an episode is is noted with each of its files that
// is played, and what two elements say of one file with that file.
func TestLengthOfEpisodes(t *testing.T) {
	const long = 3723 * time.Second
	for item, want := range map[string][]news.Enclosure{
		`<enclosure url="https://i.example/c.jpg" type="image/jpeg"/><enclosure url="https://i.example/1.mp3" type="audio/mpeg"/>
			<media:content url="https://i.example/1.ogg" type="audio/ogg"/><media:content url="https://i.example/2.mp4" type="video/mp4" duration="60"/><itunes:duration>1:02:03</itunes:duration>`: {
			{URL: "https://i.example/c.jpg", Type: "image/jpeg"}, {URL: "https://i.example/1.mp3", Type: "audio/mpeg", Duration: long},
			{URL: "https://i.example/1.ogg", Type: "audio/ogg", Duration: long}, {URL: "https://i.example/2.mp4", Type: "video/mp4", Duration: time.Minute}},
		`<enclosure url="https://i.example/1"/><itunes:duration>3723</itunes:duration>`: {{URL: "https://i.example/1", Duration: long}},
		`<enclosure url="https://i.example/1.mp3" length="0"/><media:content url="https://i.example/1.mp3" type="audio/mpeg" fileSize="7" duration="3723"/>`: {
			{URL: "https://i.example/1.mp3", Type: "audio/mpeg", Length: 7, Duration: long}},
	} {
		e := mustParse(t, rssDoc("<item><guid>1</guid>"+item+"</item>"), "").Entries[0]
		if diff := cmp.Diff(want, e.Enclosures); diff != "" {
			t.Errorf("%s: %s", item, diff)
		}
	}
}

// TestEnclosuresOfRSS1: RSS 1.0 has enclosures by a module of its own.
func TestEnclosuresOfRSS1(t *testing.T) {
	feed := mustParse(t, `<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://purl.oclc.org/net/rss_2.0/enc#">
	<channel rdf:about="https://flats.example/"><title>Flats</title></channel>
	<item rdf:about="https://flats.example/1"><title>Two rooms</title><e:enclosure resource="https://flats.example/1.jpg" type="image/jpeg"/></item>
	<item rdf:about="https://flats.example/2"><title>A talk</title><e:enclosure rdf:resource="https://flats.example/2.mp3" e:type="audio/mpeg" e:length="7"/></item></rdf:RDF>`, "")
	want := []news.Enclosure{{URL: "https://flats.example/1.jpg", Type: "image/jpeg"}, {URL: "https://flats.example/2.mp3", Type: "audio/mpeg", Length: 7}}
	var got []news.Enclosure
	for _, e := range feed.Entries {
		got = append(got, e.Enclosures...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if images := feed.Entries[0].Images; len(images) != 1 || images[0].URL != want[0].URL {
		t.Errorf("pictures: %+v", images)
	}
}

func TestPicturesOfItems(t *testing.T) {
	for name, item := range map[string]string{
		"element with address":   `<image><url>https://i.example/1.jpg</url><title>x</title></image>`,
		"address as text":        `<image>https://i.example/1.jpg</image>`,
		"attribute":              `<thumbnail url="https://i.example/1.jpg"/>`,
		"enclosure":              `<enclosure url="https://i.example/1.jpg" type="image/jpeg"/>`,
		"enclosure, type unsaid": `<enclosure url="https://i.example/1.jpg"/>`,
		"media without a type":   `<media:content url="https://i.example/1.jpg"/>`,
		"podcast":                `<itunes:image href="https://i.example/1.jpg"/>`,
	} {
		e := mustParse(t, rssDoc("<item><guid>1</guid>"+item+"</item>"), "").Entries[0]
		if len(e.Images) != 1 || e.Images[0].URL != "https://i.example/1.jpg" {
			t.Errorf("%s: %+v", name, e.Images)
		}
	}
	e := mustParse(t, rssDoc("<item><guid>1</guid>"+strings.Repeat("<category>c</category>", 70)+"</item>"), "")
	if len(e.Entries[0].Categories) != 64 || !repaired(e, "limit") {
		t.Errorf("%d categories, repairs %v", len(e.Entries[0].Categories), e.Repairs)
	}
}

// TestPixelsOfPictures reads the width and the height that a source says. What is no
// number, or one that no picture has, is not said: it may not fit into an int elsewhere.
func TestPixelsOfPictures(t *testing.T) {
	for said, want := range map[string]int{"640": 640, "640px": 640, "100000": 100000, "100001": 0, "3000000000": 0, "99999999999999999999": 0, "-3": 0, "wide": 0, "": 0} {
		e := mustParse(t, rssDoc(`<item><guid>1</guid><media:thumbnail url="https://i.example/1.jpg" width="`+said+`" height="`+said+`"/></item>`), "").Entries[0]
		if len(e.Images) != 1 || e.Images[0].Width != want || e.Images[0].Height != want {
			t.Errorf("%q: %+v, not %d", said, e.Images, want)
		}
	}
}

// TestCharsetIsStable parses a document in which two charsets are as likely:
// an item that was read otherwise at each poll would be a new revision each time.
func TestCharsetIsStable(t *testing.T) {
	body := rssDoc("<item><title>x" + strings.Repeat("\xa4", 27) + "\xa8" + strings.Repeat("\xa4", 3) + "</title></item>")
	first := mustParse(t, body, "")
	for range 50 {
		if again := mustParse(t, body, ""); again.Charset != first.Charset || again.Entries[0].Title != first.Entries[0].Title {
			t.Fatalf("%s %q, then %s %q", first.Charset, first.Entries[0].Title.Value, again.Charset, again.Entries[0].Title.Value)
		}
	}
}

// TestMoreItems: where a source may have more entries than others they are read.
func TestMoreItems(t *testing.T) {
	doc := rssDoc(strings.Repeat("<item><title>Tides</title></item>", 6000))
	for limit, want := range map[int]int{0: 5000, 5999: 5999, 100_000: 6000} {
		feed, err := parse.Parse(news.Source{MaxItems: limit}, news.Answer{Body: []byte(doc)})
		if err != nil || len(feed.Entries) != want || feed.Dropped != 6000-want {
			t.Errorf("of a limit of %d: %d entries, %d dropped, %v", limit, len(feed.Entries), feed.Dropped, err)
		}
	}
}
