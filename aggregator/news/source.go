package news

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ScheduleAuto is the schedule that adapts to how often a source publishes.
const ScheduleAuto = "auto"

// A Source is one configured origin: a feed, a page without a feed, or a local
// file. Defaults have been applied: no field needs a look at anything else.
type Source struct {
	Name     string            // slug, unique; the source's identity, which survives a change of URL
	URL      string            // absolute, http or https; or a path below the configuration's folder (file:)
	Title    string            // shown for the outlet; empty: the feed's own title
	Family   string            // publisher; empty: the registrable domain of the item's link
	Tags     []string          // selectable by topics as tag:NAME
	Labels   map[string]string // free values such as country, for Topic.Spread and expressions
	Priority int               // the higher is preferred as a story's lead
	Language string            // BCP 47; empty: declared by the feed, else detected

	// Unlisted says that the address may be a secret by itself: nobody is told it.
	Unlisted bool `json:",omitempty"`

	TimeZone string // IANA name of the zone of dates that state none; empty: UTC

	Schedule    string        // cron expression, or ScheduleAuto
	MinInterval time.Duration // never polled more often than this
	MaxInterval time.Duration // longest wait that ScheduleAuto or a server's wish may cause
	MinAuto     time.Duration // shortest wait that ScheduleAuto chooses; 0: 15 minutes, or 5 where the server says so

	AllowPrivate bool          // may live on a loopback or private address
	MaxBytes     int64         // limit of a decompressed document, in bytes
	MaxItems     int           // entries of one document that are kept, the first ones
	Timeout      time.Duration // limit of one whole fetch
	LimitScope   LimitScope    // whom a Retry-After or a block of this source also holds back
	Auth         Auth          // credentials for the source's own origin

	Content  ContentPolicy // how much of an item may be republished
	FullText bool          // complete a summary from the item's page
	Page     *PageRules    // the source is a web page without a feed
	Site     bool          // URL is a web site whose advertised feed is to be found
	Robots   bool          // poll only what the host's robots.txt allows (RFC 9309)
}

// Host is the key by which requests of this source are paced: one request at a
// time, with a gap, for all sources of one host. A source on a private network
// is paced alone: it is the user's own server.
func (s Source) Host() string {
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || s.Own() {
		return "source:" + s.Name
	}
	return strings.ToLower(u.Host)
}

// localEndings are those of names that public servers do not have.
var localEndings = []string{".localhost", ".local", ".lan", ".internal", ".home.arpa"}

// Own reports whether the source is on the user's own network, as its address
// shows: that it may live there says nothing, for so may every source of whose
// defaults one needs it.
func (s Source) Own() bool {
	if !s.AllowPrivate {
		return false
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return true
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap()
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	return !strings.Contains(host, ".") || slices.ContainsFunc(localEndings, func(end string) bool { return strings.HasSuffix(host, end) })
}

// Bare returns an address of the web without its user, password, query and
// fragment, any of which may hold a secret: as everybody may be told it. What is no
// such address becomes empty.
func Bare(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// A LimitScope says how far a server's wish to be left alone reaches.
type LimitScope string

// The scopes of a limit. The default is LimitHost.
const (
	LimitFeed   LimitScope = "feed"   // this source only
	LimitHost   LimitScope = "host"   // every source of the same host
	LimitDomain LimitScope = "domain" // every source of the same registrable domain
)

// A ContentPolicy says how much of an item is republished.
type ContentPolicy string

// The policies, strictest first.
const (
	ContentLink    ContentPolicy = "link"    // headline and link
	ContentExcerpt ContentPolicy = "excerpt" // and an excerpt of plain text
	ContentFull    ContentPolicy = "full"    // and everything that the feed gave
)

// Stricter returns the policy that republishes less.
func (p ContentPolicy) Stricter(q ContentPolicy) ContentPolicy {
	rank := map[ContentPolicy]int{ContentLink: 1, ContentExcerpt: 2, ContentFull: 3, "": 4}
	if rank[q] < rank[p] {
		return q
	}
	return p
}

// Auth is what a source's own origin, and no other, is told. Its values are
// secrets: they come from the environment or a file, and are never printed.
type Auth struct {
	User, Password string            // HTTP basic authentication
	Bearer         string            // Authorization: Bearer
	Header         map[string]string // further request headers
	Query          map[string]string // further query parameters
}

// PageRules are the CSS selectors that make items of a web page.
type PageRules struct {
	Item  string // one match for each item
	Link  string // within the item; its href. Empty: the first link
	Title string // within the item; its text. Empty: the link's text
	Date  string // within the item; its datetime attribute, else its text
	Text  string // within the item; its HTML is the summary
}
