package news

import (
	"slices"
	"strings"
)

// counters are where pictures come from that count readers, or are buttons to
// share an item. Source: the services' own instructions for publishers.
var counters = []string{
	"://feeds.feedburner.com/~", "://feedads.g.doubleclick.net/", "://pixel.wp.com/", "://stats.wordpress.com/",
	"://www.google-analytics.com/", "://b.scorecardresearch.com/", ".feedsportal.com/",
	"://rss.nytimes.com/c/", "://api.follow.it/", "://hits.theguardian.com/", "://counter.theconversation.com/",
	"://feeds.wordpress.com/1.0/",
	// what pages have for readers without scripts
	"/matomo.php?", "/piwik.php?", "//sb.scorecardresearch.com/", "//c.statcounter.com/", "//www.facebook.com/tr?",
	"//mc.yandex.ru/watch/", "//pixel.quantserve.com/", "//counter.yadro.ru/", "//px.ads.linkedin.com/",
}

// Counts reports whether the picture at an address counts readers, or is a button to
// share an item, and shows nothing of it.
func Counts(address string) bool {
	return slices.ContainsFunc(counters, func(c string) bool { return strings.Contains(address, c) })
}
