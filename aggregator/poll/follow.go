package poll

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// maxRedirects is how many redirects one poll follows.
const maxRedirects = 5

var (
	errTooManyHops = fmt.Errorf("more than %d redirects", maxRedirects)
	errLoop        = errors.New("the redirects run in a circle")
	errDowngrade   = errors.New("redirected from https to http")
	errNoLocation  = errors.New("redirected without saying where to")
)

// A waitError says that the server wishes its redirect to be followed later
// (RFC 9110 section 10.2.3).
type waitError struct{ until time.Time }

func (e *waitError) Error() string {
	return "asked to wait until " + e.until.UTC().Format(time.RFC3339) + " before following a redirect"
}

// A trail is where a chain of redirects led.
type trail struct {
	resp      *http.Response
	url       *url.URL
	permanent bool      // there were redirects, and all of them for good
	retryAt   time.Time // wish of the redirect that was not followed
}

// follow sends the request and follows redirects. The response's body is open
// unless there is an error.
func (v *visit) follow(ctx context.Context) (trail, error) {
	t := trail{url: v.target, permanent: true}
	seen := map[string]bool{}
	home := true // as long as every hop was to the source's own origin
	for hop := 0; ; hop++ {
		if seen[t.url.String()] {
			return t, errLoop
		}
		seen[t.url.String()] = true
		if hop > maxRedirects {
			return t, errTooManyHops
		}
		if hop > 0 { // to where who has the address may not have been meant to get
			if err := v.allowed(ctx, t.url); err != nil {
				return t, err
			}
		}
		home = home && sameOrigin(t.url, v.src.URL)
		resp, err := v.send(ctx, t.url, home)
		if err != nil {
			return t, err
		}
		t.resp = resp
		next, err := location(resp, t.url)
		if err != nil || next == nil {
			t.permanent = t.permanent && hop > 0
			return t, closeOn(err, resp)
		}
		received := v.received()
		if at := retryAt(resp.Header, received); !at.IsZero() && !v.waited() {
			t.retryAt = at
			return t, closeOn(&waitError{at}, resp)
		}
		if resp.StatusCode != http.StatusMovedPermanently && resp.StatusCode != http.StatusPermanentRedirect {
			t.permanent = false
		}
		// Reading a short body lets the connection be used for the next hop.
		_, _ = io.CopyN(io.Discard, resp.Body, 4<<10)
		resp.Body.Close()
		if err := downgrade(t.url, next); err != nil {
			return t, err
		}
		t.url = next
	}
}

// waited reports whether the last poll ended at a redirect that asked to wait,
// and the wait is over.
func (v *visit) waited() bool {
	return v.state.Status/100 == 3 && v.state.Status != http.StatusNotModified &&
		!v.state.RetryAt.IsZero() && !v.now.Before(v.state.RetryAt)
}

func closeOn(err error, resp *http.Response) error {
	if err != nil {
		resp.Body.Close()
	}
	return err
}

// send sends one request of the visit. Credentials go with it only as long as
// no other origin was visited on the way, and private addresses are dialled
// only on the source's own host.
func (v *visit) send(ctx context.Context, u *url.URL, home bool) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "", nil)
	if err != nil {
		return nil, err
	}
	sent := *u
	req.URL = &sent
	req.Header.Set("Accept", v.accept)
	v.setConditions(req)
	if home {
		authorize(req, v.src)
	}
	private := v.src.AllowPrivate && sameHost(u, v.src.URL)
	return guarded{client: v.client, private: private, limit: limitOf(v.src)}.RoundTrip(req)
}

// setConditions makes the request conditional if validators of its very URL
// are known, and if they are to be believed this time.
func (v *visit) setConditions(req *http.Request) {
	v.conditional = false
	if v.refresh {
		req.Header.Set("Cache-Control", "no-cache")
		return
	}
	if v.validators.URL != publicURL(v.src, req.URL) || doubtful(v.state, v.now) {
		return
	}
	if etag := v.validators.ETag; etag != "" {
		req.Header.Set("If-None-Match", etag)
		v.conditional = true
		if v.state.Deltas {
			req.Header.Set("A-IM", "feed")
		}
	}
	if modified := v.validators.LastModified; modified != "" {
		req.Header.Set("If-Modified-Since", modified)
		v.conditional = true
	}
}

// doubtful reports whether a poll should do without conditions: about every
// twentieth of a source that has answered nothing but 304 for a week. Some
// servers lie.
func doubtful(state news.State, now time.Time) bool {
	return state.NotModified >= 19 && state.NotModified%20 == 19 &&
		!state.LastBody.IsZero() && now.Sub(state.LastBody) >= 7*24*time.Hour
}

// location returns where a response leads; nil if nowhere.
func location(resp *http.Response, base *url.URL) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	where := strings.TrimSpace(resp.Header.Get("Location"))
	if where == "" {
		return nil, errNoLocation
	}
	next, err := base.Parse(where)
	if err != nil {
		return nil, errors.New("redirected to something that is not a URL")
	}
	next.User, next.Fragment, next.RawFragment = nil, "", ""
	return next, nil
}

func downgrade(from, to *url.URL) error {
	if from.Scheme == "https" && to.Scheme == "http" {
		return errDowngrade
	}
	return nil
}

// authorize adds the source's credentials to a request.
func authorize(req *http.Request, src news.Source) {
	auth := src.Auth
	if u, err := url.Parse(src.URL); err == nil && u.User != nil && auth.User == "" {
		auth.User = u.User.Username()
		auth.Password, _ = u.User.Password()
	}
	if auth.User != "" || auth.Password != "" {
		req.SetBasicAuth(auth.User, auth.Password)
	}
	if auth.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+auth.Bearer)
	}
	for name, value := range auth.Header {
		req.Header.Set(name, value)
	}
	if len(auth.Query) > 0 {
		// Only what is missing is added, and the rest left as it is written.
		present := req.URL.Query()
		more := url.Values{}
		for name, value := range auth.Query {
			if !present.Has(name) {
				more.Set(name, value)
			}
		}
		if req.URL.RawQuery != "" && len(more) > 0 {
			req.URL.RawQuery += "&"
		}
		req.URL.RawQuery += more.Encode()
	}
}

// sameOrigin compares scheme, host and port (RFC 6454).
func sameOrigin(u *url.URL, raw string) bool {
	o, err := url.Parse(raw)
	return err == nil && u.Scheme == o.Scheme && oneHost(u, o) && portOf(u) == portOf(o)
}

func sameHost(u *url.URL, raw string) bool {
	o, err := url.Parse(raw)
	return err == nil && oneHost(u, o)
}

// oneHost compares hosts as they are sent: servers write in ASCII where they are,
// whatever the letters in which their address is configured.
func oneHost(a, b *url.URL) bool {
	p, err := asciiHost(a.Hostname())
	q, other := asciiHost(b.Hostname())
	return err == nil && other == nil && strings.EqualFold(p, q)
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}
