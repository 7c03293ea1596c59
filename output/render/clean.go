package render

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/language"
)

// maxURL is the longest link that is published, in bytes.
const maxURL = 8 << 10

// clean returns s as valid UTF-8 without characters outside XML 1.0 (section
// 2.2), without the C1 controls that XML discourages, and with line feeds for
// the ends of lines, which is what an XML parser would make of them.
func clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r == '\r':
			if !strings.HasPrefix(s[i+1:], "\n") {
				b.WriteByte('\n')
			}
		case r == utf8.RuneError:
			// Either a broken byte or a trace of one: nothing to show.
		case publishable(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isClean(s string) bool {
	for _, r := range s {
		if r == '\r' || r == utf8.RuneError || !publishable(r) {
			return false
		}
	}
	return true
}

// publishable leaves out noncharacters of every plane too, not only the two
// that XML forbids: no reader can show them and some refuse them.
func publishable(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return true
	case r < 0x20, r >= 0x7F && r <= 0x9F:
		return false
	case r >= 0xD800 && r <= 0xDFFF, r >= 0xFDD0 && r <= 0xFDEF:
		return false
	}
	return r&0xFFFE != 0xFFFE && r <= utf8.MaxRune
}

// cleanLine is clean for what stands on one line, such as a title or a name:
// any run of white space becomes one space.
func cleanLine(s string) string {
	return strings.Join(strings.Fields(clean(s)), " ")
}

// webURL returns raw as an absolute http or https URI in ASCII without user
// information, or "" if it is none.
func webURL(raw string) string {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxURL {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Opaque != "" {
		return ""
	}
	u.User = nil
	if host := u.Hostname(); !isASCII(host) {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return ""
		}
		u.Host = ascii
		if port := u.Port(); port != "" {
			u.Host += ":" + port
		}
	}
	if u.Path == "" && u.RawQuery != "" {
		u.Path = "/"
	}
	// Brackets stand around an IPv6 address, and nowhere else.
	host := u.Scheme + "://" + u.Host
	rest := brackets.Replace(strings.TrimPrefix(u.String(), host))
	return escape(host + rest)
}

var brackets = strings.NewReplacer("[", "%5B", "]", "%5D")

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// escape percent-encodes the bytes that RFC 3986 allows nowhere in a URI, and
// the percent signs that encode nothing.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		stray := c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]))
		if stray || c <= ' ' || c >= 0x7F || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			const digits = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// truncate cuts s to at most n runes, between words where it can.
func truncate(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	cut := string([]rune(s)[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " .,;:") + "…"
}

// canonicalURI is what validators take for a canonical URI beyond doubt: a
// plain address of the web, a tag: or a urn:.
var canonicalURI = regexp.MustCompile(`^(?:` +
	`https?://[a-z0-9](?:[a-z0-9-]*\.)*[a-z0-9-]*[a-z0-9](?::[1-9][0-9]*)?/[A-Za-z0-9/_~.-]*(?:\?[A-Za-z0-9/_~.&=-]+)?` +
	`|tag:[a-z0-9.-]+,\d{4}(?:-\d{2}){0,2}:[A-Za-z0-9/_~.:=@-]+` +
	`|urn:uuid:[a-f0-9]{8}(?:-[a-f0-9]{4}){3}-[a-f0-9]{12}` +
	`)$`)

// isCanonical reports whether s may be the id of an Atom element as it stands.
func isCanonical(s string) bool {
	return canonicalURI.MatchString(s) && !strings.Contains(s, "/.") &&
		!strings.Contains(s, ":80/") && !strings.Contains(s, ":443/")
}

// languageTag returns tag in the spelling of BCP 47, or "" if it is none.
func languageTag(tag string) string {
	t, err := language.Parse(tag)
	if base, _ := t.Base(); err != nil || base.String() == "und" {
		return ""
	}
	return t.String()
}

// shortLanguage is languageTag for XML, where validators know the languages
// with two letters for certain, and few of the others.
func shortLanguage(tag string) string {
	if base, _, _ := strings.Cut(tag, "-"); len(base) != 2 {
		return ""
	}
	return tag
}
