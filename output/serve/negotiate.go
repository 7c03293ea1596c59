package serve

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// choose returns the form that fits an Accept-Encoding header best: the
// highest quality, then our preference (RFC 9110 section 12.5.3). Without the
// header, and where nothing is acceptable, it is identity, the last form.
func (p *page) choose(header []string) *form {
	identity := p.forms[len(p.forms)-1]
	if len(header) == 0 {
		return identity
	}
	qualities := parseQualities(strings.Join(header, ","))
	var best *form
	top := 0.0
	for _, f := range p.forms {
		q, named := qualities[f.coding]
		if !named {
			q, named = qualities["*"]
		}
		if !named && f.coding == "identity" {
			// Acceptable unless excluded, but no match for what was named.
			q = 0.0001
		}
		if q > top && p.open(f) {
			best, top = f, q
		}
	}
	if best == nil {
		return identity
	}
	return best
}

// parseQualities reads "gzip;q=0.8, br"; what has a broken quality is left out.
func parseQualities(header string) map[string]float64 {
	qualities := map[string]float64{}
	for _, part := range strings.Split(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if name == "x-gzip" {
			name = "gzip"
		}
		q := 1.0
		if key, value, ok := strings.Cut(params, "="); ok && strings.EqualFold(strings.TrimSpace(key), "q") {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(v >= 0 && v <= 1) {
				continue
			}
			q = v
		}
		qualities[name] = q
	}
	return qualities
}

// notModified reports whether the reader has this form already (RFC 9110
// section 13.2.2): If-None-Match decides where it is present, by weak
// comparison; else If-Modified-Since.
func notModified(h http.Header, etag string, modified time.Time) bool {
	if list := h.Values("If-None-Match"); len(list) > 0 {
		return matches(strings.Join(list, ","), etag)
	}
	since, err := http.ParseTime(h.Get("If-Modified-Since"))
	return err == nil && !modified.IsZero() && !modified.Truncate(time.Second).After(since)
}

// matches reports whether a list of entity tags, or "*", covers etag by weak
// comparison. A list that is broken somewhere covers what stands before.
func matches(list, etag string) bool {
	for {
		list = strings.TrimLeft(list, " \t,")
		if list == "" {
			return false
		}
		if list[0] == '*' {
			return true
		}
		list = strings.TrimPrefix(list, "W/")
		if list == "" || list[0] != '"' {
			return false
		}
		end := strings.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if list[:end+2] == etag {
			return true
		}
		list = list[end+2:]
	}
}
