package newsroom

import (
	"net"
	"slices"
	"strings"
	"time"
)

// An edition is what stands published at one instant, of one outlet or of all.
type edition struct {
	midnight time.Time
	port     string // that the hosts are asked at
	outlet   *Outlet
	reports  []*report // newest first
}

// of returns the outlet's part of an edition.
func (e edition) of(o *Outlet) edition {
	e.outlet = o
	e.reports = slices.DeleteFunc(slices.Clone(e.reports), func(r *report) bool { return r.outlet != o })
	return e
}

// home is the address of an outlet's front page, without the slash at its end.
func (e edition) home(outlet string) string {
	host := outlet + "." + Domain
	if e.port != "" {
		host = net.JoinHostPort(host, e.port)
	}
	return "http://" + host
}

// address is where a report points to.
func (e edition) address(r *report) string {
	key := r.key()
	if r.link != "" {
		key = r.link
	}
	outlet, slug, _ := strings.Cut(key, "/")
	return e.home(outlet) + "/" + slug
}

func (e edition) instant(at time.Duration) time.Time { return e.midnight.Add(at) }

// lead is the beginning of a report: what an outlet that does not give away
// its texts puts into its feed.
func (r *report) lead() string { return r.text[0] }

// html is the whole report. Texts of the newsroom hold no markup.
func (r *report) html() string {
	return "<p>" + strings.Join(r.text, "</p>\n<p>") + "</p>"
}
