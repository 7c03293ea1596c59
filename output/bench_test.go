package output_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// BenchmarkPublishOneChange is what one changed story in a topic of a hundred
// costs, from its filings to compressed bytes before readers, in all formats:
// with the one coding that is always made, and with all that readers ask for.
func BenchmarkPublishOneChange(b *testing.B) {
	for name, codings := range map[string][]string{"gzip": nil, "gzip, br, zstd": {"br", "zstd"}} {
		b.Run(name, func(b *testing.B) { publishOneChange(b, codings) })
	}
}

func publishOneChange(b *testing.B, codings []string) {
	site := render.Site{BaseURL: "https://feeds.example.org", Title: "The Example Desk", Authority: "example.org,2026"}
	ch := render.Channel{Topic: news.Topic{Name: "city", Title: "City & port", Content: news.ContentFull}, MaxAge: 10 * time.Minute}
	start := time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)
	words := strings.Fields("ferry tram pier council harvest storm coast river treaty museum island orchard night train ticket mayor vote school bridge lantern")
	for i := range 100 {
		at := start.Add(-time.Duration(i) * time.Hour)
		var text strings.Builder
		for k := range 60 {
			text.WriteString(words[(i*7+k*k+k*i)%len(words)] + " ")
		}
		ch.Filed = append(ch.Filed, news.Filed{
			Filing: news.Filing{ID: fmt.Sprintf("tag:example.org,2026:city/%d", i), Story: fmt.Sprintf("s%d", i), Published: at, Updated: at, FirstFiled: at},
			Members: []news.Member{{
				Outlet: news.Outlet{Source: "o", Title: "Harbour Times", Feed: "https://o.example/feed", Content: news.ContentFull},
				Record: news.Record{Seq: int64(i), Item: news.Item{
					Source: "o", ID: fmt.Sprint(i), Canonical: fmt.Sprintf("https://o.example/%d", i), Title: text.String()[:60],
					HTML: "<p>" + text.String() + "</p>", Excerpt: text.String()[:200], Language: "en", Published: at,
				}},
			}},
		})
	}
	var press render.Press
	server := serve.New(serve.Options{Log: slog.New(slog.DiscardHandler)})
	handler := server.Handler()
	b.ReportAllocs()
	begin := processorTime()
	defer func() {
		b.ReportMetric(float64((processorTime()-begin).Microseconds())/float64(b.N), "cpu-µs/change")
	}()
	for i := int64(0); b.Loop(); i++ {
		f := &ch.Filed[50]
		f.Updated = start.Add(time.Duration(i) * time.Second)
		f.Members[0].Record.Seq = 1000 + i
		docs, _, err := press.Documents(site, ch)
		if err != nil {
			b.Fatal(err)
		}
		server.Set(docs...)
		for _, doc := range docs {
			for _, coding := range codings {
				r := httptest.NewRequest("HEAD", doc.Path, nil)
				r.Header.Set("Accept-Encoding", coding)
				handler.ServeHTTP(httptest.NewRecorder(), r)
			}
		}
	}
}

// processorTime is what the process has taken of the processor: on a machine
// with other work the clock on the wall tells little.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a bad address only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
