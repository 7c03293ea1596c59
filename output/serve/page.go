package serve

import (
	"bytes"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/wireroom/wireroom/aggregator/news"
)

// smallest is the size, in bytes, below which nothing is compressed: it would
// fit into one packet anyway.
const smallest = 512

// A page is a document ready to be sent.
type page struct {
	doc   news.Document
	forms []form // by falling preference: the smallest first, identity last
}

// A form is a document in one content coding. Each has its own strong ETag
// (RFC 9110 section 8.8.3.3).
type form struct {
	coding string // of Accept-Encoding; "identity" for none
	etag   string
	body   []byte
}

// The compressors, in the order of preference between equally welcome codings.
// Their levels cost some ten milliseconds a megabyte: documents are compressed
// once, and often.
var compressors = []struct {
	coding   string
	compress func(*bytes.Buffer, []byte) error
}{
	{"br", func(b *bytes.Buffer, body []byte) error {
		w := brotli.NewWriterLevel(b, 5)
		if _, err := w.Write(body); err != nil {
			return err
		}
		return w.Close()
	}},
	{"zstd", func(b *bytes.Buffer, body []byte) error {
		w, err := zstd.NewWriter(b, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
		if err != nil {
			return err
		}
		if _, err := w.Write(body); err != nil {
			return err
		}
		return w.Close()
	}},
	{"gzip", func(b *bytes.Buffer, body []byte) error {
		w, err := gzip.NewWriterLevel(b, gzip.DefaultCompression)
		if err != nil {
			return err
		}
		if _, err := w.Write(body); err != nil {
			return err
		}
		return w.Close()
	}},
}

// newPage compresses a document. A coding that saves nothing is left out.
func newPage(doc news.Document) *page {
	p := &page{doc: doc}
	if len(doc.Body) >= smallest {
		for _, c := range compressors {
			var b bytes.Buffer
			// Writing into memory does not fail; if a compressor does, its
			// coding is left out like one that saves nothing.
			if err := c.compress(&b, doc.Body); err == nil && b.Len() < len(doc.Body) {
				p.forms = append(p.forms, form{c.coding, tagFor(doc.ETag, c.coding), bytes.Clone(b.Bytes())})
			}
		}
	}
	p.forms = append(p.forms, form{"identity", doc.ETag, doc.Body})
	return p
}

// tagFor makes the ETag of a coding: "abc" becomes "abc-gzip".
func tagFor(etag, coding string) string {
	return strings.TrimSuffix(etag, `"`) + "-" + coding + `"`
}

// same reports whether the page serves doc already.
func (p *page) same(doc news.Document) bool {
	return p.doc.ETag == doc.ETag && p.doc.ContentType == doc.ContentType && p.doc.Modified.Equal(doc.Modified) &&
		p.doc.MaxAge == doc.MaxAge && p.doc.Private == doc.Private && p.doc.Topic == doc.Topic &&
		strings.Join(p.doc.Link, "\n") == strings.Join(doc.Link, "\n")
}
