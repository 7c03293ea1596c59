package normalize

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

// embedMark is the text of the link that stands for what a body embeds. It is
// no word: reports of one event are not told apart, or alike, by their players.
const embedMark = "▶"

// embedded writes a link to what a frame of the body would have shown, such as
// a film: frames are not kept, and the film may be all that there is to see.
func (c *cleaner) embedded(attrs []html.Attribute) {
	if slices.Contains(c.stack, "a") {
		return // links do not nest
	}
	address := ""
	for _, a := range attrs {
		switch {
		case a.Key == "src" || address == "" && slices.Contains(lazy, a.Key):
			if found := webAddress(c.base, a.Val, false); found != "" {
				address = found
			}
		case a.Key == "width" || a.Key == "height":
			if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(a.Val), "px")); err == nil && n <= 1 {
				return // it counts readers
			}
		case a.Key == "style":
			if strings.Contains(strings.ReplaceAll(a.Val, " ", ""), "display:none") {
				return
			}
		}
	}
	u, err := url.Parse(address)
	if err != nil || address == "" || news.Counts(address) {
		return
	}
	c.start("a", []html.Attribute{{Key: "href", Val: watched(u)}, {Key: "title", Val: u.Hostname()}})
	c.characters(embedMark)
	c.end("a")
}

// watched returns the address of the page of a film that a frame shows.
// YouTube's player refuses to run on its own.
func watched(u *url.URL) string {
	host := strings.TrimPrefix(u.Hostname(), "www.")
	id, player := strings.CutPrefix(u.Path, "/embed/")
	if (host == "youtube.com" || host == "youtube-nocookie.com") && player && id != "" && id != "videoseries" {
		return "https://www.youtube.com/watch?v=" + url.QueryEscape(strings.TrimSuffix(id, "/"))
	}
	return u.String()
}
