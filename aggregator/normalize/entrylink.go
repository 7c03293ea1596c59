package normalize

import (
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// link returns the address of an entry's page: its alternate link, of several
// the one that is HTML; else its guid, where that is an address; else whatever
// else leads to it, its own media file last.
func (n *normalizer) link(e *news.Entry) string {
	base := n.baseOf(e)
	if address := alternate(base, e.Links); address != "" {
		return address
	}
	if e.PermaLink && isAddress(e.GUID) {
		if address := webAddress("", e.GUID, false); address != "" {
			return address
		}
	}
	for _, rel := range []string{"related", "via", "self", "enclosure"} {
		for _, l := range e.Links {
			if strings.EqualFold(l.Rel, rel) {
				if address := webAddress(base, l.Href, false); address != "" {
					return address
				}
			}
		}
	}
	candidates := []string{e.ContentSrc}
	for _, id := range []string{e.About, e.AtomID} {
		if isAddress(id) {
			candidates = append(candidates, id)
		}
	}
	for _, enc := range e.Enclosures {
		candidates = append(candidates, enc.URL)
	}
	for _, c := range candidates {
		if address := webAddress(base, c, false); address != "" {
			return address
		}
	}
	return ""
}

func isAddress(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// alternate returns the alternate link among links. An original address that a
// proxy replaced stands above it.
func alternate(base string, links []news.Link) string {
	best, bestRank := "", 0
	for _, l := range links {
		rank := 0
		switch strings.ToLower(l.Rel) {
		case "", "alternate", "http://www.iana.org/assignments/relation/alternate":
			rank = 1
			if l.Type == "" || strings.Contains(l.Type, "html") {
				rank = 2
			}
		case "original":
			rank = 3
		}
		if rank > bestRank {
			if address := webAddress(base, l.Href, false); address != "" {
				best, bestRank = address, rank
			}
		}
	}
	return best
}

// page notes whether several entries are parts of one page.
func (n *normalizer) page(link string) {
	page, fragment, _ := strings.Cut(link, "#")
	if link == "" || trackingFragment(fragment) {
		return
	}
	if first, ok := n.pages[page]; ok && first != link {
		n.parts[page] = true
	} else {
		n.pages[page] = link
	}
}

// canonical returns the canonical address of an entry's link: of the page, or,
// where several entries are parts of it, of the part; and the part's in any
// case, which does not depend on the other entries and is therefore a name.
func (n *normalizer) canonical(link string) (address, place string) {
	if link == "" {
		return "", ""
	}
	place = canonical(link, n.site, true)
	if page, fragment, _ := strings.Cut(link, "#"); fragment == "" || n.parts[page] {
		return place, place
	}
	return canonical(link, n.site, false), place
}
