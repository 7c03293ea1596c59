package serve

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/wireroom/wireroom/aggregator/news"
)

// smallest is the size, in bytes, below which nothing is compressed: it would
// fit into one packet anyway.
const smallest = 512

// A page is a document ready to be sent: what of its header is the same for
// every reader is made once.
type page struct {
	doc          news.Document
	forms        []*form // by falling preference, identity last
	cacheControl []string
	modified     []string // nil: not said
	contentType  []string
}

// A form is a document in one content coding. Each has its own strong ETag
// (RFC 9110 section 8.8.3.3). Gzip is made when the document is set, and so is
// what readers of its predecessor asked for; another coding is made when the
// first reader asks for it, and kept.
type form struct {
	coding string // of Accept-Encoding; "identity" for none
	etag   []string
	asked  atomic.Bool

	once   sync.Once
	body   []byte // nil: the coding saves nothing
	length []string
}

// A coder compresses into memory, again and again.
type coder interface {
	io.WriteCloser
	Reset(io.Writer)
}

// The codings, in the order of preference between equally welcome ones: the
// smallest first. At these levels the sizes of the first two are alike, and
// the last is a fifteenth larger; levels beyond cost about twice as much for
// less than that.
var codings = []struct {
	name   string
	coders sync.Pool
}{
	{"zstd", sync.Pool{New: func() any {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
		if err != nil {
			panic(err) // the options are valid
		}
		return coder(w)
	}}},
	{"br", sync.Pool{New: func() any { return coder(brotli.NewWriterV2(nil, 2)) }}},
	{"gzip", sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, 3)
		if err != nil {
			panic(err) // the level is valid
		}
		return coder(w)
	}}},
}

// newPage prepares a document. Old is the page in whose place it comes, or nil.
func newPage(doc news.Document, old *page) *page {
	p := &page{
		doc:          doc,
		cacheControl: []string{cacheControl(doc)},
		contentType:  []string{doc.ContentType},
	}
	if !doc.Modified.IsZero() {
		p.modified = []string{doc.Modified.UTC().Format(http.TimeFormat)}
	}
	if len(doc.Body) >= smallest {
		for i := range codings {
			f := &form{coding: codings[i].name, etag: []string{tagFor(doc.ETag, codings[i].name)}}
			p.forms = append(p.forms, f)
			if f.coding == "gzip" || old != nil && old.asked(f.coding) {
				p.open(f)
			}
		}
	}
	p.forms = append(p.forms, &form{coding: "identity", etag: []string{doc.ETag}})
	return p
}

// asked reports whether a reader was sent that coding.
func (p *page) asked(coding string) bool {
	for _, f := range p.forms {
		if f.coding == coding {
			return f.asked.Load()
		}
	}
	return false
}

// open returns the bytes of a form, made if need be, and reports whether there
// are any: a coding that saves nothing is not offered.
func (p *page) open(f *form) bool {
	f.once.Do(func() {
		body := p.doc.Body
		if f.coding != "identity" {
			body = compress(f.coding, body)
		}
		f.body, f.length = body, []string{strconv.Itoa(len(body))}
	})
	return f.coding == "identity" || f.body != nil
}

// compress returns body in a coding, or nil if that is no smaller.
func compress(coding string, body []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(body) / 2)
	for i := range codings {
		if codings[i].name != coding {
			continue
		}
		w := codings[i].coders.Get().(coder)
		defer codings[i].coders.Put(w)
		w.Reset(&b)
		// Writing into memory does not fail; if a coder does, its coding is
		// left out like one that saves nothing.
		if _, err := w.Write(body); err != nil || w.Close() != nil {
			return nil
		}
	}
	if b.Len() >= len(body) {
		return nil
	}
	return bytes.Clone(b.Bytes())
}

// size is what the page takes of memory at most, in bytes.
func (p *page) size() int { return len(p.forms) * len(p.doc.Body) }

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
