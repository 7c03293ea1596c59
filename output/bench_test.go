package output_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// BenchmarkPublishOneChange is what one changed story in a topic of a hundred
// costs, from its filings to compressed bytes before readers, in all formats: of
// excerpts, as topics are by default, and of whole texts, 1 to 4 KB of HTML each.
func BenchmarkPublishOneChange(b *testing.B) {
	for _, content := range []news.ContentPolicy{news.ContentExcerpt, news.ContentFull} {
		b.Run(string(content), func(b *testing.B) { publishOneChange(b, content) })
	}
}

// prose returns about n bytes of invented text in words by Zipf's law.
func prose(rng *rand.Rand, n int) string {
	const syllables = "barelotimuscandervolpitrasongehirkulimentosa"
	words := rand.NewZipf(rng, 1.1, 3, 20_000)
	var text strings.Builder
	for text.Len() < n {
		for rest := words.Uint64() + 7; rest > 0; rest /= 21 {
			text.WriteString(syllables[rest%21*2:][:2])
		}
		text.WriteByte(' ')
	}
	return strings.TrimSpace(text.String())
}

func publishOneChange(b *testing.B, content news.ContentPolicy) {
	site := render.Site{BaseURL: "https://feeds.example.org", Title: "The Example Desk", Authority: "example.org,2026"}
	ch := render.Channel{Topic: news.Topic{Name: "city", Title: "City & port", Content: content}, MaxAge: 10 * time.Minute}
	start := time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		at := start.Add(-time.Duration(i) * time.Hour)
		var html strings.Builder
		for size := 1000 + rng.IntN(3000); html.Len() < size; {
			fmt.Fprintf(&html, "<p>%s <a href=\"https://o.example/%d\">%s</a> %s</p>\n", prose(rng, 200), rng.IntN(1e6), prose(rng, 20), prose(rng, 100))
		}
		ch.Filed = append(ch.Filed, news.Filed{
			Filing: news.Filing{ID: fmt.Sprintf("tag:example.org,2026:city/%d", i), Story: fmt.Sprintf("s%d", i), Published: at, Updated: at, FirstFiled: at},
			Members: []news.Member{{
				Outlet: news.Outlet{Source: "o", Title: "Harbour Times", Feed: "https://o.example/feed", Content: news.ContentFull},
				Record: news.Record{Seq: int64(i), Item: news.Item{
					Source: "o", ID: fmt.Sprint(i), Canonical: fmt.Sprintf("https://o.example/%d", i), Title: prose(rng, 60),
					HTML: html.String(), Excerpt: prose(rng, 280), Language: "en", Published: at,
				}},
			}},
		})
	}
	var press render.Press
	server := serve.New(serve.Options{Log: slog.New(slog.DiscardHandler)})
	handler := server.Handler()
	publish := func(i int64) (size, sent int) {
		f := &ch.Filed[50]
		f.Updated = start.Add(time.Duration(i) * time.Second)
		f.Members[0].Record.Seq = 1000 + i
		docs, _, err := press.Documents(site, ch)
		if err != nil {
			b.Fatal(err)
		}
		server.Set(docs...)
		for _, doc := range docs {
			size += len(doc.Body)
			r := httptest.NewRequest("HEAD", doc.Path, nil)
			r.Header.Set("Accept-Encoding", "gzip")
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			n, err := strconv.Atoi(w.Header().Get("Content-Length"))
			if err != nil || w.Header().Get("Content-Encoding") != "gzip" {
				b.Fatalf("%s: %v", doc.Path, w.Header())
			}
			sent += n
		}
		return size, sent
	}
	size, sent := publish(0) // all of it: what is measured is what comes after
	b.ReportAllocs()
	begin := race.Spent(b)
	for i := int64(1); b.Loop(); i++ {
		publish(i)
	}
	b.ReportMetric(float64((race.Spent(b)-begin).Microseconds())/float64(b.N), "cpu-µs/change")
	b.ReportMetric(float64(size), "bytes")
	b.ReportMetric(float64(sent), "compressed-bytes")
}
