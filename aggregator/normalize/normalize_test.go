package normalize

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

var (
	testSource = news.Source{Name: "gazette", Language: "en"}
	firstPoll  = time.Date(2024, 5, 6, 7, 8, 9, 500, time.UTC)
	laterPoll  = firstPoll.Add(36 * time.Hour)
)

func feedOf(entries ...news.Entry) news.Feed {
	return news.Feed{Format: "RSS 2.0", URL: "https://gazette.example/feed.xml", Links: []news.Link{{Href: "https://www.gazette.example/"}}, Entries: entries}
}

func plain(s string) news.Text { return news.Text{Value: s, Type: news.TextPlain} }

func TestItem(t *testing.T) {
	items := Items(testSource, feedOf(news.Entry{
		GUID: " tag:gazette.example,2024:1 ", Links: []news.Link{{Href: "/2024/harbour?utm_source=rss&id=7#top"}},
		Comments: "/2024/harbour/comments", Title: news.Text{Value: "Harbour &amp; pier <b>reopen</b>"},
		Summary:   news.Text{Value: "Short of it."},
		Content:   news.Text{Value: `<p>The harbour reopened.</p><p><img src="/p.jpg" alt="Pier" width="600">Boats left.</p><script>x()</script>`, Type: news.TextHTML},
		Published: []string{"nonsense", "Sun, 05 May 2024 20:00:00 EDT"}, Updated: []string{"2024-05-06T01:00:00Z"},
		Authors:    []news.Person{{Name: "Ann <i>Lee</i>", Email: "ann@gazette.example", URL: "/ann"}, {Name: "ann lee"}},
		Categories: []news.Category{{Term: "ports", Label: "Ports &amp; ships"}, {Term: "PORTS & SHIPS"}, {Term: "sea"}},
		Enclosures: []news.Enclosure{{URL: " /a.mp3 ", Type: "Audio/MPEG; x=1", Length: 5}, {URL: "/a.mp3"}, {URL: "javascript:x"}, {}},
		Rights:     plain("© Gazette"), Origin: &news.Origin{Title: "Wire", URL: "https://wire.example/feed"},
		Geo: &news.Geo{Lat: 1, Lon: 2},
	}), firstPoll)
	at := firstPoll.Truncate(time.Second)
	want := []news.Item{{
		Source: "gazette", ID: "tag:gazette.example,2024:1", GUID: "tag:gazette.example,2024:1",
		URL: "https://gazette.example/2024/harbour?utm_source=rss&id=7#top", Canonical: "https://gazette.example/2024/harbour?id=7",
		Comments: "https://gazette.example/2024/harbour/comments", Title: "Harbour & pier reopen",
		HTML:    `<p>The harbour reopened.</p><p><img src="https://gazette.example/p.jpg" alt="Pier" width="600">Boats left.</p>`,
		Summary: "Short of it.", Text: "The harbour reopened.\nBoats left.", Excerpt: "The harbour reopened. Boats left.",
		Language: "en", Authors: []news.Person{{Name: "Ann Lee", Email: "ann@gazette.example", URL: "https://gazette.example/ann"}},
		Categories: []string{"Ports & ships", "sea"}, Enclosures: []news.Enclosure{{URL: "https://gazette.example/a.mp3", Type: "audio/mpeg", Length: 5}},
		Image: &news.Image{URL: "https://gazette.example/p.jpg", Alt: "Pier", Width: 600}, Rights: "© Gazette",
		Origin: &news.Origin{Title: "Wire", URL: "https://wire.example/feed"}, Geo: &news.Geo{Lat: 1, Lon: 2},
		Published: time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC), Updated: time.Date(2024, 5, 6, 1, 0, 0, 0, time.UTC),
		Dated: true, Zone: "EDT", FirstSeen: at, Fetched: at,
	}}
	for i := range want { // relative links are the site's, since another host serves the feed
		w := &want[i]
		for _, s := range []*string{&w.URL, &w.Canonical, &w.Comments, &w.HTML, &w.Authors[0].URL, &w.Enclosures[0].URL, &w.Image.URL} {
			*s = strings.ReplaceAll(*s, "https://gazette.example", "https://www.gazette.example")
		}
	}
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	if items[0].Hash == "" || len(items[0].Aliases) == 0 {
		t.Errorf("hash %q, aliases %q", items[0].Hash, items[0].Aliases)
	}
	items[0].Hash, items[0].Aliases = "", nil
	if diff := cmp.Diff(want, items); diff != "" {
		t.Error(diff)
	}
}

func TestIdentityChain(t *testing.T) {
	link := []news.Link{{Href: "https://gazette.example/a"}}
	for _, c := range []struct {
		name string
		e    news.Entry
		id   string
	}{
		{"guid", news.Entry{GUID: "g", About: "r", AtomID: "a", Links: link}, "g"},
		{"rdf:about", news.Entry{About: "r", AtomID: "a", Links: link}, "r"},
		{"atom:id, verbatim", news.Entry{AtomID: "HTTP://Gazette.example/A b", Links: link}, "HTTP://Gazette.example/A b"},
		{"link", news.Entry{Links: link, Title: plain("t")}, "https://gazette.example/a"},
		{"link without tracking", news.Entry{Links: []news.Link{{Href: "https://gazette.example/a?utm_medium=x"}}}, "https://gazette.example/a"},
		{"guid that is a link", news.Entry{GUID: "https://gazette.example/p?id=1", PermaLink: true}, "https://gazette.example/p?id=1"},
	} {
		items := Items(testSource, feedOf(c.e), firstPoll)
		if len(items) != 1 || items[0].ID != c.id {
			t.Errorf("%s: %+v, want the id %q", c.name, items, c.id)
		}
	}
	hashed := Items(testSource, feedOf(news.Entry{Title: plain("t"), Published: []string{"2024-01-01"}}), firstPoll)
	other := Items(testSource, feedOf(news.Entry{Title: plain("t"), Published: []string{"2024-01-02"}}), firstPoll)
	if !strings.HasPrefix(hashed[0].ID, "hash:") || hashed[0].ID == other[0].ID {
		t.Errorf("title and date: %q, %q", hashed[0].ID, other[0].ID)
	}
	huge := Items(testSource, feedOf(news.Entry{GUID: strings.Repeat("x", 100_000)}), firstPoll)
	if len(huge[0].ID) > maxID {
		t.Errorf("an identity of %d bytes", len(huge[0].ID))
	}
	if none := Items(testSource, feedOf(news.Entry{}), firstPoll); len(none) != 0 {
		t.Errorf("an empty entry became %+v", none)
	}
}

func TestSharedIdentities(t *testing.T) {
	entry := func(guid, link, title string) news.Entry {
		e := news.Entry{GUID: guid, Title: plain(title)}
		if link != "" {
			e.Links = []news.Link{{Href: link}}
		}
		return e
	}
	said := func(title, text string) news.Entry {
		e := entry("", "", title)
		e.Summary = plain(text)
		return e
	}
	on := func(date string, e news.Entry) news.Entry {
		e.Links, e.Published = []news.Link{{Href: "https://a.example/levels"}}, []string{date}
		return e
	}
	for name, c := range map[string]struct {
		entries []news.Entry
		n       int
	}{
		"one link and title, other days":    {[]news.Entry{on("2024-01-01", said("Level", "2.31 m")), on("2024-01-02", said("Level", "2.90 m")), on("2024-01-01", said("Level", "2.31 m"))}, 2},
		"one link, title and text":          {[]news.Entry{on("2024-01-01", said("Level", "2.31 m")), on("2024-01-02", said("Level", "2.31 m"))}, 1},
		"the same entry twice":              {[]news.Entry{entry("g", "https://a.example/1", "x"), entry("g", "https://a.example/1", "x")}, 1},
		"one guid for all":                  {[]news.Entry{entry("g", "https://a.example/1", "x"), entry("g", "https://a.example/2", "y")}, 2},
		"one link for all":                  {[]news.Entry{entry("", "https://a.example/", "x"), entry("", "https://a.example/", "y")}, 2},
		"one guid and one link for all":     {[]news.Entry{entry("g", "https://a.example/", "x"), entry("g", "https://a.example/", "y")}, 2},
		"parts of one page":                 {[]news.Entry{entry("", "https://a.example/log#1", "x"), entry("", "https://a.example/log#2", "x")}, 2},
		"comments on one page":              {[]news.Entry{entry("", "https://a.example/log#comment-1", "x"), entry("", "https://a.example/log#comment-2", "x")}, 2},
		"one title for all, other words":    {[]news.Entry{said("Warning", "Gusts in the north"), said("Warning", "Frost in the south"), said("Warning", "Gusts in the north")}, 2},
		"the same link with other tracking": {[]news.Entry{entry("", "https://a.example/1?fbclid=1", "x"), entry("", "https://a.example/1?fbclid=2", "x")}, 1},
	} {
		items := Items(testSource, feedOf(c.entries...), firstPoll)
		if len(items) != c.n {
			t.Errorf("%s: %d items, want %d", name, len(items), c.n)
		}
		again := Items(testSource, feedOf(c.entries...), laterPoll)
		for i := range items {
			if items[i].ID != again[i].ID || items[i].Hash != again[i].Hash {
				t.Errorf("%s: item %d is another at the next poll", name, i)
			}
		}
	}
}

// TestOwnPageNamesNothing: a feed that leads to its own page with each of its entries,
// of which it has one at a time, does not say that all are one.
func TestOwnPageNamesNothing(t *testing.T) {
	of := func(guid, title, date string) news.Item {
		return Items(testSource, feedOf(news.Entry{
			GUID: guid, Title: plain(title), Links: []news.Link{{Href: "https://www.gazette.example/?utm_source=rss"}}, Published: []string{date},
			Summary: plain("A word for each day, and what it means: " + title),
		}), firstPoll)[0]
	}
	for _, guids := range [][2]string{{"", ""}, {"1", "2"}} {
		one, two := of(guids[0], "Gloaming", "2024-01-01"), of(guids[1], "Quern", "2024-01-02")
		if one.ID == two.ID || slices.ContainsFunc(one.Aliases, func(alias string) bool { return slices.Contains(two.Aliases, alias) || alias == two.ID }) {
			t.Errorf("%q and %q, also %q and %q", one.ID, two.ID, one.Aliases, two.Aliases)
		}
		if again := of(guids[0], "Gloaming", "2024-01-01"); again.ID != one.ID || one.Canonical != "https://www.gazette.example/" {
			t.Errorf("%q, then %q, at %s", one.ID, again.ID, one.Canonical)
		}
	}
}

func TestAliases(t *testing.T) {
	text := strings.Repeat("The harbour reopened today. ", 4)
	entry := func(guid, link, title, date string) news.Entry {
		return news.Entry{GUID: guid, Title: plain(title), Links: []news.Link{{Href: link}}, Summary: plain(text), Published: []string{date}}
	}
	alias := func(entries ...news.Entry) [][]string {
		var out [][]string
		for _, it := range Items(testSource, feedOf(entries...), firstPoll) {
			out = append(out, it.Aliases)
		}
		return out
	}
	shares := func(a, b []string) bool {
		for _, x := range a {
			for _, y := range b {
				if x == y {
					return true
				}
			}
		}
		return false
	}
	known := alias(entry("g1", "https://a.example/1", "Harbour", "2024-01-01T00:00:00Z"))[0]
	for name, e := range map[string]news.Entry{
		"new guid, same link":                    entry("g2", "https://a.example/1?utm_source=x", "Harbour, updated", "2024-01-02T00:00:00Z"),
		"new guid and link, same title and date": entry("g2", "https://a.example/2", "Harbour", "2024-01-01T00:00:00Z"),
		"new guid, link and date, same words":    entry("g2", "https://a.example/2", "Harbour", "2024-01-02T00:00:00Z"),
	} {
		if got := alias(e)[0]; !shares(known, got) {
			t.Errorf("%s: %q and %q have nothing in common", name, known, got)
		}
	}
	if got := alias(entry("g2", "https://a.example/2", "Pier", "2024-01-01T00:00:00Z"))[0]; shares(known, got) {
		t.Errorf("another item: %q and %q", known, got)
	}
	bulletin := func(guid, date, file string) news.Entry {
		e := entry(guid, "https://a.example/"+guid, "The morning in five minutes", date)
		e.Enclosures = []news.Enclosure{{URL: "https://cdn.example/" + file, Type: "audio/mpeg"}}
		return e
	}
	monday := alias(bulletin("m", "2024-01-01T00:00:00Z", "monday.mp3"))[0]
	if got := alias(bulletin("t", "2024-01-02T00:00:00Z", "tuesday.mp3"))[0]; shares(monday, got) {
		t.Errorf("the bulletin of another day: %q and %q", monday, got)
	}
	if got := alias(bulletin("n", "2024-01-02T00:00:00Z", "new/monday.mp3?signed=1"))[0]; !shares(monday, got) {
		t.Errorf("the same recording: %q and %q have nothing in common", monday, got)
	}
	for _, got := range alias(entry("g1", "https://a.example/1", "Harbour", "2024-01-01"), entry("g2", "https://a.example/1", "Harbour", "2024-01-01")) {
		if len(got) > 0 {
			t.Errorf("aliases that two items share: %q", got)
		}
	}
}

func TestDates(t *testing.T) {
	at := firstPoll.Truncate(time.Second)
	for name, c := range map[string]struct {
		e         news.Entry
		published time.Time
		dated     bool
	}{
		"future":         {news.Entry{GUID: "1", Published: []string{"2040-01-01T00:00:00Z"}}, at, true},
		"missing":        {news.Entry{GUID: "1"}, at, false},
		"not understood": {news.Entry{GUID: "1", Published: []string{"last Tuesday"}}, at, false},
		"year one":       {news.Entry{GUID: "1", Published: []string{"0001-01-01T00:00:00Z"}}, at, false},
		"only updated":   {news.Entry{GUID: "1", Updated: []string{"2024-01-01T00:00:00Z"}}, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), true},
		"second best":    {news.Entry{GUID: "1", Published: []string{"?", "2024-01-01"}}, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), true},
	} {
		it := Items(testSource, feedOf(c.e), firstPoll)[0]
		if !it.Published.Equal(c.published) || it.Dated != c.dated {
			t.Errorf("%s: published %v, dated %v, want %v, %v", name, it.Published, it.Dated, c.published, c.dated)
		}
	}
	// A date in the future is clamped to another instant at each poll, and is
	// still the same revision.
	e := news.Entry{GUID: "1", Title: plain("t"), Published: []string{"2040-01-01T00:00:00Z"}}
	if a, b := Items(testSource, feedOf(e), firstPoll)[0], Items(testSource, feedOf(e), laterPoll)[0]; a.Hash != b.Hash {
		t.Error("the hash depends on the time of the poll")
	}
	e2 := e
	e2.Title = plain("t, corrected")
	// A feed that dates what it has with the moment of the request changes nothing.
	now := e
	now.Published = []string{laterPoll.Format(time.RFC1123Z)}
	if a, b := Items(testSource, feedOf(e), laterPoll)[0], Items(testSource, feedOf(now), laterPoll)[0]; a.Hash != b.Hash {
		t.Error("another date is another revision")
	}
	if a, b := Items(testSource, feedOf(e), firstPoll)[0], Items(testSource, feedOf(e2), firstPoll)[0]; a.Hash == b.Hash || a.ID != b.ID {
		t.Error("a corrected title is no new revision of the same item")
	}
}

// TestEscapedSections: the marks of a CDATA section that was escaped with what is
// in it are no text, and take none with them.
func TestEscapedSections(t *testing.T) {
	for in, want := range map[string]string{
		"<![CDATA[<p>Boats left & came.</p>]]>": "<p>Boats left &amp; came.</p>",
		"<![CDATA[Boats left.]]>":               "Boats left.",
		"Boats <![CDATA[left]]>, <b>all</b>":    "Boats left, <b>all</b>",
	} {
		it := Items(testSource, feedOf(news.Entry{GUID: "1", Title: news.Text{Value: "<![CDATA[Harbour & pier]]>"}, Content: news.Text{Value: in}}), firstPoll)[0]
		if it.Title != "Harbour & pier" || it.HTML != want {
			t.Errorf("%q: title %q, body %q, want %q", in, it.Title, it.HTML, want)
		}
	}
	verbatim := Items(testSource, feedOf(news.Entry{GUID: "1", Title: plain("What <![CDATA[ means")}), firstPoll)[0]
	if verbatim.Title != "What <![CDATA[ means" {
		t.Errorf("a plain title became %q", verbatim.Title)
	}
}

func TestTitles(t *testing.T) {
	for _, c := range []struct {
		in   news.Text
		want string
	}{
		{news.Text{Value: "AT&amp;T"}, "AT&T"},
		{news.Text{Value: "1 < 2 and 3 > 2"}, "1 < 2 and 3 > 2"},
		{news.Text{Value: "A vector<int> in C++"}, "A vector<int> in C++"},
		{news.Text{Value: "a<!-- c -->b"}, "ab"},
		{news.Text{Value: "one<br>two\n three"}, "one two three"},
		{news.Text{Value: "x<script>alert(1)</script>y"}, "xy"},
		{news.Text{Value: "AT&amp;T <b>", Type: news.TextPlain}, "AT&amp;T <b>"},
		{news.Text{Value: "<i>so</i> &lt;b&gt;", Type: news.TextHTML}, "so <b>"},
		{news.Text{Value: "<b>x</b>", Type: news.TextXHTML}, "x"},
		{news.Text{Value: "Why <details> beats <div> & x < y"}, "Why <details> beats <div> & x < y"},
		{news.Text{Value: "The <script> tag &amp; the </video> tag"}, "The <script> tag & the </video> tag"},
		{news.Text{Value: "<dialog> and <title>, &amp; more"}, "<dialog> and <title>, & more"},
		{news.Text{Value: "<blink>safe</blink> words, <ul><li>all</li></ul>"}, "safe words, all"},
		{news.Text{Value: "Styling <a>, <b> and <textarea> &amp; all", Type: news.TextHTML}, "Styling <a>, <b> and <textarea> & all"},
		{news.Text{Value: "<i>The long title of a film that was cut"}, "The long title of a film that was cut"},
		{news.Text{Value: "<p>One <a href='/x'>two <span class=x>three</p>"}, "One two three"},
		{news.Text{Value: "Why 1<2, a<b & c"}, "Why 1<2, a<b & c"},
		{news.Text{Value: "Cut off <a href='https://gaz"}, "Cut off"},
		{news.Text{Value: "Cut off</i"}, "Cut off"},
		{news.Text{Value: "a <iframe src=x></iframe>b <style>x</style>c<img src=x>"}, "a b c"},
	} {
		if got := plainText(c.in); got != c.want {
			t.Errorf("plainText(%+v) = %q, want %q", c.in, got, c.want)
		}
	}
	untitled := Items(testSource, feedOf(news.Entry{GUID: "1", Content: plain(strings.Repeat("word ", 100))}), firstPoll)[0]
	if n := len([]rune(untitled.Title)); n == 0 || n > titleSize {
		t.Errorf("a title of %d characters for an entry without: %q", n, untitled.Title)
	}
}

// TestTextsOfUnknownType: what may be HTML or not is taken for it where it has a tag.
func TestTextsOfUnknownType(t *testing.T) {
	for in, want := range map[string]string{
		"See if a<b then go\non":                  "<p>See if a&lt;b then go<br>on</p>",
		"Write to <a@gazette.example>,\nor <b.c>": "<p>Write to &lt;a@gazette.example&gt;,<br>or &lt;b.c&gt;</p>",
		"A <b>bold</b>\nword":                     "A <b>bold</b>\nword",
		"A <br/>\nline":                           "A <br>\nline",
		"Cut off <a href='https://gaz":            "Cut off",
		"Tea &amp; cake\nat 1<2":                  "Tea &amp; cake\nat 1&lt;2",
	} {
		it := Items(testSource, feedOf(news.Entry{GUID: "1", Summary: news.Text{Value: in}}), firstPoll)[0]
		if it.HTML != want {
			t.Errorf("%q became %q, want %q", in, it.HTML, want)
		}
	}
}

// TestBlankContent: content in which there is nothing does not stand before a
// summary that says something.
func TestBlankContent(t *testing.T) {
	const summary = "The pier reopened."
	for content, want := range map[string]string{
		"<p></p>": summary, "<div><br>&nbsp;</div><!-- ad -->": summary, "<p>\u200b</p>": summary,
		`<img src="https://gazette.example/p.jpg">`: `<img src="https://gazette.example/p.jpg">`,
		"<p>Boats.</p>": "<p>Boats.</p>",
	} {
		it := Items(testSource, feedOf(news.Entry{GUID: "1", Content: news.Text{Value: content, Type: news.TextHTML}, Summary: plain(summary)}), firstPoll)[0]
		if it.HTML != want {
			t.Errorf("of %q beside a summary the body is %q, want %q", content, it.HTML, want)
		}
	}
}

func TestPortraitsAreNoPictures(t *testing.T) {
	const face, matter = "https://1.gravatar.com/avatar/0123abc?s=96&d=identicon", "https://gazette.example/pier.jpg"
	of := func(addresses ...string) (e news.Entry) {
		e.Links, e.Content = []news.Link{{Href: "/a"}}, news.Text{Value: `<p>Boats.</p><img src="/boats.jpg">`, Type: news.TextHTML}
		for _, a := range addresses {
			e.Images = append(e.Images, news.Image{URL: a})
			e.Enclosures = append(e.Enclosures, news.Enclosure{URL: a, Type: "image/*"})
		}
		return e
	}
	for i, c := range []struct {
		entry  news.Entry
		lead   string
		others int
	}{
		{of(face, matter), matter, 1},
		{of(face), "https://www.gazette.example/boats.jpg", 0},
		{of("https://avatars.githubusercontent.com/u/1?s=60&v=4"), "https://www.gazette.example/boats.jpg", 0},
		{of("https://avatars2.githubusercontent.com/u/1"), "https://www.gazette.example/boats.jpg", 0},
		{of("https://user-images.githubusercontent.com/1/2.png"), "https://user-images.githubusercontent.com/1/2.png", 1},
		{of("https://gazette.example/avatar/film.jpg"), "https://gazette.example/avatar/film.jpg", 1},
	} {
		it := Items(testSource, feedOf(c.entry), firstPoll)[0]
		if it.Image == nil || it.Image.URL != c.lead || len(it.Enclosures) != c.others {
			t.Errorf("%d: picture %+v, want %s; enclosures %+v", i, it.Image, c.lead, it.Enclosures)
		}
	}
}

func TestLanguages(t *testing.T) {
	const english = "The minister said that the talks on the border would go on for as long as it takes, and that it was too early to speak of a result of the meeting in the capital."
	const german = "Der Minister sagte, dass die Gespräche an der Grenze so lange dauern werden, wie es nötig ist, und dass es für ein Ergebnis des Treffens in der Hauptstadt noch zu früh ist."
	for name, c := range map[string]struct {
		src  news.Source
		feed string
		e    news.Entry
		want string
	}{
		"configured":        {news.Source{Language: "pt-br"}, "en", news.Entry{Content: plain(english)}, "pt-BR"},
		"of the feed":       {news.Source{}, "EN-us", news.Entry{Content: plain(german)}, "en-US"},
		"of the entry":      {news.Source{}, "en", news.Entry{Language: "de", Content: plain(german)}, "de"},
		"detected, English": {news.Source{}, "", news.Entry{Content: plain(english)}, "en"},
		"detected, German":  {news.Source{}, "", news.Entry{Content: plain(german)}, "de"},
		"unknown":           {news.Source{}, "en", news.Entry{Language: "und", Content: plain(german)}, "de"},
		"too short":         {news.Source{}, "", news.Entry{Content: plain("Ok")}, ""},
		"no tag":            {news.Source{}, "english language", news.Entry{Content: plain("Ok")}, ""},
		"script and region": {news.Source{}, "zh_hant_tw", news.Entry{}, "zh-Hant-TW"},
	} {
		feed := feedOf(c.e)
		feed.Entries[0].GUID, feed.Language = "1", c.feed
		if got := Items(c.src, feed, firstPoll)[0].Language; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAbout(t *testing.T) {
	feed := feedOf()
	feed.ID, feed.Title, feed.Language, feed.Icon = "urn:x", news.Text{Value: "Gazette &amp; Post"}, "en-gb", "/icon.png"
	feed.Links = append(feed.Links, news.Link{Href: "/feed.xml", Rel: "self"}, news.Link{Href: "https://hub.example/", Rel: "hub"})
	feed.Updated = "Sun, 05 May 2024 20:00:00 GMT"
	want := news.About{
		Format: "RSS 2.0", ID: "urn:x", Title: "Gazette & Post", Link: "https://www.gazette.example/", Self: "https://www.gazette.example/feed.xml",
		Hubs: []string{"https://hub.example/"}, Language: "en-GB", Icon: "https://www.gazette.example/icon.png",
		Updated: time.Date(2024, 5, 5, 20, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, About(feed)); diff != "" {
		t.Error(diff)
	}
}

func TestExcerptEndsOnce(t *testing.T) {
	for text, want := range map[string]string{
		"It went in. Then it rained for days": "It went in…", "It went, as said, in the rain": "It went, as…", "It went in.": "It went in.",
	} {
		if got := excerpt(text, 15); got != want {
			t.Errorf("the excerpt of %q is %q, want %q", text, got, want)
		}
	}
}

// TestExcerptKeepsCharactersWhole: what readers see as one character is not cut.
func TestExcerptKeepsCharactersWhole(t *testing.T) {
	for text, want := range map[string]string{
		"港\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466港": "港…",    // a family of four
		"港港港港\U0001f1fa\U0001f1e6港":                                    "港港港港…", // a flag
		"港港港港\U0001f44d\U0001f3fd港":                                    "港港港港…", // a dark thumb
		"Café\u0301\u0302\u0303e":                                      "Caf…",
		"港港港港港港港":                                                      "港港港港港…",
		strings.Repeat("\u0301", 10):                                   strings.Repeat("\u0301", 5) + "…",
	} {
		if got := excerpt(text, 6); got != want {
			t.Errorf("the excerpt of %q is %q, want %q", text, got, want)
		}
	}
}

// TestSoftHyphens: where a word may be parted is no part of it, but stays in the body.
func TestSoftHyphens(t *testing.T) {
	it := Items(testSource, feedOf(news.Entry{GUID: "1", Title: news.Text{Value: "Hafen&shy;meister"}, Content: news.Text{Value: "<p>Der Hafen\u00admeister</p>"}}), firstPoll)[0]
	if it.Title != "Hafenmeister" || it.Text != "Der Hafenmeister" || it.HTML != "<p>Der Hafen\u00admeister</p>" {
		t.Errorf("title %q, text %q, body %q", it.Title, it.Text, it.HTML)
	}
}

// TestSpacesOfNoWidth: where a line may be broken no space is seen. Khmer has such a
// place between all words.
func TestSpacesOfNoWidth(t *testing.T) {
	it := Items(testSource, feedOf(news.Entry{GUID: "1", Title: news.Text{Value: "Tea and/\u200bor cake"}, Content: news.Text{Value: "<p>\u1796\u17d2\u179a\u17c7\u200b\u179a\u17b6\u1787\u200b\u1787\u17b6, and/\u200bor \ufeffcake</p>"}}), firstPoll)[0]
	if it.Title != "Tea and/or cake" || it.Excerpt != "\u1796\u17d2\u179a\u17c7\u179a\u17b6\u1787\u1787\u17b6, and/or cake" || !strings.Contains(it.HTML, "/\u200bor") {
		t.Errorf("title %q, excerpt %q, body %q", it.Title, it.Excerpt, it.HTML)
	}
}
