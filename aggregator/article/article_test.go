package article_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

func TestSeed(t *testing.T) {
	page, text := recorded(t, "seed", "story.html"), string(recorded(t, "seed", "ukraine-diplomacy.txt"))
	e, err := article.Entry(page, "text/html; charset=utf-8", "https://taghribnews.com/vdcfmcdtjw6dmma.r7iw.html")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	headline, rest, _ := strings.Cut(rest, "\n")
	if e.Title.Value != headline {
		t.Errorf("the headline is %q", e.Title.Value)
	}
	if len(e.Published) != 1 || e.Published[0] != "12 Feb 2022 18:40" {
		t.Errorf("published is %q", e.Published)
	}
	if href := e.Links[0].Href; !strings.HasPrefix(href, "https://taghribnews.com/en/news/538334/lavrov-tells-blinken-") {
		t.Errorf("the canonical link is %s", href)
	}
	body := e.Content.Value
	for _, no := range []string{"Publish", "Story Code", "538334</", "Your Name", "Email", "Security Code", "Post a", "Send",
		"Most read", "headline of the day", "rights reserved", "r7iw", "Economy", "<script", "<input", headline} {
		if strings.Contains(body, no) {
			t.Errorf("the body has %q", no)
		}
	}
	paragraphs, _, _ := strings.Cut(rest, "https://")
	for p := range strings.SplitSeq(paragraphs, "\n") {
		if p = strings.TrimSpace(p); p == "" {
			continue
		}
		if n := strings.Count(plain(body), p); n != 1 {
			t.Errorf("a paragraph is in the body %d times: %.50s…", n, p)
		}
	}
	if len(e.Images) != 1 || e.Images[0].URL != "https://taghribnews.com/images/docs/000538/n00538334-b.jpg" {
		t.Errorf("pictures are %+v", e.Images)
	}
	if e.Language != "en" {
		t.Errorf("the language is %q", e.Language)
	}
}

// plain returns the text of simple HTML.
func plain(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(s, "<") {
		if _, after, ok := strings.Cut(part, ">"); ok && i > 0 {
			part = after
		}
		b.WriteString(part)
	}
	return strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&").Replace(b.String())
}

// recorded reads a file that is beside the project.
func recorded(tb testing.TB, elem ...string) []byte {
	tb.Helper()
	data, err := os.ReadFile(beside.Path(tb, elem...))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

const paragraph = "The harbour was closed on Tuesday after a crane fell on the quay, the port authority said, and ships waited outside until the evening tide. "

func TestEntry(t *testing.T) {
	long := strings.Repeat("<p>"+paragraph+"</p>", 6)
	for name, test := range map[string]struct {
		page string
		want news.Entry // what of it is asked for
	}{
		"linked data": {
			page: `<html lang="pt-BR"><head><title>Porto | Jornal</title><script type="application/ld+json">
				{"@context":"https://schema.org","@graph":[{"@type":"Organization","name":"Jornal"},
				{"@type":["NewsArticle"],"headline":"Porto &amp; guindaste","datePublished":"2026-03-01T10:00:00-03:00",
				 "author":[{"@type":"Person","name":"Ana Lima"}],"image":[{"@type":"ImageObject","name":"O guindaste","contentUrl":"/p.jpg"},"/q.jpg"]}]}</script></head>
				<body><article><h1>Porto &amp; guindaste</h1>` + long + `</article></body></html>`,
			want: news.Entry{Title: news.Text{Value: "Porto & guindaste"}, Published: []string{"2026-03-01T10:00:00-03:00"},
				Authors: []news.Person{{Name: "Ana Lima"}}, Language: "pt-BR",
				Images: []news.Image{{URL: "https://example.org/p.jpg"}}},
		},
		"meta and time": {
			page: `<head><meta property="og:title" content="Crane falls"><meta property="article:published_time" content="2026-03-01T10:00:00Z">
				<meta name="author" content="A. Reporter"></head><body><main><time datetime="2020-01-01">old</time>` + long + `</main></body>`,
			want: news.Entry{Title: news.Text{Value: "Crane falls"}, Published: []string{"2026-03-01T10:00:00Z"},
				Authors: []news.Person{{Name: "A. Reporter"}}},
		},
		"a form around everything": {
			page: `<head><meta property="og:title" content="Crane falls"></head><body><form id="aspnetForm" method="post"><input name="__VIEWSTATE" value="secret">
				<div><p class="dateline">Posted: March 3, 2026, 9:15 AM EST</p>` + long + `</div></form></body>`,
			want: news.Entry{Title: news.Text{Value: "Crane falls"}, Published: []string{"March 3, 2026 9:15 AM EST"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := article.Entry([]byte(test.page), "", "https://example.org/harbour")
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(plain(e.Content.Value), strings.TrimSpace(paragraph)); n != 6 {
				t.Errorf("the text has %d of 6 paragraphs:\n%s", n, e.Content.Value)
			}
			for _, no := range []string{"secret", "Posted", "<h1", "<form"} {
				if strings.Contains(e.Content.Value, no) {
					t.Errorf("the body has %q:\n%s", no, e.Content.Value)
				}
			}
			got := news.Entry{Title: news.Text{Value: e.Title.Value}, Published: e.Published, Authors: e.Authors, Language: e.Language, Images: e.Images}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLinkedData: what a page says to machines is read in every form in which pages write
// it and search engines read it.
func TestLinkedData(t *testing.T) {
	const said = `{"@type":"NewsArticle","headline":"Crane falls","datePublished":"2026-03-01T10:00:00Z","author":{"name":"Ann"}}`
	for form, script := range map[string]string{
		"plain":         `<script type="application/ld+json">` + said,
		"lines in text": `<script type="application/ld+json">` + strings.Replace(said, "Crane falls", "Crane\n\tfalls", 1),
		"a comment":     "<script type='application/ld+json'><!--\n" + said + "\n-->",
		"CDATA":         "<script type='application/ld+json'>//<![CDATA[\n" + said + "\n//]]>",
		"a statement":   `<script type="application/ld+json">` + said + ";",
		"parameters":    `<script type="Application/LD+JSON; charset=utf-8">` + said,
		"full names":    `<script type="application/ld+json">` + strings.Replace(said, "NewsArticle", "http://schema.org/NewsArticle", 1),
		"no data":       `<script type="application/ld+json">]{</script><script type="application/ld+json">` + said,
	} {
		e, err := article.Entry([]byte(script+"</script><article>"+strings.Repeat("<p>"+paragraph+"</p>", 4)), "", "https://example.org/harbour")
		if err != nil || e.Title.Value != "Crane falls" || len(e.Published) != 1 || len(e.Authors) != 1 {
			t.Errorf("%s: title %q, published %q, authors %v (%v)", form, e.Title.Value, e.Published, e.Authors, err)
		}
	}
}

// TestManyAuthors: a page that names a hundred thousand authors takes no longer than
// others.
func TestManyAuthors(t *testing.T) {
	var said strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&said, `"A%d",`, i)
	}
	page := `<script type="application/ld+json">{"@type":"Article","headline":"H","author":[` + said.String() + `"Z"]}</script>` + strings.Repeat("<p>"+paragraph+"</p>", 4)
	start := race.Spent(t)
	e, err := article.Entry([]byte(page), "", "https://example.org/a")
	if took := race.Spent(t) - start; took > 2*time.Second || err != nil || len(e.Authors) < 10 || e.Authors[1].Name != "A1" {
		t.Errorf("%d authors took %v (%v)", len(e.Authors), took, err)
	}
}

// TestFilms: a film within an article is part of it, an advertisement's frame
// is not.
func TestFilms(t *testing.T) {
	long := strings.Repeat("<p>"+paragraph+"</p>", 3)
	const film, lazy = "https://www.youtube.com/embed/abc123?rel=0", "//player.vimeo.com/video/77"
	page := `<body><article><h1>Crane falls</h1>` + long + `<div class="video"><iframe width="560" height="315" src="` + film + `"></iframe></div>` + long +
		`<figure><iframe data-src="` + lazy + `"></iframe><figcaption>The quay</figcaption></figure><iframe src="https://ads.example/frame"></iframe>` + long +
		`</article><aside><iframe src="https://www.youtube.com/embed/other"></iframe></aside></body>`
	e, err := article.Entry([]byte(page), "", "https://example.org/harbour")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]int{film: 1, lazy: 1, "ads.example": 0, "embed/other": 0} {
		if n := strings.Count(e.Content.Value, address); n != want {
			t.Errorf("%s is in the text %d times, want %d:\n%s", address, n, want, e.Content.Value)
		}
	}
}

// TestLatePictures: the pictures of an article are those that its readers see, though
// scripts show them, and not what stands in their place.
func TestLatePictures(t *testing.T) {
	long := strings.Repeat("<p>"+paragraph+"</p>", 3)
	for picture, want := range map[string]string{
		`<img class="a lazyload" src="/blank.gif" data-src="/media?id=5">`:                                                                          `/media?id=5`,
		`<img src="/blank.gif" data-photo="5"><noscript><img src="/p.jpg" alt="Pier"></noscript>`:                                                   `/p.jpg`,
		`<span class="frame"><img src="/blank.gif"></span> <noscript><img src="/p.jpg" alt="Pier"></noscript>`:                                      `/p.jpg`,
		`<span class="frame"></span><noscript><img src="/p.jpg"></noscript>`:                                                                        `/p.jpg`,
		`<noscript><img src="/p.jpg"></noscript><noscript><img src="/q.jpg"></noscript>`:                                                            `/p.jpg`,
		`<img src="/p.jpg"><noscript>Please allow <img src="/no.gif"> scripts since 2026-01-01</noscript>`:                                          `/p.jpg`,
		`<img class="emoji" alt="😀" src="/emoji.png"><noscript><img width=1 height=1 src="/count"></noscript>`:                                      `class="emoji"`,
		`<img src="/p.jpg"><noscript><div><img src="/blank.gif" style="position:absolute; left:-9999px;" alt=""></div></noscript>`:                  `/p.jpg`,
		`<img src="/p.jpg"><noscript><div style="width: 0; height: 0"><img src="/blank.gif"></div></noscript>`:                                      `/p.jpg`,
		`<img src="/p.jpg"><noscript><img src="/blank.gif" width="1px" height="1px"></noscript>`:                                                    `/p.jpg`,
		`<img src="/p.jpg"><noscript><img src="//count.example/matomo.php?idsite=1&amp;rec=1&amp;to=blank.gif" style="border:0" alt=""></noscript>`: `/p.jpg`,
		`<img src="/p.jpg"><noscript><p><img src="https://sb.scorecardresearch.com/p?c1=2&amp;to=blank.gif"></p></noscript>`:                        `/p.jpg`,
		`<img src="/blank.gif"><noscript><img src="/p.jpg" style="max-width: 100%; width: 100px; top: -1px"></noscript>`:                            `/p.jpg`,
	} {
		e, err := article.Entry([]byte("<body><article><h1>Crane falls</h1>"+long+"<p>"+picture+"</p>"+long+"</article></body>"), "", "https://example.org/harbour")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(e.Content.Value, want) || strings.Contains(e.Content.Value, "allow") || want == "/p.jpg" && strings.Contains(e.Content.Value, "blank.gif") || len(e.Published) > 0 {
			t.Errorf("%s became %s, published %v", picture, strings.ReplaceAll(e.Content.Value, long, ""), e.Published)
		}
	}
}

// TestLatePicturesOnce: what stands for a picture until scripts show it is taken out
// behind what readers without scripts are given, too.
func TestLatePicturesOnce(t *testing.T) {
	long := strings.Repeat("<p>"+paragraph+"</p>", 3)
	late := func(name string) string {
		return `<img class="lazyload" src="data:image/gif;base64,R0" data-src="` + name + `">`
	}
	plain := func(name string) string { return `<noscript><img src="` + name + `"></noscript>` }
	for _, pictures := range []string{
		plain("/p.jpg") + late("/p.jpg") + plain("/q.jpg") + late("/q.jpg"),
		plain("/p.jpg") + " <span>" + late("/p.jpg") + "</span> <a href='/q'>" + plain("/q.jpg") + late("/q.jpg") + "</a>",
		late("/p.jpg") + plain("/p.jpg") + late("/q.jpg") + plain("/q.jpg"),
		plain("/p.jpg") + late("/q.jpg") + plain("/q.jpg"),
	} {
		e, err := article.Entry([]byte("<body><article><h1>Crane falls</h1>"+long+"<p>"+pictures+"</p>"+long+"</article></body>"), "", "https://example.org/harbour")
		if err != nil {
			t.Fatal(err)
		}
		all, p, q := strings.Count(e.Content.Value, "<img"), strings.Index(e.Content.Value, "/p.jpg"), strings.Index(e.Content.Value, "/q.jpg")
		if all != 2 || p < 0 || q < p {
			t.Errorf("%s became %s", pictures, strings.ReplaceAll(e.Content.Value, long, ""))
		}
	}
}

// TestByLines: all who wrote an article are named, by their names alone.
func TestByLines(t *testing.T) {
	long := strings.Repeat("<p>"+paragraph+"</p>", 6)
	for head, want := range map[string][]string{
		`<script type="application/ld+json">{"@type":"NewsArticle","headline":"H","author":[{"name":"Ana Lima"},{"name":"Bo Stern"},"Ana Lima"]}</script>`: {"Ana Lima", "Bo Stern"},
		`<body><p class="byline">By Ann Potter</p>`:                      {"Ann Potter"},
		`<html lang="de-AT"><body><p class="byline">Von: Ann Potter</p>`: {"Ann Potter"},
		`<html lang="en"><body><p class="byline">Von Trapp</p>`:          {"Von Trapp"},
	} {
		e, err := article.Entry([]byte(head+"<article><h1>Crane falls</h1>"+long+"</article>"), "", "https://example.org/harbour")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range e.Authors {
			got = append(got, p.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", head, diff)
		}
	}
}

func TestNoArticle(t *testing.T) {
	for _, page := range []string{"", "<p>Short.</p>", "\xff\xfe\x00", strings.Repeat("<a href=x>link</a> ", 500), "<frameset><frame src=x></frameset>"} {
		if _, err := article.Entry([]byte(page), "", "https://example.org/"); !errors.Is(err, article.ErrNoArticle) {
			t.Errorf("of %.20q the error is %v", page, err)
		}
	}
}

// TestAmongScripts: scripts and styles are no part of a page's text, however long: what
// has most of that is the article, whatever it is called, and no date is theirs.
func TestAmongScripts(t *testing.T) {
	long := strings.Repeat("<p>"+paragraph+"</p>", 6)
	script := "<script>" + strings.Repeat("var x = 'the state of 2 January 2026';", 3000) + "</script>"
	for _, page := range []string{
		"<div class='body paywall'>" + long + "</div>" + script,
		"<form>" + script + long + "</form>",
		"<div>" + script + "</div><div id=print>" + long + "</div>",
		"<style>" + strings.Repeat(".x{color:red}", 3000) + "</style><div id=print>" + long + "</div>",
		"<svg><text>" + strings.Repeat("xxx", 3000) + "</text></svg><div class=toolbar-main><div class=tags>" + long + "</div></div>",
	} {
		e, err := article.Entry([]byte("<body><nav><a href=x>Link</a></nav><h1>Crane falls</h1>"+page+"</body>"), "", "https://example.org/a")
		if n := strings.Count(e.Content.Value, strings.TrimSpace(paragraph)); err != nil || n != 6 || len(e.Published) > 0 {
			t.Errorf("%.60s: %d of 6 paragraphs, published %v (%v)", page, n, e.Published, err)
		}
	}
}

// TestAsides: what stands beside a short article is not taken for it.
func TestAsides(t *testing.T) {
	const short, beside = "<p>The ferry sails again, from today, and at the old hours.</p>", "<p>Every day the paper tells you what happens on the quay, and in the town behind it.</p>"
	aside, long := "<aside>"+strings.Repeat(beside, 10)+"</aside>", strings.Repeat("<p>"+paragraph+"</p>", 3)
	for page, want := range map[string]string{
		"<main><article><h1>Ferry</h1>" + short + "</article></main>" + aside:    "",
		"<article><h1>Ferry</h1>" + short + "</article><div>" + aside + "</div>": "",
		"<article><h1>Ferry</h1>" + long + "</article>" + aside:                  "The harbour",
		"<article><h1>Ferry</h1>" + long + aside + long + "</article>":           "The harbour",
		"<div><h1>Ferry</h1>" + long + "</div>" + aside:                          "The harbour",
	} {
		e, err := article.Entry([]byte("<body>"+page), "", "https://example.org/a")
		if (err == nil) != (want != "") || !strings.Contains(e.Content.Value, want) || strings.Contains(e.Content.Value, "Every day") {
			t.Errorf("%.60s became %.200s (%v)", page, e.Content.Value, err)
		}
	}
}

// TestOtherDocuments: what is no page has no article, whoever says so.
func TestOtherDocuments(t *testing.T) {
	long := strings.Repeat("<p>"+paragraph+"</p>", 6)
	sound := "ID3\x03\x00" + strings.Repeat("\xfb\x90 d\x00a, b", 2000)
	paper := "%PDF-1.7\n" + strings.Repeat("<< /Contents ("+paragraph+") >>\n", 20)
	for _, c := range []struct {
		contentType, document string
		article               bool
	}{
		{"text/html; charset=utf-8", long, true}, {"", long, true}, {"application/xhtml+xml", long, true}, {"text/plain", long, true},
		{"text/html", "\xff\xfe" + strings.Join(strings.Split(long, ""), "\x00") + "\x00", true},
		{"audio/mpeg", sound, false}, {"text/html", sound, false}, {"", sound, false},
		{"application/pdf", paper, false}, {"text/plain", paper, false},
		{"application/json", `[{"text":"` + strings.Repeat(paragraph, 6) + `"}]`, false},
		{"text/xml", "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>" + long, true}, {"text/xml", "<rss>" + long, false},
		{"application/rss+xml", "<rss><channel><item><description>" + long + "</description></item></channel></rss>", false},
	} {
		if _, err := article.Entry([]byte(c.document), c.contentType, "https://example.org/a"); (err == nil) != c.article {
			t.Errorf("%s, %.20q: %v", c.contentType, c.document, err)
		}
	}
}

func TestCanonical(t *testing.T) {
	for head, want := range map[string]string{
		``: "https://example.org/a?page=2",
		`<link rel="canonical" href="/b?utm_source=x">`:                                         "https://example.org/b?utm_source=x",
		`<link rel="canonical" href="https://example.org/">`:                                    "https://example.org/a?page=2",
		`<link rel="canonical" href="https://example.org/"><meta property=og:url content="/c">`: "https://example.org/c",
		`<link rel="canonical" href="javascript:alert(1)">`:                                     "https://example.org/a?page=2",
		`<base href="https://example.com/x/"><link rel="shortlink canonical" href="y">`:         "https://example.com/x/y",
		`<link rel="canonical" href="https://agency.example/story/1">`:                          "https://agency.example/story/1",
	} {
		page := "<head>" + head + "</head><body>" + strings.Repeat("<p>"+paragraph+"</p>", 4)
		e, err := article.Entry([]byte(page), "", "https://example.org/a?page=2")
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Links[0].Href; got != want {
			t.Errorf("%s: canonical is %s, not %s", head, got, want)
		}
	}
}

func TestComplete(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	it := news.Item{ID: "1", Title: "T", HTML: "<p>Head.</p>", Text: "Head.", Excerpt: "Head.", Hash: "h", Canonical: "https://example.org/s", Published: noon}
	page := news.Item{ID: "2", Title: "T - Site", HTML: "<p>Head. Rest.</p>", Text: "Head. Rest.", Hash: "p",
		Canonical: "https://example.org/long", Published: noon.Add(-time.Hour), Dated: true, Zone: "+01:00", Language: "en"}
	want := news.Item{ID: "1", Title: "T", Summary: "<p>Head.</p>", HTML: "<p>Head. Rest.</p>", Text: "Head. Rest.", Excerpt: "Head.", Hash: "h",
		Canonical: "https://example.org/long", Published: noon.Add(-time.Hour), Dated: true, Zone: "+01:00", Language: "en", FullText: true}
	if !article.Complete(&it, &page) {
		t.Error("the page had no more text")
	}
	if diff := cmp.Diff(want, it); diff != "" {
		t.Error(diff)
	}
	for title, want := range map[string]string{"": "T - Site", "https://example.org/s": "T - Site", "T": "T"} {
		it := news.Item{Title: title, URL: "https://example.org/s"}
		if article.Complete(&it, &page); it.Title != want {
			t.Errorf("with the title %q it is called %q, want %q", title, it.Title, want)
		}
	}
	if article.Complete(&it, &news.Item{Text: "Short."}) {
		t.Error("a shorter page completed an item")
	}
}

// TestHostile gives pages that cost more than they should.
func TestHostile(t *testing.T) {
	for name, page := range map[string]string{
		"many":     strings.Repeat("<p class=date>x</p>", 20000),
		"deep":     strings.Repeat("<div class=comment>", 5000),
		"wide":     strings.Repeat("<p>x</p>", 60000),
		"dates":    strings.Repeat("<div>1 Jan 2026 - ", 400) + strings.Repeat("<i>2026-01-01</i>", 20000),
		"figures":  "<p>" + strings.Repeat("1", 1<<19),
		"json":     `<script type="application/ld+json">` + strings.Repeat("[", 1<<20),
		"brackets": strings.Repeat("<a<b", 50000),
		"forms":    strings.Repeat("<form><p>"+paragraph+"</form>", 1000),
	} {
		start := race.Spent(t)
		_, err := article.Entry([]byte(page), "", "https://example.org/a")
		if took := race.Spent(t) - start; took > 5*time.Second {
			t.Errorf("%s took %v (%v)", name, took, err)
		}
	}
}
