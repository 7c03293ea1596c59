package serve

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/wireroom/wireroom/aggregator/news"
)

// smallest is the size, in bytes, below which nothing is compressed: it would
// fit into one packet anyway.
const smallest = 512

// A page is a document ready to be sent: what of its header is the same for
// every reader is made once.
type page struct {
	doc          news.Document
	zipped       zipped
	forms        []*form // by falling preference, identity last
	cacheControl []string
	modified     []string // nil: not said
	contentType  []string
}

// A form is a document in one content coding. Each has its own strong ETag
// (RFC 9110 section 8.8.3.3).
type form struct {
	coding string // of Accept-Encoding; "identity" for none
	etag   []string
	body   []byte
	length []string

	head, knownHead atomic.Pointer[[]byte] // see headOf
}

func newForm(coding, etag string, body []byte) *form {
	return &form{coding: coding, etag: []string{etag}, body: body, length: []string{strconv.Itoa(len(body))}}
}

// newPage prepares a document. Old is the page in whose place it comes, or nil.
// A coding that saves nothing is not offered.
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
		if old == nil {
			old = &page{}
		}
		if z := zip(doc.Body, old.doc.Body, old.zipped); len(z.body) < len(doc.Body) {
			p.zipped = z
			p.forms = append(p.forms, newForm("gzip", tagFor(doc.ETag, "gzip"), z.body))
		}
	}
	p.forms = append(p.forms, newForm("identity", doc.ETag, doc.Body))
	return p
}

// size is what the page takes of memory, in bytes.
func (p *page) size() int { return len(p.doc.Body) + len(p.zipped.body) }

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
