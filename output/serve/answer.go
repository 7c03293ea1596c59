package serve

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A document that may be kept this long never changes.
const immutable = 365 * 24 * time.Hour

// staleAfter is how old what is held may be without being told of (RFC 9111,
// section 5.1).
const staleAfter = 5 * time.Second

// privatePrefix starts the addresses that hold a private topic's token, for
// readers that can send no header: /private/TOKEN/topics/NAME.rss.
const privatePrefix = "/private/"

// errorPages starts the paths of the pages for statuses.
const errorPages = "/errors/"

// document answers a request for a document.
func (s *Server) document(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	at, token := r.URL.Path, bearer(r)
	if strings.HasPrefix(at, privatePrefix) {
		token, at = apart(at)
	}
	rules := s.rules.Load()
	topic, rest := topicOf(at)
	if to, ok := rules.Renamed[topic]; ok && rules.mayAsk(to, token, at != r.URL.Path) {
		w.Header().Set("Location", s.opts.BaseURL+strings.TrimSuffix(r.URL.Path, at)+"/topics/"+to+rest)
		refuse(w, r, http.StatusMovedPermanently, "the topic has another name now")
		return
	}
	if rules.Retired[topic] {
		s.turnAway(w, r, http.StatusGone, "the topic is no longer published")
		return
	}
	// A private topic is not looked for before its token is known to be right:
	// nobody else learns what there is.
	if !rules.mayAsk(topic, token, at != r.URL.Path) {
		s.send(w, r, nil, ErrNotFound)
		return
	}
	p, err := s.find(r.Context(), at)
	if err == nil && p.doc.Private && rules.Tokens[topic] == "" {
		err = ErrNotFound
	}
	s.send(w, r, p, err)
}

// apart returns the token that an address holds, and the path below it; of another
// address no token and its path.
func apart(path string) (token, at string) {
	rest, ok := strings.CutPrefix(path, privatePrefix)
	if !ok {
		return "", path
	}
	token, at, _ = strings.Cut(rest, "/")
	return token, "/" + at
}

// mayAsk reports whether a reader with that token may learn of a topic: of a
// private one with its own, and below an address with a token of no other.
func (r *Rules) mayAsk(topic, token string, below bool) bool {
	if secret, private := r.Tokens[topic]; private {
		return sameSecret(token, secret)
	}
	return !below
}

// find returns the document at path: held, or found.
func (s *Server) find(ctx context.Context, path string) (*page, error) {
	if strings.HasPrefix(path, errorPages) {
		return nil, ErrNotFound // they are shown in the place of others
	}
	if p := (*s.docs.Load())[path]; p != nil {
		return p, nil
	}
	if s.opts.Find == nil || !findable(path) {
		return nil, ErrNotFound
	}
	return s.found.get(ctx, path, func(ctx context.Context) (news.Document, error) { return s.opts.Find(ctx, path) })
}

// search answers a query. Only the parameter q is looked at.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	const longest = 256 // characters of a query; the field of pages takes fewer
	q := strings.Join(strings.Fields(r.URL.Query().Get("q")), " ")
	if s.opts.Search == nil || utf8.RuneCountInString(q) > longest {
		s.send(w, r, nil, ErrNotFound)
		return
	}
	p, err := s.found.get(r.Context(), r.URL.Path+"?q="+q, func(ctx context.Context) (news.Document, error) {
		return s.opts.Search(ctx, r.URL.Path, q)
	})
	s.send(w, r, p, err)
}

// send answers with a page or with the reason why there is none.
func (s *Server) send(w http.ResponseWriter, r *http.Request, p *page, err error) {
	var elsewhere Elsewhere
	var moved Moved
	_, at := apart(r.URL.Path)
	switch {
	case errors.As(err, &moved): // not to be kept: a user may part again what was joined
		w.Header().Set("Location", s.opts.BaseURL+strings.TrimSuffix(r.URL.Path, at)+string(moved))
		refuse(w, r, http.StatusMovedPermanently, "this is part of another page now")
	case errors.As(err, &elsewhere):
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, s.opts.BaseURL+string(elsewhere), http.StatusTemporaryRedirect)
	case errors.Is(err, ErrNotFound) && s.pending.Load():
		w.Header().Set("Retry-After", "5")
		refuse(w, r, http.StatusServiceUnavailable, "not published yet, please try again")
	case errors.Is(err, ErrNotFound):
		s.turnAway(w, r, http.StatusNotFound, "not found")
	case errors.Is(err, errBusy), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		w.Header().Set("Retry-After", "5")
		refuse(w, r, http.StatusServiceUnavailable, "busy, please try again")
	case err != nil:
		s.opts.Log.Error("a document could not be made", "path", at, "error", err)
		w.Header().Set("Retry-After", "30")
		refuse(w, r, http.StatusServiceUnavailable, "not available at the moment")
	default:
		s.reply(w, r, p)
	}
}

// reply sends a page, or says that the reader has it.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, p *page) {
	f := p.choose(strings.Join(r.Header["Accept-Encoding"], ","))
	h := w.Header()
	h["Etag"] = f.etag
	h["Vary"] = acceptEncoding
	h["Cache-Control"] = p.cacheControl
	if s.opts.Age != nil {
		if age := s.opts.Age(); age > staleAfter {
			h.Set("Age", strconv.Itoa(int(age.Seconds())))
		}
	}
	h.Set("Content-Security-Policy", s.policy(p.doc.ContentType))
	if len(p.doc.Link) > 0 {
		h["Link"] = p.doc.Link
	}
	since := r.Header.Get("If-Modified-Since")
	if r.Header["If-None-Match"] != nil {
		since = "" // even where that is empty
	}
	if p.known(strings.Join(r.Header["If-None-Match"], ","), since, f) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if p.modified != nil {
		h["Last-Modified"] = p.modified
	}
	if f.coding != "identity" {
		h.Set("Content-Encoding", f.coding)
	}
	h["Content-Type"] = p.contentType
	h["Content-Length"] = f.length
	if r.Method == http.MethodHead {
		return
	}
	// An error here is a reader that went away.
	_, _ = w.Write(f.body)
}

var acceptEncoding = []string{"Accept-Encoding"}

// turnAway refuses with a page where a page was asked for, if there is one for
// the status, such as /errors/404.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request, status int, reason string) {
	p := (*s.docs.Load())[errorPages+strconv.Itoa(status)]
	if p == nil || path.Ext(r.URL.Path) != "" {
		refuse(w, r, status, reason)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", s.policy(p.doc.ContentType))
	h.Set("Content-Type", p.doc.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(p.doc.Body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(p.doc.Body)
	}
}

func cacheControl(doc news.Document) string {
	scope, suffix := "public", ""
	if doc.Private {
		scope = "private"
	}
	if doc.MaxAge >= immutable {
		suffix = ", immutable"
	}
	return fmt.Sprintf("%s, max-age=%d%s", scope, int(doc.MaxAge.Seconds()), suffix)
}

// readOnly lets GET and HEAD pass and answers every other method itself.
func readOnly(w http.ResponseWriter, r *http.Request) bool {
	const methods = "GET, HEAD, OPTIONS"
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodOptions:
		w.Header().Set("Allow", methods)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", methods)
		refuse(w, r, http.StatusMethodNotAllowed, "only reading is possible here")
	}
	return false
}

// refuse answers with a status and one line of text.
func refuse(w http.ResponseWriter, r *http.Request, status int, reason string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(reason)+1))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = io.WriteString(w, reason+"\n")
	}
}

// topicOf splits a path below /topics/ into the topic's name and the rest,
// such as ".rss" or "/archive/2.atom".
func topicOf(path string) (topic, rest string) {
	path, ok := strings.CutPrefix(path, "/topics/")
	if !ok {
		return "", ""
	}
	if i := strings.IndexAny(path, "./"); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// findable bounds what the store is asked for: short paths of plain letters.
func findable(path string) bool {
	const longest = 160
	return len(path) <= longest && strings.Trim(path, "abcdefghijklmnopqrstuvwxyz0123456789-./") == ""
}

// bearer returns the token of a request: "Authorization: Bearer TOKEN", or the
// password of basic authentication, which is all that many readers can send.
func bearer(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func sameSecret(given, secret string) bool {
	return secret != "" && subtle.ConstantTimeCompare([]byte(given), []byte(secret)) == 1
}
