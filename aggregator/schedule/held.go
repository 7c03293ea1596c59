package schedule

import (
	"iter"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/wireroom/wireroom/aggregator/news"
)

// manyHosts are services that give every account a host of its own and limit
// requests to all of them together: to them a host is the domain.
var manyHosts = map[string]bool{"tumblr.com": true}

// Neighbours are sources by the hosts and the domains that serve them. Sources
// on private networks are the user's own and have no neighbours.
type Neighbours struct{ hosts, domains map[string][]string }

// NewNeighbours returns the neighbours among sources.
func NewNeighbours(sources iter.Seq[news.Source]) *Neighbours {
	n := &Neighbours{hosts: map[string][]string{}, domains: map[string][]string{}}
	for src := range sources {
		if host := hostOf(src); host != "" && !src.Own() {
			n.hosts[host] = append(n.hosts[host], src.Name)
			domain := domainOf(host)
			n.domains[domain] = append(n.domains[domain], src.Name)
		}
	}
	return n
}

// Held returns the names of the sources that a limit of one holds back: those
// of its host, or of its registrable domain, by its LimitScope. It is among
// them itself, unless there is no other.
func (n *Neighbours) Held(limited news.Source) []string {
	host := hostOf(limited)
	if host == "" || limited.Own() || limited.LimitScope == news.LimitFeed {
		return nil
	}
	held := n.hosts[host]
	if domain := domainOf(host); limited.LimitScope == news.LimitDomain || manyHosts[domain] {
		held = n.domains[domain]
	}
	if len(held) < 2 {
		return nil
	}
	return held
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
