package serve

import (
	"net/http"
	"net/netip"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// guard sets what every answer carries, answers a browser's preflight, and
// holds back a client that asks too much.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", inert)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if isFeed(r.URL.Path) {
			// Feeds may be read by any page, on errors and 304 too.
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Expose-Headers", "ETag, Last-Modified, Link, Retry-After")
			if r.Method == http.MethodOptions {
				h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
				h.Set("Access-Control-Allow-Headers", "Authorization, If-None-Match, If-Modified-Since")
				h.Set("Access-Control-Max-Age", "86400")
			}
		} else {
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
		}
		if !s.clients.allow(r.RemoteAddr) {
			h.Set("Retry-After", "30")
			refuse(w, r, http.StatusTooManyRequests, "too many requests, please wait")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isFeed(p string) bool {
	switch path.Ext(p) {
	case ".json", ".rss", ".atom", ".opml":
		return true
	}
	return false
}

// inert is the policy of what is no page: a browser that shows it runs and
// loads nothing.
const inert = "default-src 'none'; frame-ancestors 'none'; sandbox"

// policy is the Content-Security-Policy of a document.
func (s *Server) policy(contentType string) string {
	if !strings.HasPrefix(contentType, "text/html") {
		return inert
	}
	pictures := "'self'"
	if s.opts.RemoteImages {
		pictures += " https: http:"
	}
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src " + pictures +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// clients bounds the rate of requests by address. It remembers a bounded
// number of them and forgets all at once: who asks too much is soon back.
type clients struct {
	rate  rate.Limit
	burst int
	mu    sync.Mutex
	seen  map[netip.Addr]*rate.Limiter
	since time.Time
}

// The bounds of what clients remembers.
const (
	maxClients = 10_000
	forget     = 10 * time.Minute
)

func newClients(perSecond float64, burst int) *clients {
	return &clients{rate: rate.Limit(perSecond), burst: max(burst, 1), seen: map[netip.Addr]*rate.Limiter{}}
}

func (c *clients) allow(remote string) bool {
	if c.rate <= 0 {
		return true
	}
	ap, err := netip.ParseAddrPort(remote)
	addr := ap.Addr().Unmap()
	if err != nil || addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast() {
		return true
	}
	if addr.Is6() {
		// A household has a whole /64.
		addr = netip.PrefixFrom(addr, 64).Masked().Addr()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if len(c.seen) >= maxClients || now.Sub(c.since) > forget {
		clear(c.seen)
		c.since = now
	}
	l := c.seen[addr]
	if l == nil {
		l = rate.NewLimiter(c.rate, c.burst)
		c.seen[addr] = l
	}
	return l.AllowN(now, 1)
}
