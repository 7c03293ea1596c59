package poll

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// What is kept of robots.txt: RFC 9309 sections 2.4 and 2.5.
const (
	robotsLife  = 24 * time.Hour
	robotsLimit = 500 << 10
	robotsHosts = 4096 // hosts whose rules are remembered
)

var (
	errRobots     = errors.New("robots.txt of the host does not want this address to be read")
	errRobotsAway = fmt.Errorf("%w, as far as is known: it could not be read itself", errRobots)
)

// A robotsCache remembers the rules of hosts. Its zero value is empty.
type robotsCache struct {
	mu    sync.Mutex
	hosts map[string]robots
}

// robots are the rules of one host that are meant for Wireroom.
type robots struct {
	until time.Time
	rules []robotsRule
	away  bool // they could not be read
}

// A robotsRule allows or disallows paths that match its pattern.
type robotsRule struct {
	pattern string
	allow   bool
}

// allowed asks the robots.txt of the target's host, once a day, and pauses after that. A
// host without one allows everything; one that cannot be reached disallows, as RFC 9309
// section 2.3.1.4 wishes.
func (c *Client) allowed(ctx context.Context, src news.Source, target *url.URL, now time.Time) error {
	host := target.Scheme + "://" + strings.ToLower(target.Host)
	c.robots.mu.Lock()
	r, known := c.robots.hosts[host]
	c.robots.mu.Unlock()
	asked := !known || !now.Before(r.until)
	if asked {
		page := src
		page.MaxBytes, page.Robots = robotsLimit, false
		a := c.Get(ctx, page, host+"/robots.txt", now)
		r = robots{until: now.Add(robotsLife)}
		switch {
		case a.Outcome == "":
			r.rules = parseRobots(string(a.Body))
		case a.Status/100 != 4 && a.Outcome != news.OutcomeTooLarge:
			r = robots{until: now.Add(time.Hour), rules: []robotsRule{{pattern: "/"}}, away: true}
		}
		if ctx.Err() == nil {
			c.robots.keep(host, r)
		}
	}
	path := target.EscapedPath()
	if path == "" {
		path = "/"
	}
	if target.RawQuery != "" {
		path += "?" + target.RawQuery
	}
	switch {
	case r.allow(path):
		if asked {
			c.pause(ctx, news.Source{URL: target.String(), AllowPrivate: src.AllowPrivate})
		}
		return ctx.Err()
	case r.away:
		return errRobotsAway
	}
	return errRobots
}

// pause waits for as long as a host is left alone after a request, in which the time of
// a visit stands still. The user's own servers are not paced.
func (c *Client) pause(ctx context.Context, src news.Source) {
	if src.Own() {
		return
	}
	if visit, ok := ctx.(*timed); ok {
		resume, waited := visit.pause(), visit.waited
		defer func() {
			resume()
			visit.waited = waited // for room alone
		}()
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(c.gap.Load())):
	}
}

func (rc *robotsCache) keep(host string, r robots) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.hosts == nil || len(rc.hosts) >= robotsHosts {
		rc.hosts = map[string]robots{}
	}
	rc.hosts[host] = r
}

// parseRobots returns the rules of the group that names Wireroom, else of the
// group for everybody.
func parseRobots(text string) []robotsRule {
	var own, all []robotsRule
	named, forOwn, forAll, inAgents := false, false, false, false
	text = strings.TrimPrefix(text, "\ufeff")
	ends := func(r rune) bool { return r == '\n' || r == '\r' }
	for line := range strings.FieldsFuncSeq(text, ends) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch key {
		case "user-agent":
			if !inAgents {
				forOwn, forAll, inAgents = false, false, true
			}
			forAll = forAll || value == "*"
			if strings.EqualFold(value, "wireroom") {
				named, forOwn = true, true
			}
		case "allow", "disallow":
			inAgents = false
			if value == "" {
				continue
			}
			rule := robotsRule{pattern: spelt(value), allow: key == "allow"}
			if forOwn {
				own = append(own, rule)
			}
			if forAll {
				all = append(all, rule)
			}
		}
	}
	if named {
		return own
	}
	return all
}

// allow applies the longest rule that matches; of two as long, the one that
// allows.
func (r robots) allow(path string) bool {
	path = spelt(path)
	longest, allow := -1, true
	for _, rule := range r.rules {
		n := len(rule.pattern)
		if n < longest || n == longest && !rule.allow || !matchRobots(rule.pattern, path) {
			continue
		}
		longest, allow = n, rule.allow
	}
	return allow
}

// spelt returns a path in the one spelling in which it is compared: what an address
// cannot hold is encoded, and what need not be is not (RFC 9309 section 2.2.2).
func spelt(path string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c == '%' && i+2 < len(path) {
			if n, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				i += 2
				if c = byte(n); strings.IndexByte(unreserved, c) < 0 {
					fmt.Fprintf(&b, "%%%02X", c)
					continue
				}
			}
		}
		if c >= utf8.RuneSelf {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// matchRobots matches a path by a pattern with * for anything and $ for the
// end. It goes from left to right once: the first place where a part fits is
// as good as any later one.
func matchRobots(pattern, path string) bool {
	pattern, anchored := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	rest := path[len(parts[0]):]
	for i, part := range parts[1:] {
		if anchored && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !anchored || rest == ""
}
