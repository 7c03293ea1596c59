package parse

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// FuzzUnpack looks at the guard alone: whatever is compressed, and however it
// is cut off, no more than the limit comes out, and what is no gzip stays.
func FuzzUnpack(f *testing.F) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = io.WriteString(w, strings.Repeat("<item/>", 200))
	_ = w.Close()
	f.Add(packed.Bytes(), int64(4<<10))
	f.Add(packed.Bytes(), int64(100))
	f.Add(packed.Bytes()[:20], int64(4<<10))
	f.Add(append(packed.Bytes(), packed.Bytes()...), int64(2000))
	f.Add([]byte("<rss>"), int64(3))
	f.Fuzz(func(t *testing.T, body []byte, limit int64) {
		limit = max(1, min(limit, 1<<20))
		var feed news.Feed
		out, err := unpack(body, limit, &feed)
		switch {
		case err != nil && !errors.Is(err, ErrTooLarge):
			t.Errorf("an error that nobody can tell: %v", err)
		case err != nil && out != nil:
			t.Errorf("%d bytes beside an error", len(out))
		case int64(len(out)) > limit:
			t.Errorf("%d bytes, over the limit of %d", len(out), limit)
		case err == nil && len(feed.Repairs) == 0 && !bytes.Equal(out, body):
			t.Error("the document was changed, and nobody told")
		}
	})
}

// FuzzRepair looks at the repair alone: whatever comes in, what gofeed is given
// is well-formed in the eyes of a strict parser, of characters that XML allows,
// and no deeper than the limit.
func FuzzRepair(f *testing.F) {
	for _, doc := range []string{
		`<rss><channel><item><title>a<b>&#11;&copy;&bogus;</title>`,
		`<?php warning ?>x<!DOCTYPE rss [<!ENTITY e "&#60;i>">]><rss xmlns:a="u"><channel><a:x:y z='1' z=2><item><description>&e;]]></a></rss>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type=xhtml><div xmlns="http://www.w3.org/1999/xhtml"><p>a<br>b</div></entry>`,
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item rdf:about="x"><media:group><media:content url="a&b"/>`,
		"<rss><channel><item><link>\x00\x01\uffff</link><media:thumbnail url='a<b'/><enclosure url=\"\x02\"",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var feed news.Feed
		text, _ := decodeBytes(body, "", func(string) {})
		text, _, _ = clean(text)
		if !utf8.ValidString(text) {
			t.Fatalf("no UTF-8: %q", text)
		}
		d, err := readXML(text, "https://e.test/feed", 50, &feed)
		if err != nil {
			return
		}
		d.readHead()
		doc := d.skeleton.document(d, d.skeleton.head(d))
		strict := xml.NewDecoder(bytes.NewReader(doc))
		depth, deepest, elements := 0, 0, 0
		for {
			token, err := strict.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("a strict parser refuses %q: %v", doc, err)
			}
			switch token.(type) {
			case xml.StartElement:
				depth++
				elements++
				deepest = max(deepest, depth)
			case xml.EndElement:
				depth--
			}
		}
		if deepest > maxDepth || elements == 0 {
			t.Errorf("%d elements, %d deep", elements, deepest)
		}
		if len(feed.Entries) > 50 {
			t.Errorf("%d entries, over the limit of 50", len(feed.Entries))
		}
	})
}
