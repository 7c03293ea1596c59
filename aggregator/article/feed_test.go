package article_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

const listing = `<html lang="de"><head><title>Hafenblatt</title><meta name="description" content="Neues vom Hafen">
<link rel="icon" href="/icon.png"></head><body>
<div class="teaser"><img src="/kran.jpg" alt="Kran"><h2><a href="/kran">Kran  gefallen</a></h2>
  <time datetime="2026-03-01T10:00:00+01:00">1. März</time><p class="lead">Der <b>Kai</b> ist zu.</p></div>
<div class="teaser"><h2><a href="https://example.com/flut?x=1">Flut</a></h2><span class="date">am 02.03.2026 - 18:40 Uhr</span></div>
<div class="teaser"><p>Werbung</p></div>
<a class="teaser" href="javascript:alert(1)"></a>
</body></html>`

func TestFeed(t *testing.T) {
	feed, err := article.Feed([]byte(listing), "text/html", "https://example.org/news/",
		news.PageRules{Item: ".teaser", Title: "h2", Date: "time, .date", Text: ".lead"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := &news.Feed{
		Format: "page", URL: "https://example.org/news/", Base: "https://example.org/news/",
		Title:       news.Text{Value: "Hafenblatt", Type: news.TextPlain},
		Description: news.Text{Value: "Neues vom Hafen", Type: news.TextPlain},
		Links:       []news.Link{{Href: "https://example.org/news/", Rel: "alternate"}},
		Language:    "de", Icon: "https://example.org/icon.png",
		Entries: []news.Entry{{
			Links:     []news.Link{{Href: "https://example.org/kran", Rel: "alternate"}},
			Title:     news.Text{Value: "Kran gefallen", Type: news.TextPlain},
			Published: []string{"2026-03-01T10:00:00+01:00", "1. März"},
			Summary:   news.Text{Value: "Der <b>Kai</b> ist zu.", Type: news.TextHTML},
			Images:    []news.Image{{URL: "https://example.org/kran.jpg", Alt: "Kran"}},
		}, {
			Links:     []news.Link{{Href: "https://example.com/flut?x=1", Rel: "alternate"}},
			Title:     news.Text{Value: "Flut", Type: news.TextPlain},
			Published: []string{"02.03.2026 18:40", "am 02.03.2026 - 18:40 Uhr"},
			Summary:   news.Text{Type: news.TextHTML},
		}},
	}
	if diff := cmp.Diff(want, feed); diff != "" {
		t.Error(diff)
	}
}

func TestFeedWithoutMore(t *testing.T) {
	page := `<ul><li><a href="one">First</a> <li><a href="two">Second</a> <a href="three">x</a></ul><a class=i href=four>Fourth</a>`
	for selector, want := range map[string][]string{"li": {"/one First", "/two Second"}, "a.i": {"/four Fourth"}} {
		feed, err := article.Feed([]byte(page), "", "https://example.org/", news.PageRules{Item: selector}, 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range feed.Entries {
			got = append(got, strings.TrimPrefix(e.Links[0].Href, "https://example.org")+" "+e.Title.Value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", selector, diff)
		}
	}
}

// TestFeedWithoutHeadline: where an item of the page has no headline of the kind
// that is selected, its link's text is its title, and not its address.
func TestFeedWithoutHeadline(t *testing.T) {
	page := `<ul><li><h3>First</h3> <a href="one">read</a> <li><h3></h3> <a href="two">Second</a> <li><a href="three">Third</a></ul>`
	feed, err := article.Feed([]byte(page), "", "https://example.org/", news.PageRules{Item: "li", Title: "h3"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range feed.Entries {
		got = append(got, e.Title.Value)
	}
	if diff := cmp.Diff([]string{"First", "Second", "Third"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestFeedLinks: an item's link is the first one that leads to a page.
func TestFeedLinks(t *testing.T) {
	page := `<ul><li><a href="mailto:desk@example.org">The desk</a> <a href="tel:+1555">call</a> <a href="#top">up</a> <a href="one">First</a> <a href="x">x</a>
		<li><a href="javascript:void(0)">open</a> <a href="#two">Second</a> <li><a href="mailto:desk@example.org">Third</a></ul>`
	feed, err := article.Feed([]byte(page), "", "https://example.org/list", news.PageRules{Item: "li"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range feed.Entries {
		said := e.Title.Value
		for _, l := range e.Links {
			said += " " + l.Href
		}
		got = append(got, said)
	}
	want := []string{"First https://example.org/one", "Second https://example.org/list#two", "Third"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFeedAddresses: an item's link is where a browser goes, however it is written, and
// whatever base the page states; what has no address is not at that of the page.
func TestFeedAddresses(t *testing.T) {
	const at, none = "https://example.org/dir/list", "no link"
	for page, want := range map[string]string{
		`<li><a href="/100%-wool">x</a>`:         "https://example.org/100%25-wool",
		`<li><a href="/a%20b-5%">x</a>`:          "https://example.org/a%20b-5%25",
		"<li><a href=\"/ne\n\tws\">x</a>":        "https://example.org/news",
		`<li><a href="">x</a>`:                   none,
		`<li><h2>No link</h2>`:                   none,
		`<li><h2>Go <a href="1">x</a></h2>`:      "https://example.org/dir/1",
		`<li><a href="2"><h2>x</h2></a>`:         "https://example.org/dir/2",
		`<li><a name="x"></a><a href="3">x</a>`:  "https://example.org/dir/3",
		`<base href=javascript:1><li><a href=4>`: "https://example.org/dir/4",
		`<base href=data:,x><li><a href=5>`:      "https://example.org/dir/5",
		`<base href="/50%/"><li><a href=6>`:      "https://example.org/50%25/6",
	} {
		feed, err := article.Feed([]byte(page), "", at, news.PageRules{Item: "li", Link: "h2, a", Title: "li"}, 100)
		if err != nil {
			t.Fatal(err)
		}
		got := none
		if e := feed.Entries[0]; len(e.Links) > 0 {
			got = e.Links[0].Href
		}
		if got != want || feed.Icon != "" {
			t.Errorf("%s: leads to %s, not %s, and has the icon %q", page, got, want, feed.Icon)
		}
	}
}

// TestFeedTexts: what is read of an item is what its page shows.
func TestFeedTexts(t *testing.T) {
	page := `<ul><li><a href=1><div>News</div><h3>Ferry late</h3></a> <b><i>01</i><i>Mar</i><i>2026</i></b>
		<li><a href=2>Ferry<br>late</a> <b>March 1<sup>st</sup>, 2026</b>
		<li><a href=3><img src=blank.gif><noscript><img src=3.jpg alt=Pier></noscript>Ferry late</a><b>none</b>
		<li><a href=4><svg><title>Arrow</title></svg><style>a{}</style>Fer<em>ry</em> late<script>x()</script></a><b>1 March 2026</b>
		<li><a href=5><table><tr><td>Ferry<td>late</table></a>`
	feed, err := article.Feed([]byte(page), "", "https://example.org/", news.PageRules{Item: "li", Date: "b"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range feed.Entries {
		said := e.Title.Value + "; " + strings.Join(e.Published, ", ")
		for _, img := range e.Images {
			said += "; " + img.URL
		}
		got = append(got, said)
	}
	want := []string{"News Ferry late; 01Mar2026, 01 Mar 2026", "Ferry late; March 1st, 2026", "Ferry late; none; https://example.org/3.jpg", "Ferry late; 1 March 2026", "Ferry late; "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFeedWithin: answers within what they answer are items, and two hundred of them do
// not take two hundred times the room of their page.
func TestFeedWithin(t *testing.T) {
	const size = 1 << 20
	page := strings.Repeat("<div class=item><div class=text><a href=1>x</a>", 200) + strings.Repeat("words ", size/6)
	feed, err := article.Feed([]byte(page), "", "https://example.org/", news.PageRules{Item: ".item", Text: ".text"}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, e := range feed.Entries {
		held += len(e.Summary.Value)
	}
	if n := len(feed.Entries); n < 10 || n+feed.Dropped != 200 || held > 20*size {
		t.Errorf("%d items hold %d MB of a page of 1 MB, %d were dropped", n, held>>20, feed.Dropped)
	}
}

// TestManyFeeds: a page that advertises thousands of feeds does not take the time of
// holding each against each.
func TestManyFeeds(t *testing.T) {
	var page strings.Builder
	for i := range 50_000 {
		fmt.Fprintf(&page, "<link rel=feed href=/%d>", i)
	}
	start := race.Spent(t)
	found, err := article.Feeds([]byte(page.String()), "", "https://example.org/")
	if took := race.Spent(t) - start; took > 2*time.Second || err != nil || len(found) < 50 || found[0].URL != "https://example.org/0" {
		t.Errorf("%d feeds took %v (%v)", len(found), took, err)
	}
}

// TestFeedManySizes: thousands of items beside thousands of lists of sizes do not take the
// time of looking through each for each.
func TestFeedManySizes(t *testing.T) {
	page := "<picture>" + strings.Repeat("<source>", 20_000) + strings.Repeat(`<img class=item title=Pier src="1.jpg">`, 10_000)
	start := race.Spent(t)
	_, err := article.Feed([]byte(page), "", "https://example.org/", news.PageRules{Item: ".item"}, 1000)
	if took := race.Spent(t) - start; took > 2*time.Second || err == nil {
		t.Errorf("it took %v (%v)", took, err)
	}
}

// TestFeedLongBase: against a long base, or address of the page, links do not take the
// room of their product.
func TestFeedLongBase(t *testing.T) {
	items, long := strings.Repeat("<li><a href=y>x</a>", 5000), strings.Repeat("way/", 20_000)
	for name, c := range map[string]struct{ base, at string }{
		"base": {"<base href=/" + long + ">", "https://example.org/"},
		"page": {"", "https://example.org/" + long[:6000] + "?" + long[:1000]},
	} {
		feed, err := article.Feed([]byte(c.base+items), "", c.at, news.PageRules{Item: "li"}, 5000)
		if err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, e := range feed.Entries {
			held += len(e.Links[0].Href)
		}
		if held > 5000*1024 || len(feed.Base) > 1024 {
			t.Errorf("with a long %s the links of %d items take %d kB", name, len(feed.Entries), held>>10)
		}
	}
}

// TestFeedPictures: the picture of an item is the one that readers of its page see,
// however late.
func TestFeedPictures(t *testing.T) {
	page := `<ul><li><a href="1">One</a><img src=" 1 a.jpg" alt="Pier"><li><a href="2">Two</a><img src="data:image/gif;base64,x" data-src="2.jpg">
		<li><a href="3">Three</a><img class="b-lazy" src="blank.gif" data-src="3.jpg"><li><a href="4">Four</a><img alt="none"><li><a href="5">Five</a>
		<li><a href="6">Six</a><img srcset="6.jpg 320w, b.jpg 640w"><li><a href="7">Seven</a><img src="data:x" data-srcset="7.jpg, b.jpg 2x">
		<li><a href="8">Eight</a><img class="lazy" src="blank.gif" data-srcset="8,w_9.jpg 1x">
		<li><a href="9">Nine</a><picture><source srcset="9.jpg 1x"><img alt="Quay"></picture></ul>`
	feed, err := article.Feed([]byte(page), "", "https://example.org/", news.PageRules{Item: "li"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range feed.Entries {
		for _, img := range e.Images {
			got = append(got, img.URL+" "+img.Alt)
		}
	}
	want := []string{"https://example.org/1%20a.jpg Pier", "https://example.org/2.jpg ", "https://example.org/3.jpg ",
		"https://example.org/6.jpg ", "https://example.org/7.jpg ", "https://example.org/8,w_9.jpg ", "https://example.org/9.jpg Quay"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestFeedLatePictures: of a picture that is shown late and is the link to its article the
// link stays.
func TestFeedLatePictures(t *testing.T) {
	for _, late := range []string{
		`<img src="blank.gif" data-photo="1">`,
		`<span><picture><source srcset="blank.gif"><img src="blank.gif"></picture></span>`,
	} {
		page := `<ul><li><a href="1">` + late + `</a><noscript><img src="1.jpg" alt="Pier"></noscript><h3>One</h3></ul>`
		feed, err := article.Feed([]byte(page), "", "https://example.org/", news.PageRules{Item: "li", Title: "h3"}, 100)
		if err != nil {
			t.Fatal(err)
		}
		e := feed.Entries[0]
		if len(e.Links) != 1 || e.Links[0].Href != "https://example.org/1" || len(e.Images) != 1 || e.Images[0].URL != "https://example.org/1.jpg" {
			t.Errorf("%s leads to %v, and shows %v", late, e.Links, e.Images)
		}
	}
}

func TestFeedRefused(t *testing.T) {
	for want, rules := range map[string]news.PageRules{
		`nothing on the page matches page.item "article"`:                              {Item: "article"},
		`none of the 1 matches of page.item "title" has a link or a title`:             {Item: "title", Title: "h1"},
		`page.item: "" is no CSS selector: expected selector, found EOF instead`:       {},
		`page.date: "div[" is no CSS selector: expected identifier, found EOF instead`: {Item: "p", Date: "div["},
	} {
		_, err := article.Feed([]byte(listing), "", "https://example.org/", rules, 100)
		if err == nil || err.Error() != want {
			t.Errorf("the error is %v, not %s", err, want)
		}
	}
}

func TestFeeds(t *testing.T) {
	for page, want := range map[string][]article.Advert{
		`<link rel="alternate" type="application/rss+xml" title="Comments Feed" href="/comments/feed">
		 <link rel="ALTERNATE nofollow" type="application/atom+xml; charset=utf-8" href="atom">
		 <link rel="alternate" type="application/rss+xml" title="News" href="/rss">
		 <link rel="alternate" type="application/rss+xml" title="News again" href="/rss">
		 <link rel="alternate" type="application/json" href="/wp-json/posts/1">
		 <link rel="alternate" hreflang="de" href="/de"><link rel="stylesheet" href="/feed"><a href="/other/feed">Feed</a>`: {
			{URL: "https://example.org/x/atom"},
			{URL: "https://example.org/rss", Title: "News"},
			{URL: "https://example.org/comments/feed", Title: "Comments Feed"},
		},
		`<a href="/about">About</a> <a href="/world/rss.xml">World <i>feed</i></a> <a href="mailto:feed">x</a> <a href="/blog/feed/">Blog</a>`: {
			{URL: "https://example.org/world/rss.xml", Title: "World feed"},
			{URL: "https://example.org/blog/feed/", Title: "Blog"},
		},
		// A page that is marked up as a feed, a search index and a map of the site.
		`<link rel="feed" type="text/html" href="/"><link rel="alternate" type="application/json" href="/index.json"><link rel="alternate" type="text/xml" href="/map.xml">
		 <link rel="alternate" type="application/rss+xml" href="/index.xml"><link rel="feed" href="/feed">`: {
			{URL: "https://example.org/index.xml"}, {URL: "https://example.org/feed"},
			{URL: "https://example.org/index.json"}, {URL: "https://example.org/map.xml"},
		},
		`<p>Nothing.</p>`: nil,
	} {
		got, err := article.Feeds([]byte(page), "", "https://example.org/x/")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", page, diff)
		}
	}
}

func TestCharsets(t *testing.T) {
	body := "<p>" + strings.Repeat("Caf\xe9 am Hafen, gro\xdf und sch\xf6n, mit Blick auf die Kr\xe4ne und Schiffe. ", 6)
	for contentType, page := range map[string]string{
		"text/html; charset=iso-8859-1": body,
		"text/html":                     `<meta charset="windows-1252">` + body,
		"":                              body,
	} {
		e, err := article.Entry([]byte(page), contentType, "https://example.org/a")
		if err != nil || !strings.Contains(e.Content.Value, "Café am Hafen, groß und schön") {
			t.Errorf("%s: %.80q %v", contentType, e.Content.Value, err)
		}
	}
}

// A page may declare its charset behind all that its head has, or as XML does.
func TestCharsetDeclaredLate(t *testing.T) {
	scripts := "<script>" + strings.Repeat("begin(); ", 500) + "</script>"
	for head, as := range map[string]encoding.Encoding{
		scripts + "<meta charset=windows-1251>":                                                        charmap.Windows1251,
		scripts + `<META content="text/html; charset=Shift_JIS" HTTP-EQUIV="Content-Type">`:            japanese.ShiftJIS,
		`<?xml version="1.0" encoding="koi8-r"?><html>` + scripts:                                      charmap.KOI8R,
		"<meta charset=windows-1251>" + scripts + "<meta name=x content=y><meta charset=windows-1252>": charmap.Windows1251,
	} {
		const text = "Гавань закрыта"
		readsAs(t, head, as, text)
	}
}

// readsAs fails the test if the one item of a page that begins so, in a charset, is not
// read as the text that it is.
func readsAs(t *testing.T, head string, as encoding.Encoding, text string) {
	t.Helper()
	page, err := as.NewEncoder().String(head + "<ul><li><a href=1>" + text + "</a></ul>")
	if err != nil {
		t.Fatal(err)
	}
	feed, err := article.Feed([]byte(page), "text/html", "https://example.org/", news.PageRules{Item: "li"}, 100)
	if err != nil || feed.Entries[0].Title.Value != text {
		t.Errorf("%.60s: %+v (%v)", head, feed, err)
	}
}

// TestCharsetDeclaredWrongly: a page that is not in UTF-8 is not read as if it was, nor as
// UTF-16, though the program that wrote it says so; and what XML says counts least.
func TestCharsetDeclaredWrongly(t *testing.T) {
	for head, as := range map[string]encoding.Encoding{
		`<?xml version="1.0" encoding="utf-8"?><html><meta charset=windows-1251>`:                            charmap.Windows1251,
		`<?xml version="1.0" encoding="iso-8859-1"?><html><meta charset=koi8-r>`:                             charmap.KOI8R,
		`<?xml version="1.0" encoding="koi8-r"?><html><meta charset=utf-8>`:                                  charmap.KOI8R,
		`<?xml version="1.0" encoding="utf-16"?><html>`:                                                      charmap.Windows1252,
		"<script>" + strings.Repeat("begin(); ", 500) + "</script><meta charset=utf-8>":                      charmap.Windows1252,
		"<script>" + strings.Repeat("begin(); ", 500) + "</script><meta content='text/html;charset=UTF-16'>": charmap.Windows1252,
	} {
		text := "Fähre für Zürich"
		if as != charmap.Windows1252 {
			text = "Гавань закрыта"
		}
		readsAs(t, head, as, text)
	}
}

// A page in a charset whose bytes are those of ASCII is read by it all the same.
func TestCharsetsThatLookLikeASCII(t *testing.T) {
	text := "<p>" + strings.Repeat("港は火曜日の正午に閉鎖され、船は外で待っている。", 12)
	for name, as := range map[string]encoding.Encoding{
		"iso-2022-jp": japanese.ISO2022JP,
		"utf-16le":    unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
		"utf-16be":    unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	} {
		page, err := as.NewEncoder().String("<meta charset=" + name + "><title>港</title>" + text)
		if err != nil {
			t.Fatal(err)
		}
		for _, contentType := range []string{"text/html", "text/html; charset=" + name, "text/html; charset=utf-8"} {
			e, err := article.Entry([]byte(page), contentType, "https://example.org/a")
			if err != nil || e.Title.Value != "港" || !strings.Contains(e.Content.Value, "閉鎖され、船は外で") {
				t.Errorf("%s, served as %s: %q %.80q %v", name, contentType, e.Title.Value, e.Content.Value, err)
			}
		}
	}
}

// What is UTF-8 is read as that wherever it ends, whatever its server says.
func TestCharsetOfAPageThatEndsWithinItsText(t *testing.T) {
	text := strings.Repeat("Café am Hafen, groß und schön, mit Blick auf die Kräne und Schiffe. ", 6)
	for _, end := range []string{"港", "日本", "bü日", "é", "aé", "abé", "\xc3", "日\xe6\x97"} {
		e, err := article.Entry([]byte("<p>"+text+end), "text/html; charset=iso-8859-1", "https://example.org/a")
		if err != nil || !strings.Contains(e.Content.Value, "Café am Hafen, groß und schön") {
			t.Errorf("%q: %.80q %v", end, e.Content.Value, err)
		}
	}
}

// A page of which one byte is not UTF-8, such as in the text of another site, is
// UTF-8 nonetheless.
func TestCharsetOfAPageWithABadByte(t *testing.T) {
	text := strings.Repeat("Café am Hafen, groß und schön, mit Blick auf die Kräne und Schiffe. ", 6)
	for contentType, page := range map[string]string{
		"text/html; charset=iso-8859-1": "<p>" + text + "Ende des Berichts\xe9, wie es hei\xdft.",
		"text/html":                     "<meta charset=iso-8859-1><p>" + text + "Ende des Berichts\xe9, wie es heißt.",
	} {
		e, err := article.Entry([]byte(page), contentType, "https://example.org/a")
		if err != nil || !strings.Contains(e.Content.Value, "Café am Hafen, groß und schön") {
			t.Errorf("%s: %.80q %v", contentType, e.Content.Value, err)
		}
	}
}

// A page with a few letters in the charset that it states is read by that, though they
// look like UTF-8 by chance.
func TestCharsetOfAPageWithFewLetters(t *testing.T) {
	text := strings.Repeat("The harbour was closed at noon, and the ferries wait for the wind to calm. ", 6)
	for charset, words := range map[string][2]string{
		"windows-874": {"\xc2\xbb\xd4\xb4\xb5\xc5\xd2\xb4\xba\xc7\xa1", "ยปิดตลาดบวก"},
		"iso-8859-1":  {"\xabCAF\xc9\xbb, NESCAF\xc9\xae", "«CAFÉ», NESCAFÉ®"},
	} {
		e, err := article.Entry([]byte("<meta charset="+charset+"><p>"+text+words[0]+" "+text), "text/html", "https://example.org/a")
		if err != nil || !strings.Contains(e.Content.Value, words[1]) {
			t.Errorf("%s: %q %v", charset, e.Content.Value, err)
		}
	}
}
