package poll

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of one fetch, where the source sets none.
const (
	defaultMaxBytes = 10 << 20
	defaultTimeout  = 30 * time.Second

	// Go accepts 10 MB of headers by itself. The limit is 64 kB, and room for
	// the lines around one oversized field, so that the field can be passed
	// over and the document still be read.
	maxHeaderBytes = 64<<10 + 8<<10
)

// maxReply is what is read of the answer to a request that is no poll, in bytes.
const maxReply = 1 << 20

// privateIdle is how many connections to one of the user's own servers, such as a
// bridge that has many feeds, are kept for the polls that follow: as many as there
// are polls at a time, if nothing else is configured.
const privateIdle = 32

// Options are what a Client is made of. The zero value is of use.
type Options struct {
	Version string // of Wireroom, in the User-Agent; empty: "dev"
	Contact string // address where the operator can be reached, in the User-Agent; empty: none

	Ports    []uint16       // that may be dialled on public addresses; nil: 80, 443, 8080, 8443
	Resolver *net.Resolver  // of names; nil: the system's
	RootCAs  *x509.CertPool // trusted to sign certificates; nil: the system's
	Files    *os.Root       // folder of the sources that are local files; nil: none are read

	Large int64 // bytes of large documents that are on their way or wait to be read, all together, and a quarter as many of what they lead to; 0: any number

	// DialContext replaces the network, for networks in memory. Addresses
	// that are literal in the URL are still checked; names are its business.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
}

// A Client is the one way out to the network. It keeps no cookies and sends no
// referrer, and is safe for concurrent use.
type Client struct {
	agent   string
	files   *os.Root
	public  network
	private network
	robots  robotsCache
	gap     atomic.Int64 // see SetGap
	polled  rooms        // for what sources answer
	further rooms        // for what that leads to: who has room waits for none of those
	buffers sync.Pool    // of *bytes.Buffer, in which bodies are collected
	gzips   sync.Pool    // of inflater
}

// A network is a transport with the guard that its dialler obeys.
type network struct {
	guard     *guard
	transport *http.Transport
}

// NewClient returns the client by which everything outbound is to go.
func NewClient(opts Options) *Client {
	return &Client{
		agent:   agent(opts),
		polled:  newRooms(opts.Large),
		further: newRooms(opts.Large / 4),
		files:   opts.Files,
		public:  newNetwork(opts, newGuard(opts.Ports, false)),
		private: newNetwork(opts, newGuard(opts.Ports, true)),
	}
}

// SetGap sets the pause between two requests to a host where one is made for the other;
// a minute at most is made.
func (c *Client) SetGap(gap time.Duration) { c.gap.Store(int64(min(gap, time.Minute))) }

// Close ends the connections that are kept for later requests.
func (c *Client) Close() {
	c.public.transport.CloseIdleConnections()
	c.private.transport.CloseIdleConnections()
}

func (c *Client) network(private bool) network {
	if private {
		return c.private
	}
	return c.public
}

func newNetwork(opts Options, g *guard) network {
	dial := opts.DialContext
	if dial == nil {
		dialer := &net.Dialer{
			Timeout:        10 * time.Second,
			KeepAlive:      -1,
			Resolver:       opts.Resolver,
			ControlContext: g.control,
		}
		dial = dialer.DialContext
	}
	// One connection a host is all that a polite client needs; the user's own
	// servers are not paced.
	conns, idle := 1, 1
	if g.private {
		conns, idle = 0, privateIdle
	}
	return network{guard: g, transport: &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{RootCAs: opts.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxConnsPerHost:        conns,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    idle,
		IdleConnTimeout:        15 * time.Second,
		DisableCompression:     true, // Go's own has no limit: see decode
		ForceAttemptHTTP2:      true,
		// A server that stops reading must not hold a connection for ever.
		HTTP2: &http.HTTP2Config{WriteByteTimeout: 10 * time.Second, SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}}
}

// agent returns the User-Agent by which operators of servers know whom to
// write to, in the form that the makers of feed readers agreed upon.
func agent(opts Options) string {
	version := opts.Version
	if version == "" {
		version = "dev"
	}
	ua := "Wireroom/" + version
	if opts.Contact != "" {
		ua += " (+" + opts.Contact + ")"
	}
	return printable(ua)
}

// HTTP returns a plain client over the same guard, for those who post on their
// own, such as to hubs. Bodies are decompressed and end with ErrTooLarge beyond
// 1 MB. Private addresses are dialled only if private is set.
func (c *Client) HTTP(private bool) *http.Client {
	return &http.Client{
		Transport: guarded{client: c, private: private, limit: maxReply},
		Timeout:   defaultTimeout,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errTooManyHops
			}
			return downgrade(via[len(via)-1].URL, req.URL)
		},
	}
}

// A guarded is the round tripper that every request passes.
type guarded struct {
	client  *Client
	private bool
	limit   int64 // of a body, in bytes
}

// RoundTrip sends one request, without following redirects. The body of the
// response is decompressed and limited.
func (g guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	n := g.client.network(g.private)
	u, err := n.guard.admit(req.URL)
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.URL, req.Host = u, ""
	req.Header.Del("Cookie")
	req.Header.Del("Referer")
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", g.client.agent)
	}
	req.Header.Set("Accept-Encoding", "gzip, br, zstd")
	if end, ok := req.Context().Deadline(); ok && !time.Now().Before(end) {
		// A process that was stopped goes on where it was, and its timers are
		// late. What it might still ask another one asks by now.
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	resp, err := n.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return resp, g.client.decode(resp, g.limit)
}
