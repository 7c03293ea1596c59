package serve

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/wireroom/wireroom/output/serve/plain"
)

// Front returns a listener whose readers are answered without net/http where
// they plainly ask for a document that is held and that everybody may have. The
// connections that it gives are for HTTPServer. It is for connections without TLS,
// and bounds how many there are, like Limit. Answered is told the status of each
// answer.
func (s *Server) Front(l net.Listener, answered func(status int)) *plain.Listener {
	return plain.Listen(l, plain.Options{
		Answer: s.plainly, Answered: answered, Log: s.opts.Log, Connections: maxConnections,
		First: readTimeout, Idle: idleTimeout, Write: writeTimeout,
	})
}

// plainly answers a plain request, if its document is held and no rule of its
// topic is to be looked at. The answer is that of Handler.
func (s *Server) plainly(remote string, r plain.Request) (plain.Answer, bool) {
	p := (*s.docs.Load())[r.Path]
	if p == nil || p.doc.Private || s.opts.Age != nil && s.opts.Age() > staleAfter {
		return plain.Answer{}, false
	}
	if topic, _ := topicOf(r.Path); topic != "" && s.rules.Load().concern(topic) {
		return plain.Answer{}, false
	}
	f := p.choose(r.AcceptEncoding)
	known := p.known(r.IfNoneMatch, r.IfModifiedSince, f)
	head := s.headOf(p, f, known)
	// The last to be asked: what is not answered here is asked again there.
	if head == nil || !s.clients.allow(remote) {
		return plain.Answer{}, false
	}
	switch {
	case known:
		return plain.Answer{Status: http.StatusNotModified, Head: head}, true
	case r.Head:
		return plain.Answer{Status: http.StatusOK, Head: head}, true
	}
	return plain.Answer{Status: http.StatusOK, Head: head, Body: f.body}, true
}

// concern reports whether any rule is about a topic.
func (r *Rules) concern(topic string) bool {
	_, private := r.Tokens[topic]
	_, renamed := r.Renamed[topic]
	return private || renamed || r.Retired[topic]
}

// headOf returns the head of an answer with a form of a page, or of one that it
// is known: what the handler says, as net/http writes it, once made and kept. It
// is nil if there is none to keep.
func (s *Server) headOf(p *page, f *form, known bool) []byte {
	kept := &f.head
	if known {
		kept = &f.knownHead
	}
	if head := kept.Load(); head != nil {
		return *head
	}
	r := &http.Request{Method: http.MethodHead, URL: &url.URL{Path: p.doc.Path}, Header: http.Header{"Accept-Encoding": {f.coding}}}
	if known {
		r.Header["If-None-Match"] = f.etag
	}
	w := &headWriter{header: http.Header{}, status: http.StatusOK}
	s.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.reply(w, r, p) })).ServeHTTP(w, r)
	if known != (w.status == http.StatusNotModified) || w.header["Etag"] == nil || w.header["Etag"][0] != f.etag[0] || w.header["Age"] != nil {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", w.status, http.StatusText(w.status))
	_ = w.header.Write(&b) // into memory, which takes everything
	head := b.Bytes()
	kept.Store(&head)
	return head
}

// A headWriter keeps the head of an answer.
type headWriter struct {
	header http.Header
	status int
}

func (w *headWriter) Header() http.Header         { return w.header }
func (w *headWriter) WriteHeader(status int)      { w.status = status }
func (w *headWriter) Write(p []byte) (int, error) { return len(p), nil }
