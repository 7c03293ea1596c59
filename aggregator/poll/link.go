package poll

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxHubs is how many hubs of one source are kept.
const maxHubs = 8

// linksOf returns the hubs and the rel=self of the Link header (RFC 8288), as
// absolute URLs in the order of the header.
func linksOf(h http.Header, base *url.URL) (hubs []string, self string) {
	for _, value := range h.Values("Link") {
		for value != "" {
			var target string
			var rels []string
			target, rels, value = nextLink(value)
			ref, err := base.Parse(target)
			if err != nil || ref.Scheme != "http" && ref.Scheme != "https" {
				continue
			}
			ref.User = nil
			for _, rel := range rels {
				switch {
				case rel == "hub" && len(hubs) < maxHubs && !slices.Contains(hubs, ref.String()):
					hubs = append(hubs, ref.String())
				case rel == "self" && self == "":
					self = ref.String()
				}
			}
		}
	}
	return hubs, self
}

// nextLink reads one link-value and returns what is behind it.
func nextLink(s string) (target string, rels []string, rest string) {
	_, s, ok := strings.Cut(s, "<")
	if !ok {
		return "", nil, ""
	}
	target, s, ok = strings.Cut(s, ">")
	if !ok {
		return "", nil, ""
	}
	for s != "" {
		s = strings.TrimLeft(s, " \t")
		if strings.HasPrefix(s, ",") {
			return strings.TrimSpace(target), rels, s[1:]
		}
		s = strings.TrimLeft(s, "; \t")
		end := strings.IndexAny(s, "=;,")
		if end < 0 {
			break
		}
		name := strings.ToLower(strings.TrimSpace(s[:end]))
		if s[end] != '=' {
			s = s[end:]
			continue
		}
		var value string
		value, s = parameter(strings.TrimLeft(s[end+1:], " \t"))
		if name == "rel" && rels == nil {
			rels = strings.Fields(strings.ToLower(value))
		}
	}
	return strings.TrimSpace(target), rels, ""
}

// parameter reads a token or a quoted string.
func parameter(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		if end := strings.IndexAny(s, ";,"); end >= 0 {
			return strings.TrimSpace(s[:end]), s[end:]
		}
		return strings.TrimSpace(s), ""
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		case '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
