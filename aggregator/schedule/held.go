package schedule

import (
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/wireroom/wireroom/aggregator/news"
)

// manyHosts are services that give every account a host of its own and limit
// requests to all of them together.
var manyHosts = map[string]bool{"tumblr.com": true}

// Held returns the names of the other sources that a limit of one holds back:
// those of its host, or of its registrable domain, by its LimitScope. Sources
// on private networks are the user's own and are not held back by each other.
func Held(limited news.Source, sources []news.Source) []string {
	host := hostOf(limited)
	if host == "" || limited.AllowPrivate {
		return nil
	}
	domain := domainOf(host)
	scope := limited.LimitScope
	if scope == "" && manyHosts[domain] {
		scope = news.LimitDomain
	}
	if scope == news.LimitFeed {
		return nil
	}
	var names []string
	for _, src := range sources {
		if src.Name == limited.Name || src.AllowPrivate {
			continue
		}
		other := hostOf(src)
		if other == host || scope == news.LimitDomain && other != "" && domainOf(other) == domain {
			names = append(names, src.Name)
		}
	}
	return names
}

func hostOf(src news.Source) string {
	u, err := url.Parse(src.URL)
	if err != nil {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
}

// domainOf returns the domain of who runs the host: what was registered with a
// registry. Suffixes under which a service gives out names, such as
// blogspot.com, belong to the service.
func domainOf(host string) string {
	for {
		suffix, registry := publicsuffix.PublicSuffix(host)
		if registry || suffix == host || !strings.Contains(suffix, ".") {
			break
		}
		host = suffix
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
