package poll

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/wireroom/wireroom/aggregator/news"
)

// maxError is the length in bytes to which a message about a source is cut.
const maxError = 300

// Redact returns a message about a source without the source's secrets: its
// credentials, and user and password in its URL. Control characters become
// spaces and the message is cut to 300 bytes, so that it is one line of a log.
func Redact(src news.Source, message string) string {
	for _, secret := range secrets(src) {
		message = strings.ReplaceAll(message, secret, "***")
	}
	message = printable(message)
	if len(message) > maxError {
		message = strings.ToValidUTF8(message[:maxError], "") + "…"
	}
	return message
}

// secrets returns the strings that must never be seen, in every spelling in
// which a URL or a header can hold them; the longest first, for one may be a
// part of another.
func secrets(src news.Source) []string {
	var plain []string
	plain = append(plain, src.Auth.Password, src.Auth.Bearer)
	for _, v := range src.Auth.Header {
		plain = append(plain, v)
	}
	for _, v := range src.Auth.Query {
		plain = append(plain, v)
	}
	if u, err := url.Parse(src.URL); err == nil && u.User != nil {
		password, _ := u.User.Password()
		plain = append(plain, u.User.String(), password)
	}
	var all []string
	for _, s := range plain {
		if len(s) < 3 { // too short to be a secret, and everywhere
			continue
		}
		all = append(all, s)
		for _, spelling := range []string{url.QueryEscape(s), url.PathEscape(s)} {
			if spelling != s {
				all = append(all, spelling)
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// PublicURL returns a URL without user, password and fragment, and without the
// query parameters that are credentials of the source: the form in which it
// may be stored, shown and logged. What cannot be parsed becomes empty.
func PublicURL(src news.Source, raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return publicURL(src, u)
}

func publicURL(src news.Source, u *url.URL) string {
	clean := *u
	clean.User, clean.Fragment, clean.RawFragment = nil, "", ""
	if len(src.Auth.Query) > 0 && clean.RawQuery != "" {
		var kept []string
		for _, pair := range strings.Split(clean.RawQuery, "&") {
			key, _, _ := strings.Cut(pair, "=")
			if name, err := url.QueryUnescape(key); err == nil {
				key = name
			}
			if _, secret := src.Auth.Query[key]; !secret {
				kept = append(kept, pair)
			}
		}
		clean.RawQuery = strings.Join(kept, "&")
	}
	return clean.String()
}

// printable replaces control characters, so that text of a server can neither
// break a line of a log nor steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}
