package normalize

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const (
	maxAddress = 8 << 10 // bytes of an address; a longer one is dropped
	maxBase    = 512     // bytes of what others are resolved against: each letter may become one as long
)

// webAddress resolves an address against a base and returns it absolute, with
// the scheme http or https, or mailto where that is allowed; else nothing.
// Hosts are written in ASCII, and names and passwords in an address dropped.
func webAddress(base, ref string, mailto bool) string {
	ref = addressText(ref)
	if ref == "" || len(ref) > maxAddress {
		return ""
	}
	if ref[0]|0x20 == 'w' && unschemed.MatchString(ref) {
		ref = "//" + ref
	}
	u, err := url.Parse(ref)
	if err != nil {
		if u, err = url.Parse(repairEscapes(ref)); err != nil {
			return ""
		}
	}
	if mailto && u.Scheme == "mailto" && u.Opaque != "" {
		return mailAddress(u)
	}
	if !u.IsAbs() {
		b, err := url.Parse(base)
		if err != nil || b.Host == "" {
			return ""
		}
		u = b.ResolveReference(u)
	}
	if !onWeb(u) {
		return ""
	}
	s := u.String()
	if len(s) > maxAddress {
		return ""
	}
	return s
}

// unschemed matches an address that was written as people say it, without its scheme. By
// the rules it is one of a file beside the document, which nobody calls so.
var unschemed = regexp.MustCompile(`^(?i)www\.[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}([:/?#]|$)`)

// nearby returns what addresses are resolved against. Of a long one its query goes,
// of which little depends on it, and then the path.
func nearby(base string) string {
	if len(base) <= maxBase {
		return base
	}
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	path := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if s := path.String(); len(s) <= maxBase {
		return s
	}
	if len(u.Host) > maxBase {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}).String()
}

// onWeb reports whether an address is one of the web, and brings its scheme
// and host to normal form.
func onWeb(u *url.URL) bool {
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return false
	}
	u.User = nil
	host := strings.ToLower(u.Host)
	for i := 0; i < len(host); i++ {
		if host[i] >= 0x80 {
			name, err := idna.Lookup.ToASCII(u.Hostname())
			if err != nil {
				return false
			}
			if port := u.Port(); port != "" {
				name += ":" + port
			}
			host = name
			break
		}
	}
	u.Host = strings.TrimSuffix(host, ":")
	u.RawQuery = escapeQuery(u.RawQuery)
	return validHost(u)
}

// escapeQuery escapes what must not stand in a query as it is (WHATWG URL, the
// special-query percent-encode set).
func escapeQuery(s string) string {
	const digits = "0123456789ABCDEF"
	plain := func(c byte) bool {
		return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\'' && c != '#'
	}
	i := 0
	for i < len(s) && plain(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		if c := s[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

// validHost reports whether a host is a name or an address, with a port or
// without: what is written must be read the same way by everybody.
func validHost(u *url.URL) bool {
	name, port := u.Hostname(), u.Port()
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(name)
		if err != nil || ip.Zone() != "" {
			return false
		}
		name = "[" + name + "]"
	} else {
		for i := 0; i < len(name); i++ {
			if c := name[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_') {
				return false
			}
		}
	}
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return false
		}
		name += ":" + port
	}
	return name == u.Host && strings.Trim(u.Hostname(), ".-") != ""
}

// ampersand is one that is still escaped, however often.
var ampersand = regexp.MustCompile(`&(?:(?:amp|#0*38|#[xX]0*26);)+`)

// addressText brings an address as people write it to one that can be parsed,
// as browsers do (WHATWG URL section 4.4): control characters and white space
// around it go, and a backslash before the query is a slash. What was escaped
// twice has no "&" of its own left: without one a query is another's.
func addressText(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || r == 0xa0 || r == 0xfeff || r == 0x200b })
	if strings.ContainsAny(s, "\t\n\r") {
		s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	}
	if strings.Contains(s, ";") {
		s = ampersand.ReplaceAllString(s, "&")
	}
	if i := strings.IndexByte(s, '\\'); i >= 0 {
		end := strings.IndexAny(s, "?#")
		if end < 0 {
			end = len(s)
		}
		s = strings.ReplaceAll(s[:end], `\`, "/") + s[end:]
	}
	return s
}

// repairEscapes writes a "%" that begins no escape as "%25".
func repairEscapes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] == '%' && !(i+2 < len(s) && hexDigit(s[i+1]) && hexDigit(s[i+2])) {
			b.WriteString("25")
		}
	}
	return b.String()
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// mailAddress keeps the address of a mailto without its headers.
func mailAddress(u *url.URL) string {
	to, err := url.PathUnescape(u.Opaque)
	if err != nil || !strings.Contains(to, "@") || strings.ContainsAny(to, " <>\"'\r\n\t,;%") {
		return ""
	}
	return "mailto:" + to
}
