package parse

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// stageDoc is an invented document of about 100 kB, and what else is in it.
func stageDoc(entry string) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Gazette</title><link>https://gazette.example/</link>`)
	for i := range 40 {
		fmt.Fprintf(&b, `<item><title>Harbour works %d</title><link>https://gazette.example/%d</link><description>%s</description>%s</item>`,
			i, i, strings.Repeat("The council said that ships were to use the second pier. ", 40), entry)
	}
	b.WriteString("</channel></rss>")
	return []byte(b.String())
}

// BenchmarkGuard is what it costs to look at a document before it is read: one
// that is as it should be, and one that was compressed unnoticed.
func BenchmarkGuard(b *testing.B) {
	plain := stageDoc("")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(plain)
	w.Close()
	for name, body := range map[string][]byte{"plain": plain, "gzip": packed.Bytes()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				if out, err := unpack(body, maxBytes, &news.Feed{}); err != nil || len(out) != len(plain) {
					b.Fatal(len(out), err)
				}
			}
		})
	}
}

// BenchmarkRepair is what it costs to read a document that gofeed alone gives
// up at or reads wrongly: control characters, bytes of another charset, bare
// ampersands, elements that are not closed. It is to be compared with a sound one.
func BenchmarkRepair(b *testing.B) {
	for name, entry := range map[string]string{
		"sound":   "<category>Ports &amp; ships</category>",
		"damaged": "<category>Ports & ships\x01</category><p>caf\xe9<author>Ann</item><item>",
	} {
		b.Run(name, func(b *testing.B) {
			doc := stageDoc(entry)
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if feed, err := Parse(news.Source{}, news.Answer{URL: "https://gazette.example/rss", Body: doc}); err != nil || len(feed.Entries) < 40 {
					b.Fatal(len(feed.Entries), err)
				}
			}
		})
	}
}
