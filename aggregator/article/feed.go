package article

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

// CheckRules says what is wrong with the selectors of a page, one error each.
func CheckRules(rules news.PageRules) error {
	var wrong []error
	for _, s := range []struct{ name, selector string }{
		{"item", rules.Item}, {"link", rules.Link}, {"title", rules.Title}, {"date", rules.Date}, {"text", rules.Text},
	} {
		if s.selector == "" && s.name != "item" {
			continue
		}
		if _, err := cascadia.ParseGroup(s.selector); err != nil {
			wrong = append(wrong, fmt.Errorf("page.%s: %q is no CSS selector: %w", s.name, s.selector, err))
		}
	}
	return errors.Join(wrong...)
}

// Feed reads a page as the feed that it has not got: one entry for each match
// of rules.Item, at most so many; the rest are counted. It is an error if there is
// none that has a link or a title, for then the page is no longer what the rules were
// written for.
func Feed(page []byte, contentType, pageURL string, rules news.PageRules, most int) (*news.Feed, error) {
	if err := CheckRules(rules); err != nil {
		return nil, err
	}
	d, err := open(page, contentType, pageURL)
	if err != nil {
		return nil, err
	}
	d.unveil()
	feed := &news.Feed{
		Format:      "page",
		URL:         pageURL,
		Base:        d.base.String(),
		Title:       news.Text{Value: cmp.Or(d.meta("og:site_name"), text(d.Find("title").First())), Type: news.TextPlain},
		Description: news.Text{Value: cmp.Or(d.meta("description"), d.meta("og:description")), Type: news.TextPlain},
		Links:       []news.Link{{Href: pageURL, Rel: "alternate"}},
		Language:    d.language(),
		Icon:        d.link(d.Find(`link[rel~="icon"]`).First().AttrOr("href", "")),
	}
	matches := d.Find(rules.Item)
	matched := make(map[*html.Node]bool, matches.Length())
	for _, n := range matches.Nodes {
		matched[n] = true
	}
	matches.EachWithBreak(func(_ int, item *goquery.Selection) bool {
		if len(feed.Entries) >= most || within(item.Nodes[0], matched) > maxWithin {
			feed.Dropped++
			return true
		}
		if e := d.entry(item, rules); len(e.Links) > 0 || e.Title.Value != "" {
			feed.Entries = append(feed.Entries, e)
		}
		return true
	})
	switch {
	case matches.Length() == 0:
		return nil, fmt.Errorf("nothing on the page matches page.item %q", rules.Item)
	case len(feed.Entries) == 0:
		return nil, fmt.Errorf("none of the %d matches of page.item %q has a link or a title", matches.Length(), rules.Item)
	}
	return feed, nil
}

// maxWithin is how many items an item may be within, as answers are within what they
// answer: each of them is read with all that is in it.
const maxWithin = 16

// within returns how many of the nodes a node is within.
func within(n *html.Node, nodes map[*html.Node]bool) int {
	count := 0
	for n = range n.Ancestors() {
		if nodes[n] {
			count++
		}
	}
	return count
}

// entry reads one match of a page's item.
func (d *document) entry(item *goquery.Selection, rules news.PageRules) news.Entry {
	var e news.Entry
	anchor := d.anchor(item, cmp.Or(rules.Link, "a[href]"))
	link := anchor
	for _, area := range []*goquery.Selection{anchor, item} { // what is selected may be around the link, or within
		if anchor.Length() > 0 && !link.Is("[href]") {
			link = d.anchor(area, "a[href]")
		}
	}
	if href := d.link(link.AttrOr("href", "")); href != "" {
		e.Links = []news.Link{{Href: href, Rel: "alternate"}}
	}
	title := text(anchor)
	if rules.Title != "" {
		title = cmp.Or(text(part(item, rules.Title)), title)
	}
	e.Title = news.Text{Value: title, Type: news.TextPlain}
	if rules.Date != "" {
		date := part(item, rules.Date)
		said := text(date)
		e.Published = present(squeeze(date.AttrOr("datetime", "")), squeeze(date.AttrOr("content", "")), dateIn(said), said)
		if date.Length() > 0 { // day, month and year may each be in an element, one below the other
			e.Published = present(append(e.Published, dateIn(words(date.Nodes[0])))...)
		}
	}
	if rules.Text != "" {
		if summary, err := part(item, rules.Text).Html(); err == nil {
			e.Summary = news.Text{Value: strings.TrimSpace(summary), Type: news.TextHTML}
		}
	}
	picture := part(item, "img")
	if src := d.pictureOf(picture); src != "" {
		e.Images = []news.Image{{URL: src, Alt: squeeze(picture.AttrOr("alt", ""))}}
	}
	return e
}

// pictureOf returns the address of a picture. Lists of articles mostly show theirs
// late: what stands in the place of one until then is no picture. Some give a list of
// sizes alone, or beside the picture.
func (d *document) pictureOf(picture *goquery.Selection) string {
	attrs := []string{"src", "data-src", "data-original", "data-lazy-src", "srcset", "data-srcset", "data-lazy-srcset"}
	if strings.Contains(strings.ToLower(picture.AttrOr("class", "")), "lazy") {
		attrs = append(attrs[1:], "src")
	}
	places := picture.AddNodes(sizesOf(picture)...)
	for _, attr := range attrs {
		for _, n := range places.EachIter() {
			address := n.AttrOr(attr, "")
			if strings.HasSuffix(attr, "srcset") {
				address, _, _ = strings.Cut(squeeze(address), " ")
				address = strings.TrimRight(address, ",")
			}
			if link := d.link(address); link != "" {
				return link
			}
		}
	}
	return ""
}

// maxSizes is how far before a picture the lists of its sizes are looked for, in nodes.
const maxSizes = 64

// sizesOf returns the elements that give sizes of a picture beside it.
func sizesOf(picture *goquery.Selection) []*html.Node {
	if !picture.Parent().Is("picture") {
		return nil
	}
	var sizes []*html.Node
	n := picture.Nodes[0].PrevSibling
	for range maxSizes {
		if n == nil {
			break
		}
		if n.Data == "source" {
			sizes = append(sizes, n)
		}
		n = n.PrevSibling
	}
	slices.Reverse(sizes)
	return sizes
}

// anchor returns the link within an item that leads to its page: of those that
// match the first to another page, else to a place of this one. Those that write
// to somebody, or call them, lead nowhere.
func (d *document) anchor(item *goquery.Selection, selector string) *goquery.Selection {
	first := part(item, selector)
	for _, places := range []bool{false, true} {
		leads := func(_ int, s *goquery.Selection) bool {
			href, ok := s.Attr("href")
			return ok && d.link(href) != "" && strings.HasPrefix(strings.TrimSpace(href), "#") == places
		}
		if found := first.AddSelection(item.Find(selector)).FilterFunction(leads); found.Length() > 0 {
			return found.First()
		}
	}
	return first
}

// part returns the first match within an item, which may be the item itself.
func part(item *goquery.Selection, selector string) *goquery.Selection {
	if item.Is(selector) {
		return item
	}
	return item.Find(selector).First()
}

// present returns the texts that are not empty, each once.
func present(texts ...string) []string {
	var list []string
	for _, t := range texts {
		if t != "" && !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list
}
