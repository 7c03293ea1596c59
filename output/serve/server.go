package serve

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// ErrNotFound is what Options.Find and Options.Search return where there is no
// such document.
var ErrNotFound = errors.New("no such document")

// Elsewhere is the error of Options.Find for a document that is, for now, to be
// had at another path.
type Elsewhere string

// Error says where the document is.
func (e Elsewhere) Error() string { return "the document is at " + string(e) }

// Moved is the error of Options.Find for a document that is at another path for good.
type Moved string

// Error says where the document is.
func (m Moved) Error() string { return "the document has moved to " + string(m) }

// Options are what a Server needs from the rest of the program. All but Log
// may be left out.
type Options struct {
	Log     *slog.Logger
	BaseURL string // public address, for redirects; without a slash at its end

	// Find makes a document that is not held, by its path: see the package
	// comment. An error other than ErrNotFound, Elsewhere and Moved is logged
	// and answered 503.
	Find func(ctx context.Context, path string) (news.Document, error)

	// Search makes the answer to a query; the path tells its form: "/search",
	// "/search.rss", "/search.atom" or "/search.json".
	Search func(ctx context.Context, path, query string) (news.Document, error)

	// Alive and Ready tell whether the program works, and whether it has
	// something to serve; the error is a sentence without secrets.
	Alive, Ready func(ctx context.Context) error

	// Trouble tells why nothing can be stored for now, though what was
	// published is served; nil: nothing is wrong, or nobody knows.
	Trouble func() error

	// Age is how long ago what is held was last known to be the newest.
	Age func() time.Duration

	RemoteImages bool // pages show pictures from the outlets' own servers

	// Rate and Burst bound the requests a second of one client address, and
	// how many it may have saved up. Rate 0 is no bound. Clients on loopback
	// and private networks are not bounded: they are the user's own, or a
	// proxy that stands for everyone.
	Rate  float64
	Burst int
}

// Rules say what is answered for whole topics. The maps are not copied: they
// must not change once given.
type Rules struct {
	Tokens  map[string]string // topic → the secret that its readers know
	Renamed map[string]string // topic → its name now: 301
	Retired map[string]bool   // topics that are gone for good: 410
}

// A Server holds documents and answers requests for them. Its methods are
// safe for concurrent use.
type Server struct {
	opts    Options
	docs    atomic.Pointer[map[string]*page] // by path; replaced, never changed
	rules   atomic.Pointer[Rules]
	setting sync.Mutex // held by who replaces docs
	found   *shelf
	clients *clients
	pending atomic.Bool
}

// New returns a Server without documents.
func New(opts Options) *Server {
	s := &Server{opts: opts, found: newShelf(), clients: newClients(opts.Rate, opts.Burst)}
	s.docs.Store(&map[string]*page{})
	s.rules.Store(&Rules{})
	return s
}

// Set puts documents in the place of those with the same path. Readers see
// either all of them or none. The documents must not change afterwards.
func (s *Server) Set(docs ...news.Document) {
	old := *s.docs.Load()
	var fresh []*page
	for _, doc := range docs {
		// What is served already need not be compressed again.
		if p := old[doc.Path]; p == nil || !p.same(doc) {
			fresh = append(fresh, newPage(doc, p))
		}
	}
	s.replace(func(all map[string]*page) {
		for _, p := range fresh {
			all[p.doc.Path] = p
		}
	})
}

// Remove takes documents away: their paths are not found from now on.
func (s *Server) Remove(paths ...string) {
	s.replace(func(all map[string]*page) {
		for _, path := range paths {
			delete(all, path)
		}
	})
}

// Document returns the document that is held at a path.
func (s *Server) Document(path string) (news.Document, bool) {
	p := (*s.docs.Load())[path]
	if p == nil {
		return news.Document{}, false
	}
	return p.doc, true
}

// SetRules replaces the rules. What was found under others is forgotten: it may
// tell of a topic that is private from now on.
func (s *Server) SetRules(r Rules) {
	was := s.rules.Swap(&r)
	if !maps.Equal(was.Tokens, r.Tokens) || !maps.Equal(was.Renamed, r.Renamed) || !maps.Equal(was.Retired, r.Retired) {
		s.found.clear()
	}
}

// Pending says whether there are documents that are not held yet: until then what is
// not found may be there soon, and is answered 503.
func (s *Server) Pending(yes bool) { s.pending.Store(yes) }

// Forget forgets what was found: by another configuration it is found otherwise.
func (s *Server) Forget() { s.found.clear() }

func (s *Server) replace(change func(map[string]*page)) {
	s.setting.Lock()
	defer s.setting.Unlock()
	all := maps.Clone(*s.docs.Load())
	change(all)
	s.docs.Store(&all)
}

// Handler returns the handler of all paths that documents may have, and of
// /healthz and /readyz.
func (s *Server) Handler() http.Handler {
	// No ServeMux: it answers an unclean path with a redirect, and nothing here
	// redirects but a renamed topic.
	return s.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			health(w, r, s.opts.Alive, s.opts.Trouble)
		case "/readyz":
			health(w, r, s.opts.Ready, s.opts.Trouble)
		case "/search", "/search.rss", "/search.atom", "/search.json":
			s.search(w, r)
		default:
			s.document(w, r)
		}
	}))
}

// health answers 200 or, with the reason, 503. What a restart would not mend,
// such as a full disk, is told with 200: the last good documents are served.
func health(w http.ResponseWriter, r *http.Request, check func(context.Context) error, trouble func() error) {
	if !readOnly(w, r) {
		return
	}
	if check != nil {
		if err := check(r.Context()); err != nil {
			refuse(w, r, http.StatusServiceUnavailable, err.Error())
			return
		}
	}
	state := "ok"
	if trouble != nil {
		if err := trouble(); err != nil {
			state = "degraded: " + err.Error()
		}
	}
	refuse(w, r, http.StatusOK, state)
}
