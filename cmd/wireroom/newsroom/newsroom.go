package newsroom

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Domain is the name below which the outlets have their hosts. Browsers take
// it for this machine (RFC 6761 section 6.3).
const Domain = "localhost"

// Opening and Closing are between which the day is told, since midnight.
const (
	Opening = 7 * time.Hour
	Closing = 19 * time.Hour
)

// Options are by which time a newsroom plays.
type Options struct {
	Midnight time.Time     // of the day that is played; what is published is dated by it
	Until    time.Duration // since midnight, when the clock stops; 0: Closing
	Speed    float64       // of its clock against the wall's; 0: it stands at Until
}

// A Newsroom serves the feeds and pages of all outlets, each at its own host
// below Domain. It is safe for concurrent use.
type Newsroom struct {
	opts  Options
	began time.Time
	acts  []act
}

// New returns a newsroom whose day opens now. What was published before the
// opening stands in its feeds from the first.
func New(opts Options) (*Newsroom, error) {
	acts, err := script(day)
	if err != nil {
		return nil, fmt.Errorf("newsroom: %w", err)
	}
	if _, err := standing(acts, 24*time.Hour); err != nil {
		return nil, fmt.Errorf("newsroom: %w", err)
	}
	if opts.Until == 0 {
		opts.Until = Closing
	}
	return &Newsroom{opts: opts, began: time.Now(), acts: acts}, nil
}

// Now is the newsroom's time of day, since midnight.
func (n *Newsroom) Now() time.Duration {
	if n.opts.Speed <= 0 {
		return n.opts.Until
	}
	passed := time.Duration(float64(time.Since(n.began)) * n.opts.Speed)
	return min(Opening+passed, n.opts.Until)
}

// Lasts is how long the whole day takes on the wall, from opening until the
// clock stops.
func (n *Newsroom) Lasts() time.Duration {
	if n.opts.Speed <= 0 {
		return 0
	}
	return time.Duration(float64(n.opts.Until-Opening) / n.opts.Speed)
}

// ServeHTTP answers for the host that is asked for: an outlet's feed, its front
// page, the pages of its reports. Any other host is the list of outlets.
func (n *Newsroom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = r.Host, ""
	}
	at := n.Now()
	reports, err := standing(n.acts, at)
	if err != nil { // New has tried the whole day
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	e := edition{midnight: n.opts.Midnight, port: port, reports: reports}
	name, _, _ := strings.Cut(host, ".")
	outlet := outletNamed(name)
	switch {
	case outlet == nil:
		e.press(w)
	case r.URL.Path == outlet.Path:
		n.feed(w, r, e.of(outlet), at)
	case r.URL.Path == "/":
		e.of(outlet).front(w)
	default:
		e.of(outlet).article(w, r)
	}
}
