package poll_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// BenchmarkPoll is a poll over loopback, the server included.
func BenchmarkPoll(b *testing.B) {
	doc := packedDoc()
	for _, bench := range []struct {
		name  string
		etag  string
		reply func(w http.ResponseWriter)
	}{
		{"not modified", `"1"`, func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotModified) }},
		{"gzip 100 kB", "", func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(doc)
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			o := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { bench.reply(w) })
			url := serveBench(b, o)
			c := poll.NewClient(poll.Options{})
			defer c.Close()
			src := news.Source{Name: "bench", URL: url, AllowPrivate: true}
			state := news.State{URL: url, Validators: news.Validators{URL: url, ETag: bench.etag}}
			b.ReportAllocs()
			for b.Loop() {
				if a := c.Poll(b.Context(), src, state, time.Now()); a.Outcome != "" && !a.Outcome.OK() {
					b.Fatal(a.Error)
				}
			}
		})
	}
}

func packedDoc() []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for i := range 2000 {
		fmt.Fprintf(w, "<item><guid>%d</guid><title>An item with number %d</title></item>", i, i*7919)
	}
	w.Close()
	return b.Bytes()
}

func serveBench(b *testing.B, h http.Handler) string {
	s := httptest.NewServer(h)
	b.Cleanup(s.Close)
	return s.URL + "/"
}
