package serve

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// smallest is the size, in bytes, below which nothing is compressed: it would
// fit into one packet anyway.
const smallest = 512

// soon is within what time of a change a document is published, however much else
// is. One that is published later has lost something, of which nobody need be told.
const soon = time.Minute

// A page is a document ready to be sent: what of its header is the same for
// every reader is made once.
type page struct {
	doc          news.Document
	bare         *form // as it is
	zipping      sync.Once
	zipped       zipped // once zipping is done, and zip its form; nil: not offered
	zip          *form
	wanted       atomic.Bool // gzip was asked for
	cacheControl []string
	changed      time.Time // when the document was modified, or the page made if that is ahead
	modified     []string  // that, as it is said; nil: not said
	twice        bool      // so was the version before, within the same second
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
// Where that was asked for in gzip, this one will be, and is compressed at once,
// with what the two have in common; else when somebody asks.
func newPage(doc news.Document, old *page) *page {
	p := &page{
		doc:          doc,
		bare:         newForm("identity", doc.ETag, doc.Body),
		cacheControl: []string{cacheControl(doc)},
		contentType:  []string{doc.ContentType},
	}
	if p.changed = doc.Modified; !p.changed.IsZero() {
		now := time.Now()
		if p.changed.After(now) {
			p.changed = now // RFC 9110 section 8.8.2.1
		}
		p.modified = []string{p.changed.UTC().Format(http.TimeFormat)}
		p.twice = old != nil && old.doc.ETag != doc.ETag && old.changed.Unix() == p.changed.Unix() && now.Sub(p.changed) < soon
	}
	if old != nil && old.wanted.Load() {
		p.compress(old)
	}
	return p
}

// known reports whether a reader has a form of this page already. A page that is dated
// ahead is known by its own date alone: by the clock that dated it, which may be that of
// another replica, a later one may be that of an earlier version. By the second in
// which two versions were modified none is known.
func (p *page) known(noneMatch, modifiedSince string, f *form) bool {
	if ahead := !p.changed.Equal(p.doc.Modified); ahead && noneMatch == "" {
		return modifiedSince == p.modified[0] && !p.twice
	}
	changed := p.changed
	if p.twice {
		changed = changed.Add(time.Second)
	}
	return notModified(noneMatch, modifiedSince, f.etag[0], changed)
}

// inGzip returns the form in gzip, made when it is first asked for. It is nil if
// the coding saves nothing: then it is not offered.
func (p *page) inGzip() *form {
	if !p.wanted.Load() {
		p.wanted.Store(true)
	}
	p.compress(nil)
	return p.zip
}

// compress makes the form in gzip, unless it is made.
func (p *page) compress(old *page) {
	p.zipping.Do(func() {
		if len(p.doc.Body) < smallest {
			return
		}
		if old == nil {
			old = &page{}
		}
		old.compress(nil) // whoever asked may not have it yet
		if z := zip(p.doc.Body, old.doc.Body, old.zipped); len(z.body) < len(p.doc.Body) {
			p.zipped, p.zip = z, newForm("gzip", tagFor(p.doc.ETag, "gzip"), z.body)
		}
	})
}

// size is what the page takes of memory, in bytes, once it is compressed.
func (p *page) size() int {
	p.compress(nil)
	return len(p.doc.Body) + len(p.zipped.body)
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
