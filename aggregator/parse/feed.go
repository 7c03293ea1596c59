package parse

import (
	"slices"
	"strconv"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"

	"github.com/wireroom/wireroom/aggregator/news"
)

// readHead takes from what stands outside the entries the feed's identity,
// words, dates and links.
func (d *document) readHead() {
	f, t := d.feed, &d.head
	if len(t.nodes) == 0 {
		return
	}
	from := &t.nodes[0]
	if channel := t.child(from, "channel"); channel != nil {
		from = channel
	}
	f.Base, f.Language = from.base, from.lang
	var w words
	for _, id := range from.children {
		n := &t.nodes[id]
		switch n.name {
		case "id", "atom:id":
			if f.ID == "" {
				f.ID = clip(d.plain(n), maxURL)
			}
		case "language", "dc:language":
			if f.Language == "" {
				f.Language = d.plain(n)
			}
		case "itunes:new-feed-url", "newlocation":
			if to := clipURL(d.plain(n)); f.NewURL == "" && news.Bare(to) != "" {
				f.NewURL = to
			}
		case "subtitle", "tagline", "info", "atom:subtitle", "itunes:subtitle":
			w.place(d, n, place{slotSummary, subtitleRank(n.name), news.TextGuess})
		default:
			w.read(d, n)
		}
	}
	if f.ID == "" {
		f.ID = clip(from.attr("about"), maxURL)
	}
	if href := from.attr("href"); d.cdf && href != "" {
		w.links = append(w.links, news.Link{Href: clipURL(resolve(from, href))})
	}
	f.Title, f.Description, f.Rights = w.text[slotTitle], w.text[slotSummary], w.text[slotRights]
	f.Links = w.links
	for i, dates := range [][]string{best(w.dates[0]), best(w.dates[1])} {
		if len(dates) > 0 {
			*[]*string{&f.Published, &f.Updated}[i] = dates[0]
		}
	}
}

func subtitleRank(name string) int {
	if strings.HasPrefix(name, "itunes:") {
		return 7
	}
	if name == "info" {
		return 2
	}
	return 1
}

// extensions takes what modules say of the feed as a whole.
func extensions(feed *news.Feed, x ext.Extensions) {
	for _, image := range x["itunes"]["image"] {
		feed.Image = first(feed.Image, image.Attrs["href"], image.Attrs["url"])
	}
	for _, l := range x["itunes"]["link"] {
		if l.Attrs["rel"] == "image" {
			feed.Image = first(feed.Image, l.Attrs["href"])
		}
	}
	for _, image := range x["atom"]["logo"] {
		feed.Image = first(feed.Image, image.Value)
	}
	for _, icon := range x["atom"]["icon"] {
		feed.Icon = first(feed.Icon, icon.Value)
	}
	if len(feed.Authors) == 0 {
		for _, owner := range x["itunes"]["owner"] {
			if p, ok := nested(owner); ok {
				feed.Authors = append(feed.Authors, p)
			}
		}
	}
	period, frequency := x["sy"]["updateperiod"], x["sy"]["updatefrequency"]
	if len(period) > 0 {
		often := 1
		if len(frequency) > 0 {
			if n, err := strconv.Atoi(strings.TrimSpace(frequency[0].Value)); err == nil && n > 0 {
				often = n
			}
		}
		feed.TTL = max(feed.TTL, periods[strings.ToLower(strings.TrimSpace(period[0].Value))]/time.Duration(often))
	}
}

// periods are those of the module syndication of RSS 1.0.
var periods = map[string]time.Duration{
	"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour,
	"monthly": 30 * 24 * time.Hour, "yearly": 365 * 24 * time.Hour,
}

// minutes reads a ttl.
func minutes(s string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n <= 0 || n > 60*24*365 {
		return 0
	}
	return time.Duration(n) * time.Minute
}

// skipHours reads hours of the day; 24 is midnight, as in RSS 0.91.
func skipHours(list []string) []int {
	var hours []int
	for _, s := range list {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n >= 0 && n <= 24 && !slices.Contains(hours, n%24) {
			hours = append(hours, n%24)
		}
	}
	return hours
}

func skipDays(list []string) []time.Weekday {
	var days []time.Weekday
	for _, s := range list {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(strings.TrimSpace(s), day.String()) && !slices.Contains(days, day) {
				days = append(days, day)
			}
		}
	}
	return days
}
