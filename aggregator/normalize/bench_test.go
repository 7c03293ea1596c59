package normalize

import (
	"fmt"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// report is an invented body of about 2 KB of HTML, as reports have it.
func report(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<figure><img src="https://img.example/%d.jpg" alt="The harbour" width="800" height="450"><figcaption>The harbour on day %d</figcaption></figure>`, n, n)
	for i := range 6 {
		fmt.Fprintf(&b, `<p>The council said on day %d that the <a href="/topics/%d?utm_source=feed">harbour works</a> would go on for <b>another %d weeks</b>, and that ships of the northern line were to use the second pier until the crane has been mended. &ldquo;It is what we had to do,&rdquo; the master of the port said.</p>`, n+i, i, n%9+i)
	}
	b.WriteString(`<ul><li>The first pier is closed<li>The second is open</ul><script>count()</script>`)
	return b.String()
}

func benchFeed(language string) news.Feed {
	feed := feedOf()
	feed.Language = language
	for i := range 50 {
		feed.Entries = append(feed.Entries, news.Entry{
			GUID: fmt.Sprintf("tag:gazette.example,2024:%d", i), Links: []news.Link{{Href: fmt.Sprintf("https://gazette.example/2024/%d?utm_source=feed&utm_medium=rss", i)}},
			Title:   news.Text{Value: fmt.Sprintf("Harbour works go on for %d weeks", i)},
			Summary: news.Text{Value: "The council said that the works would go on."}, Content: news.Text{Value: report(i), Type: news.TextHTML},
			Published: []string{fmt.Sprintf("Mon, 06 May 2024 %02d:00:00 GMT", i%24)}, Authors: []news.Person{{Name: "Ann Lee"}}, Categories: []news.Category{{Term: "Ports"}},
		})
	}
	return feed
}

func BenchmarkItems(b *testing.B) {
	for _, language := range []string{"en", ""} {
		b.Run("language="+language, func(b *testing.B) {
			feed := benchFeed(language)
			b.ReportAllocs()
			for b.Loop() {
				Items(news.Source{Name: "bench"}, feed, firstPoll)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(feed.Entries)), "µs/item")
		})
	}
}

func BenchmarkItemsKnown(b *testing.B) {
	feed := benchFeed("en")
	for i := range feed.Entries {
		feed.Entries[i].Known = true
	}
	b.ReportAllocs()
	for b.Loop() {
		Items(news.Source{Name: "bench"}, feed, firstPoll)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(feed.Entries)), "µs/item")
}

func BenchmarkCleanHTML(b *testing.B) {
	source := report(1)
	b.SetBytes(int64(len(source)))
	b.ReportAllocs()
	for b.Loop() {
		cleanHTML(source, pageURL, pageURL)
	}
}

func BenchmarkParseDate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		parseDate("Mon, 06 May 2024 12:00:00 +0200")
	}
}

func BenchmarkCanonical(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		canonical("https://www.gazette.example/2024/05/harbour?utm_source=feed&id=7", "www.gazette.example", false)
	}
}

func BenchmarkDetect(b *testing.B) {
	text := cleanHTML(report(1), pageURL, pageURL).text
	b.ReportAllocs()
	for b.Loop() {
		detect(text)
	}
}
