package config

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// server builds the settings of publishing.
func (l *loader) server() {
	s := &l.root.Server
	at := func(key string) []string { return []string{"server", key} }
	l.config.Server = Server{
		Listen: s.Listen, BaseURL: l.baseURL(at("base_url"), s.BaseURL), Images: Images(s.Images), Hub: s.Hub, HubPrivate: s.HubPrivate, RateLimit: s.RateLimit, Admin: s.Admin,
		TLS: TLS{Cert: s.TLS.Cert, Key: s.TLS.Key, ACME: l.certified(s.TLS.ACME), Directory: s.TLS.ACMEDirectory},
	}
	l.address(at("listen"), s.Listen)
	if s.Admin != "" {
		l.address(at("admin"), s.Admin)
	}
	l.hub(at("hub"), s.Hub)
	if (s.TLS.Cert == "") != (s.TLS.Key == "") {
		l.report(at("tls"), "cert and key belong together and one is missing", "set both, or neither")
	}
	if s.TLS.Cert != "" && len(s.TLS.ACME) > 0 {
		l.report(at("tls"), "there are certificate files and acme", "set one of the two")
	}
	if s.TLS.ACMEDirectory != "" {
		l.webURL([]string{"server", "tls", "acme_directory"}, s.TLS.ACMEDirectory, "https://ca.example.org/acme/directory")
		if len(s.TLS.ACME) == 0 {
			l.report(at("tls"), "there is acme_directory and no acme", "name the hosts to obtain certificates for, such as acme: [feeds.example.org]")
		}
	}
}

// baseURL checks the address under which readers reach the server, and brings it to
// the form in which it can stand anywhere: in ASCII, as a feed and the head of an
// answer want it, its host in lower case, as ids are made of it.
func (l *loader) baseURL(path []string, raw string) string {
	const example = "https://feeds.example.org"
	if raw == "" {
		return ""
	}
	u := l.webURL(path, raw, example)
	if u == nil {
		return ""
	}
	if strings.ContainsAny(raw, "?#") || u.User != nil {
		l.report(path, "the base URL has a query, a fragment or a password", "write host and path only, such as "+example)
		return ""
	}
	host, err := asciiHost(u.Hostname())
	if err != nil {
		l.report(path, fmt.Sprintf("%q cannot be the name of a host", u.Hostname()), "write for example "+example)
		return ""
	}
	host = strings.Replace(u.Host, u.Hostname(), host, 1) // a port stays, and brackets
	return u.Scheme + "://" + host + strings.TrimRight(u.EscapedPath(), "/")
}

// asciiHost returns the name of a host as it is asked for: in lower case, and a name
// in other letters than those of ASCII by its code for them.
func asciiHost(name string) (string, error) {
	for _, r := range name {
		if r > unicode.MaxASCII {
			return idna.Lookup.ToASCII(name)
		}
	}
	return strings.ToLower(name), nil
}

// certified checks the names of hosts that are to have certificates: of anything
// else the authority is never asked, and whoever connects is refused.
func (l *loader) certified(hosts []string) []string {
	var names []string
	for i, host := range hosts {
		name, err := idna.Lookup.ToASCII(host)
		if err != nil || !strings.Contains(name, ".") || net.ParseIP(name) != nil {
			l.report([]string{"server", "tls", "acme", strconv.Itoa(i)}, fmt.Sprintf("%q is not the name of a host", host), "write the name alone, such as feeds.example.org")
			continue
		}
		names = append(names, name)
	}
	return names
}

// hub checks a setting that names a hub.
func (l *loader) hub(path []string, hub string) {
	switch {
	case hub == "", hub == HubOwn, hub == HubNone:
	case !strings.Contains(hub, ":"):
		l.report(path, fmt.Sprintf("%q is not known here", hub), "write own, none, or the address of a hub")
	default:
		l.webURL(path, hub, "https://hub.example.org/")
	}
}

// address checks the address of a listener.
func (l *loader) address(path []string, address string) {
	host, port, err := net.SplitHostPort(address)
	n, errPort := strconv.Atoi(port)
	switch {
	case err != nil && !strings.Contains(address, ":"):
		l.report(path, fmt.Sprintf("%q has no port", address), "write HOST:PORT or :PORT, such as :8080")
	case err != nil || strings.ContainsAny(host, "/ "):
		l.report(path, fmt.Sprintf("%q is not an address to listen on", address), "write HOST:PORT or :PORT, such as 127.0.0.1:8080")
	case errPort != nil || n < 0 || n > 65535:
		l.report(path, fmt.Sprintf("%q is not a port", port), "a port is a number from 0 to 65535")
	}
}

// webURL checks an absolute http or https URL. It returns nil after a report.
func (l *loader) webURL(path []string, raw, example string) *url.URL {
	u, wrong := parseWebURL(raw, example)
	if u == nil {
		l.report(path, wrong.message, wrong.mend)
	}
	return u
}

// parseWebURL reads an absolute http or https URL, or says what is wrong with
// it, never repeating more of it than the scheme and the port: the rest may
// hold a password.
func parseWebURL(raw, example string) (*url.URL, fault) {
	u, err := url.Parse(raw)
	switch {
	case strings.ContainsAny(raw, " \t\r\n"):
		return nil, fault{"the address has a space in it", "take it out, or write %20 for a space that belongs to it"}
	case err != nil && strings.Contains(raw, "@"): // what is before it may be a password
		return nil, fault{"this cannot be read as an address", "if a password is in it, set user and password under auth, where it may have any signs; an address is such as " + example}
	case err != nil:
		return nil, fault{"this cannot be read as an address", "write for example " + example}
	case u.Scheme == "":
		return nil, fault{"the address has no scheme", "begin with https:// or http://, such as " + example}
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fault{fmt.Sprintf("an address that begins with %q is not polled", u.Scheme+":"), "write an address of http or https, such as " + example}
	case u.Hostname() == "", strings.ContainsFunc(u.Hostname(), unicode.IsControl): // a terminal that is told of one would obey it
		return nil, fault{"the address names no host", "write for example " + example}
	case utf8.RuneCountInString(u.Hostname()) > maxHost:
		return nil, fault{"the name of the host is too long", fmt.Sprintf("no host has a name of more than %d letters; write for example %s", maxHost, example)}
	case strings.Contains(u.User.Username(), ":"):
		return nil, fault{colonInUser, mendColon}
	case !validPort(u.Port()):
		return nil, fault{fmt.Sprintf("%.20q is not a port", u.Port()), "a port is a number from 1 to 65535"}
	}
	return u, fault{}
}

// maxHost is the length of the longest name that DNS has. What is longer cannot be
// asked, and a database may have no room for it in an index.
const maxHost = 253

// validPort reports whether a port is one. It is kept with the host's name: zeros before
// it would have no end.
func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || err == nil && n > 0 && n < 65536 && len(port) <= len("65535")
}
