package normalize

import (
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// canonical returns the address by which an article is compared and published:
// without what only tells where the reader comes from, without fragment, and
// of the twins for telephones the one for everybody. site is the host of the
// feed's own site, which tells how that one is written. keepFragment is for
// documents whose items are parts of one page.
func canonical(address, site string, keepFragment bool) string {
	u, err := url.Parse(address)
	if err != nil || !onWeb(u) {
		return address
	}
	u = unwrap(u)
	if (u.Scheme == "http" && u.Port() == "80") || (u.Scheme == "https" && u.Port() == "443") {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port()) // Hostname has no brackets
	}
	if !keepFragment && !strings.HasPrefix(u.Fragment, "!") && !strings.HasPrefix(u.Fragment, "/") || trackingFragment(u.Fragment) {
		u.Fragment, u.RawFragment = "", ""
	}
	if strings.Contains(u.Path, "/.") {
		u = u.ResolveReference(u) // takes out "." and ".."
	}
	u.Path, u.RawPath = withoutSession(u.Path), withoutSession(u.RawPath)
	query := strings.ReplaceAll(u.RawQuery, "&amp;", "&") // of an address that was escaped twice
	u.RawQuery = withoutTracking(query, u.Hostname())
	u.ForceQuery = false
	twin(u, site)
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// trackingFragment reports whether a fragment is no place in the page.
func trackingFragment(fragment string) bool {
	if fragment == "comment" || fragment == "comment-form" { // one with a number is a comment's
		return true
	}
	for _, prefix := range []string{":~:", "xtor=", "utm_", "ref=", "ftag=", "comments", "respond", "at_medium=", "at_campaign=", "intcid=", "mtm_", "pk_"} {
		if strings.HasPrefix(fragment, prefix) {
			return true
		}
	}
	return false
}

// withoutTracking removes the parameters of trackers from a query, and leaves
// the others as they are written, in their order.
func withoutTracking(query, host string) string {
	if query == "" {
		return ""
	}
	var kept []string
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if name = strings.ToLower(name); pair != "" && !tracking(name, host) && !(referring[name] && feedNames[strings.ToLower(value)]) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

func tracking(name, host string) bool {
	if trackers[name] {
		return true
	}
	for _, prefix := range trackerPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for domain := host; domain != ""; _, domain, _ = strings.Cut(domain, ".") {
		if names, ok := siteTrackers[domain]; ok {
			return strings.Contains(names, " "+name+" ")
		}
	}
	return false
}

// withoutSession removes the session that servers of Java put into a path.
func withoutSession(path string) string {
	at := strings.Index(strings.ToLower(path), ";jsessionid=")
	if at < 0 {
		return path
	}
	rest := ""
	if slash := strings.IndexByte(path[at:], '/'); slash >= 0 {
		rest = path[at+slash:]
	}
	return path[:at] + rest
}

// unwrap returns the address that a redirector carries within its own.
func unwrap(u *url.URL) *url.URL {
	for range 3 {
		inner := wrapped(u)
		if inner == "" {
			return u
		}
		next, err := url.Parse(inner)
		if err != nil || !onWeb(next) {
			return u
		}
		u = next
	}
	return u
}

func wrapped(u *url.URL) string {
	host := u.Hostname()
	if rest, ok := strings.CutPrefix(u.Path, "/amp/"); ok && (host == "www.google.com" || host == "google.com") {
		return ampTarget(rest, u.RawQuery)
	}
	if strings.HasSuffix(host, ".cdn.ampproject.org") {
		for _, kind := range []string{"/c/", "/v/", "/a/"} {
			if rest, ok := strings.CutPrefix(u.Path, kind); ok {
				return ampTarget(rest, u.RawQuery)
			}
		}
	}
	for _, r := range redirectors {
		if (host == r.host || strings.HasSuffix(host, "."+r.host)) && strings.HasPrefix(u.Path, r.path) {
			for _, name := range strings.Fields(r.parameters) {
				if inner := u.Query().Get(name); strings.HasPrefix(inner, "http") {
					return inner
				}
			}
		}
	}
	return ""
}

// ampTarget reads the address behind an AMP cache's: "s/" stands for https.
func ampTarget(rest, query string) string {
	scheme := "http://"
	if secure, ok := strings.CutPrefix(rest, "s/"); ok {
		scheme, rest = "https://", secure
	}
	if query != "" {
		rest += "?" + query
	}
	return scheme + rest
}

// twin turns the address of an AMP page or of a site for telephones into that
// of the page for everybody.
func twin(u *url.URL, site string) {
	host := u.Hostname()
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return
	}
	switch sub := strings.TrimSuffix(strings.TrimSuffix(host, domain), "."); {
	case sub == "amp" || sub == "m" || sub == "mobile":
		full := "www." + domain
		if site == domain || strings.HasSuffix(site, "."+domain) && site != host {
			full = site
		} else if bareHosts[domain] {
			full = domain
		}
		u.Host = strings.Replace(u.Host, host, full, 1)
	case strings.HasSuffix(sub, ".m") && domain == "wikipedia.org":
		u.Host = strings.TrimSuffix(sub, ".m") + "." + domain
	}
	u.RawQuery = withoutAMP(u.RawQuery)
	path := u.EscapedPath()
	plain := withoutAMPPath(path)
	if plain == path || strings.Trim(plain, "/") == "" {
		return
	}
	if decoded, err := url.PathUnescape(plain); err == nil {
		u.Path, u.RawPath = decoded, plain
	}
}

// withoutAMPPath removes the marks of an AMP page from a path, by every
// convention.
func withoutAMPPath(path string) string {
	for {
		plain := path
		switch {
		case strings.HasSuffix(path, "/amp"):
			plain = strings.TrimSuffix(path, "/amp")
		case strings.HasSuffix(path, "/amp/"):
			plain = strings.TrimSuffix(path, "amp/")
		case strings.HasSuffix(path, ".amp.html"):
			plain = strings.TrimSuffix(path, ".amp.html") + ".html"
		case strings.HasSuffix(path, ".amp"):
			plain = strings.TrimSuffix(path, ".amp")
		case strings.HasPrefix(path, "/amp/"):
			plain = strings.TrimPrefix(path, "/amp")
		}
		if plain == path || strings.Trim(plain, "/") == "" || strings.HasSuffix(plain, "/.") || strings.HasSuffix(plain, "/..") { // a name of dots leads elsewhere
			return path
		}
		path = plain
	}
}

// withoutAMP removes the parameters that ask for an AMP page.
func withoutAMP(query string) string {
	if !strings.Contains(query, "amp") {
		return query
	}
	var kept []string
	for _, pair := range strings.Split(query, "&") {
		switch strings.ToLower(pair) {
		case "amp", "amp=", "amp=1", "amp=true", "outputtype=amp", "usqp=mq331aq", "is_amp=1", "isamp=1":
		default:
			if !strings.HasPrefix(pair, "amp_") && !strings.HasPrefix(pair, "_amp") {
				kept = append(kept, pair)
			}
		}
	}
	return strings.Join(kept, "&")
}
