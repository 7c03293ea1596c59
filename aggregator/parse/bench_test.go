package parse_test

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/parse"
)

// benchDoc is an invented RSS document of 50 entries with 2 KB of HTML each.
func benchDoc() []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Gazette</title><link>https://gazette.example/</link><language>en</language>`)
	body := strings.Repeat(`<p>The council said that the <a href="/topics/7">harbour works</a> would go on for <b>another week</b>, and that ships were to use the second pier.</p>`, 14)
	for i := range 50 {
		fmt.Fprintf(&b, `<item><title>Harbour works &amp;amp; pier %d</title><link>https://gazette.example/2024/%d</link><guid isPermaLink="false">tag:gazette.example,2024:%d</guid><pubDate>Mon, 06 May 2024 12:00:00 GMT</pubDate><dc:creator>Ann Lee</dc:creator><category>Ports</category><category>Ships</category><description>%s</description><content:encoded><![CDATA[%s]]></content:encoded><media:thumbnail url="https://img.example/%d.jpg" width="100" height="50"/></item>`,
			i, i, i, html.EscapeString("<p>The works go on.</p>"), body, i)
	}
	b.WriteString(`</channel></rss>`)
	return []byte(b.String())
}

func benchmark(b *testing.B, read func(news.Answer) (news.Feed, error)) {
	doc := benchDoc()
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := read(news.Answer{URL: docURL, Body: doc}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*50), "µs/entry")
}

func BenchmarkParse(b *testing.B) { benchmark(b, ours) }

func BenchmarkParseKnown(b *testing.B) {
	benchmark(b, func(a news.Answer) (news.Feed, error) {
		return parse.Changed(news.Source{}, a, func(string) bool { return true })
	})
}

func BenchmarkGofeedAlone(b *testing.B) { benchmark(b, gofeedAlone) }
