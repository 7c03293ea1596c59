package serve

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// choose returns the form that fits an Accept-Encoding header best: the one of
// the highest quality, and of two alike gzip (RFC 9110 section 12.5.3). Where the
// header is empty, and where nothing is acceptable, it is identity.
func (p *page) choose(header string) *form {
	if q := quality(header, "gzip"); q > 0 && q >= quality(header, "identity") {
		if f := p.inGzip(); f != nil {
			return f
		}
	}
	return p.bare
}

// quality returns how welcome a coding is by a header such as "gzip;q=0.8, br";
// what has a broken quality is left out.
func quality(header, coding string) float64 {
	named, any := -1.0, -1.0
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.TrimSpace(name)
		isNamed := strings.EqualFold(name, coding) || coding == "gzip" && strings.EqualFold(name, "x-gzip")
		if !isNamed && name != "*" {
			continue
		}
		q := 1.0
		if key, value, ok := strings.Cut(params, "="); ok && strings.EqualFold(strings.TrimSpace(key), "q") {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !(v >= 0 && v <= 1) {
				continue
			}
			q = v
		}
		if isNamed {
			named = q
		} else {
			any = q
		}
	}
	switch {
	case named >= 0:
		return named
	case any >= 0:
		return any
	case coding == "identity":
		return 0.0001 // acceptable unless excluded, but no match for what was named
	}
	return 0
}

// notModified reports whether the reader has this form already (RFC 9110
// section 13.2.2): If-None-Match decides where it is present, by weak
// comparison; else If-Modified-Since. A header that is empty is not present.
func notModified(noneMatch, modifiedSince, etag string, modified time.Time) bool {
	if noneMatch != "" || modifiedSince == "" {
		return matches(noneMatch, etag)
	}
	since, err := http.ParseTime(modifiedSince)
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
