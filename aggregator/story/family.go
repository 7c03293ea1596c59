package story

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/wireroom/wireroom/aggregator/news"
)

// family returns the publisher that is counted for an item: the configured
// one, else the domain that its link belongs to.
func family(it *news.Item, outlet *news.Outlet) string {
	if outlet.Family != "" {
		return outlet.Family
	}
	for _, address := range []string{it.Canonical, it.URL, outlet.Link, outlet.Feed} {
		if domain := registrable(address); domain != "" {
			return domain
		}
	}
	return it.Source
}

// registrable returns the registrable domain of an address ("example.co.uk"
// for https://news.example.co.uk/a), its host where that has none (an IP
// address, localhost), or nothing if it is no address with a host.
func registrable(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "" {
		return ""
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}
