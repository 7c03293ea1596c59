package poll

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Poll asks a source for its document once, following redirects, and never
// tries again by itself. The request is conditional if state holds validators
// of the URL that is asked for.
//
// The answer has a body, or an outcome that says why there is none: not
// modified, unchanged (the same bytes as last time), or a failure. If ctx was
// cancelled the answer says nothing about the source and is not to be settled.
func (c *Client) Poll(ctx context.Context, src news.Source, state news.State, now time.Time) news.Answer {
	state = belonging(src, state)
	target, err := url.Parse(Address(src, state))
	if err != nil {
		return news.Answer{At: now, Outcome: news.OutcomeNetwork, Error: "the URL cannot be read"}
	}
	if target.Scheme == "file" || target.Scheme == "" {
		return c.readFile(src, state, target, now)
	}
	visit := &visit{client: c, src: src, state: state, target: target, now: now, started: time.Now(),
		accept: acceptFeed, validators: state.Validators, rooms: &c.polled}
	if src.Page != nil || src.Site {
		visit.accept = acceptPage
	}
	return visit.obey(ctx)
}

// Get fetches a page that an item or a feed of src speaks of: an article, an
// archive document. It is Poll without validators. A private address is
// dialled only on the source's own host, and only there are credentials sent.
func (c *Client) Get(ctx context.Context, src news.Source, pageURL string, now time.Time) news.Answer {
	target, err := url.Parse(pageURL)
	if err != nil {
		return news.Answer{At: now, Outcome: news.OutcomeNetwork, Error: "the URL cannot be read"}
	}
	visit := &visit{client: c, src: src, target: target, now: now, started: time.Now(), accept: acceptPage, rooms: &c.further}
	answer := visit.obey(ctx)
	if answer.Done != nil { // it is read at once
		answer.Done()
	}
	return answer
}

// Address returns the URL that is polled: the configured one, or where it has
// moved to for good.
func Address(src news.Source, state news.State) string {
	if state.URL == src.URL && state.Moved.Believed && state.Moved.URL != "" {
		return state.Moved.URL
	}
	return src.URL
}

// What is asked for. A request for a feed names the types of feeds, because
// servers choose by it.
const (
	acceptFeed = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
	acceptPage = "text/html, application/xhtml+xml, application/atom+xml;q=0.9, application/rss+xml;q=0.9, application/feed+json;q=0.9, */*;q=0.1"
)

// A visit is one poll under way: a request and those that redirects lead to.
type visit struct {
	client     *Client
	src        news.Source
	state      news.State
	target     *url.URL
	now        time.Time // by the caller's clock
	started    time.Time // by the machine's
	accept     string
	validators news.Validators
	rooms      *rooms

	conditional bool // the last request carried validators
	refresh     bool // ask caches on the way for the origin's own answer
}

// received returns the present instant by the caller's clock.
func (v *visit) received() time.Time { return v.now.Add(time.Since(v.started)) }

// obey is run, where the robots.txt of the host allows that or is not to be asked.
func (v *visit) obey(ctx context.Context) news.Answer {
	if err := v.allowed(ctx, v.target); err != nil {
		answer := news.Answer{At: v.now, URL: publicURL(v.src, v.target)}
		v.fail(ctx, &answer, err)
		return answer
	}
	return v.run(ctx)
}

// allowed asks the robots.txt of a host for leave to read one of its addresses, where
// that is to be asked.
func (v *visit) allowed(ctx context.Context, u *url.URL) error {
	if !v.src.Robots {
		return nil
	}
	return v.client.allowed(ctx, v.src, u, v.now)
}

// run sends the requests and makes the answer.
func (v *visit) run(parent context.Context) news.Answer {
	timeout := v.src.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx := withTime(parent, timeout)
	defer ctx.stop()
	answer := news.Answer{At: v.now, URL: publicURL(v.src, v.target)}
	trail, err := v.follow(ctx)
	if err == nil && trail.resp.StatusCode == http.StatusNotModified && !v.conditional {
		// A cache on the way answered somebody else's condition. Once more,
		// past it.
		trail.resp.Body.Close()
		v.refresh = true
		trail, err = v.follow(ctx)
	}
	if err != nil {
		v.fail(ctx, &answer, err)
		if errors.As(err, new(*waitError)) {
			answer.Status, answer.RetryAt = trail.resp.StatusCode, trail.retryAt
		}
		return answer
	}
	defer trail.resp.Body.Close()
	v.read(ctx, &answer, trail)
	return answer
}

// read fills in the answer from the last response.
func (v *visit) read(ctx *timed, answer *news.Answer, trail trail) {
	resp, h := trail.resp, trail.resp.Header
	received := v.received()
	answer.URL = publicURL(v.src, trail.url)
	answer.Status = resp.StatusCode
	answer.RetryAt = retryAt(h, received)
	answer.FreshUntil = freshUntil(h, received)
	answer.Validators = validatorsOf(h, answer.URL)
	answer.Deltas = knowsDeltas(h)
	if trail.permanent {
		answer.Permanent = answer.URL
	}
	switch code := resp.StatusCode; {
	case code == http.StatusNotModified && v.conditional:
		answer.Outcome = news.OutcomeNotModified
		if !saysFreshness(h) && v.state.FreshUntil.After(v.state.LastPoll) {
			// What a 304 leaves out stays as it was (RFC 9111 section 3.2).
			answer.FreshUntil = received.Add(v.state.FreshUntil.Sub(v.state.LastPoll))
		}
	case code == http.StatusOK || code == http.StatusNonAuthoritativeInfo || code == http.StatusIMUsed:
		answer.Partial = code == http.StatusIMUsed
		v.document(ctx, answer, resp, trail.url)
	default:
		answer.Outcome, answer.Error = refused(trail.url.Hostname(), code, h)
		answer.Error, answer.Mend = Redact(v.src, answer.Error), mendStatus(answer.Outcome, code)
	}
}

// document reads the body.
func (v *visit) document(ctx *timed, answer *news.Answer, resp *http.Response, final *url.URL) {
	h := resp.Header
	if answer.Partial && !strings.Contains(strings.ToLower(h.Get("IM")), "feed") {
		answer.Outcome, answer.Error = news.OutcomeNetwork, "answered 226 with a manipulation that was not asked for"
		return
	}
	data, done, err := v.client.collect(ctx, v.rooms, resp.Body, limitOf(v.src))
	if err != nil {
		v.fail(ctx, answer, err)
		return
	}
	answer.BodyHash = bodyHash(data)
	answer.ContentType = printable(h.Get("Content-Type"))
	answer.ContentLanguage = printable(h.Get("Content-Language"))
	answer.Hubs, answer.Self = linksOf(h, final)
	if !answer.Partial && answer.BodyHash == v.state.BodyHash {
		answer.Outcome, answer.Done = news.OutcomeUnchanged, done
		answer.Drop()
		return
	}
	answer.Body, answer.Done = data, done
}

// bodyHash returns a hash of a document's bytes: 128 bits of XXH3, in hex. It tells a
// source that sends the same again; it protects from nobody.
func bodyHash(data []byte) string {
	sum := xxh3.Hash128(data).Bytes()
	return hex.EncodeToString(sum[:])
}

// fail fills in the answer for a fetch that ended with an error.
func (v *visit) fail(ctx context.Context, answer *news.Answer, err error) {
	answer.Outcome, answer.Error = classify(ctx, err)
	if errors.Is(err, errRobotsAway) && v.rooms == &v.client.further { // a page, of which nothing else would say that it may be asked for later
		answer.Outcome = news.OutcomeNetwork
	}
	answer.Crowded = errors.Is(err, errNoRoom)
	answer.Error, answer.Mend = Redact(v.src, answer.Error), mendFailure(answer.Outcome, err)
	answer.Body, answer.Validators = nil, news.Validators{}
}

// validatorsOf returns the validators of a response byte for byte. One that no
// server would take back in a request is left out.
func validatorsOf(h http.Header, finalURL string) news.Validators {
	const max = 8 << 10 // common limit of a request's line and of its headers
	v := news.Validators{URL: finalURL, ETag: h.Get("ETag"), LastModified: h.Get("Last-Modified")}
	if len(v.ETag) > max {
		v.ETag = ""
	}
	if len(v.LastModified) > 128 {
		v.LastModified = ""
	}
	return v
}

// knowsDeltas reports whether a response shows that the server can answer with
// the new entries only (RFC 3229 with the feed manipulation).
func knowsDeltas(h http.Header) bool {
	return strings.Contains(strings.ToLower(h.Get("IM")), "feed") ||
		strings.Contains(strings.ToLower(strings.Join(h.Values("Vary"), ",")), "a-im")
}

// readFile answers for a source that is a file below the configuration's
// folder.
func (c *Client) readFile(src news.Source, state news.State, target *url.URL, now time.Time) news.Answer {
	answer := news.Answer{At: now, URL: src.URL}
	data, err := c.file(target, limitOf(src))
	switch {
	case errors.Is(err, ErrTooLarge):
		answer.Outcome, answer.Error, answer.Mend = news.OutcomeTooLarge, err.Error(), mendFailure(news.OutcomeTooLarge, err)
	case err != nil:
		answer.Outcome, answer.Error, answer.Mend = news.OutcomeNetwork, Redact(src, err.Error()), mendFailure(news.OutcomeNetwork, err)
	default:
		answer.BodyHash = bodyHash(data)
		if answer.BodyHash == state.BodyHash {
			answer.Outcome = news.OutcomeUnchanged
		} else {
			answer.Body = data
		}
	}
	return answer
}

func (c *Client) file(target *url.URL, limit int64) ([]byte, error) {
	if c.files == nil {
		return nil, errors.New("no folder to read files from")
	}
	name := target.Path
	if name == "" {
		name = target.Opaque // file:feed.xml
	}
	// Who opens a pipe otherwise waits for somebody who writes.
	f, err := c.files.OpenFile(strings.TrimPrefix(name, "/"), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", name)
	}
	return io.ReadAll(&capped{r: f, left: limit, limit: limit})
}

func limitOf(src news.Source) int64 {
	if src.MaxBytes > 0 {
		return src.MaxBytes
	}
	return defaultMaxBytes
}
