package plain

import (
	"net/http"
	"strings"
)

// A Request is what of a plain request its answer may depend on. A field that it
// does not have is empty.
type Request struct {
	Head            bool // HEAD in place of GET
	Path            string
	AcceptEncoding  string
	IfNoneMatch     string
	IfModifiedSince string
}

// notPlain are the fields by which a request says that more comes behind it, or
// that it wishes for something else than a document that everybody may have.
var notPlain = map[string]bool{
	"Authorization": true, "Content-Length": true, "Expect": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// The bytes that the parts of a plain request are made of. What else there may
// be is rare, and other programs read it differently.
var (
	ofPath = table("-._/")
	ofHost = table("-._:[]")
	ofName = table("-")
)

// table holds the letters and digits of ASCII, and more.
func table(more string) (t [256]bool) {
	for c := range t {
		t[c] = '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' && c < 0x80 || strings.IndexByte(more, byte(c)) >= 0
	}
	return t
}

// only reports whether s is made of the bytes of a table, and of at least one.
func only(t *[256]bool, s string) bool {
	for i := range len(s) {
		if !t[s[i]] {
			return false
		}
	}
	return s != ""
}

// read reads a request of which each line ends with a line break and nothing
// follows (RFC 9112 sections 2 to 6), if it is plain: the rules are stricter than
// those of net/http, so that nothing passes here that would not pass there, or
// would mean something else.
func read(text string) (r Request, ok bool) {
	line, rest, _ := strings.Cut(text, "\r\n")
	method, line, _ := strings.Cut(line, " ")
	if r.Head = method == http.MethodHead; !r.Head && method != http.MethodGet {
		return r, false
	}
	if r.Path, ok = strings.CutSuffix(line, " HTTP/1.1"); !ok || !only(&ofPath, r.Path) || r.Path[0] != '/' {
		return r, false
	}
	host := ""
	for rest != "" {
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, ok := strings.Cut(line, ":")
		if !ok || !only(&ofName, name) || !visible(value) {
			return r, false
		}
		value = strings.Trim(value, " ")
		switch name = http.CanonicalHeaderKey(name); name {
		case "Host":
			ok = once(&host, value) && only(&ofHost, value)
		case "Accept-Encoding":
			ok = once(&r.AcceptEncoding, value)
		case "If-None-Match":
			ok = once(&r.IfNoneMatch, value)
		case "If-Modified-Since":
			ok = once(&r.IfModifiedSince, value)
		case "Connection":
			ok = strings.EqualFold(value, "keep-alive")
		default:
			ok = !notPlain[name]
		}
		if !ok {
			return r, false
		}
	}
	return r, host != ""
}

// once sets a field that may be there but once, and not without a value.
func once(field *string, value string) bool {
	if *field != "" || value == "" {
		return false
	}
	*field = value
	return true
}

// visible reports whether a value is of what can be seen in ASCII, and spaces.
func visible(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return true
}
