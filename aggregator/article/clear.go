package article

import (
	"regexp"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// around are the elements that never belong to an article's text. Of frames
// those stay that show a film, which what finds the article tells from others.
const around = `script, style, noscript, template, object, embed, svg, canvas, dialog,
	nav, button, input, select, textarea, label, fieldset, legend,
	[role=navigation], [role=search], [role=banner], [role=contentinfo], [role=complementary], [role=dialog], [aria-hidden=true], [hidden]`

// clutter are the words in a class or id by which the parts of a page that are
// not its article are called.
var clutter = regexp.MustCompile(`(?i)(^|[-_ ])(comments?|disqus|respond|share|sharing|social|related|recommended|newsletter|subscribe|subscription|` +
	`promo|advert(isement)?|ads?|sponsored|cookies?|consent|breadcrumbs?|shortlink|short-link|most-?read|trending|paywall|print|toolbar|tags)([-_ ]|$)`)

// clear removes from a page what stands around its article. What holds most of
// the page's text is kept whatever it is called, and so is the text of a form
// that is put around a whole page.
func (d *document) clear() {
	whole := d.size[d.Find("body").Get(0)]
	small := func(s *goquery.Selection) bool { return d.size[s.Nodes[0]] <= whole/4 }
	d.Find("form").Each(func(_ int, s *goquery.Selection) {
		if small(s) {
			s.Remove()
		} else if children := s.Contents(); children.Length() > 0 {
			children.Unwrap()
		}
	})
	d.Find(around).Remove()
	d.Find("[class], [id]").Each(func(_ int, s *goquery.Selection) {
		if clutter.MatchString(s.AttrOr("class", "")+" "+s.AttrOr("id", "")) && !s.Is("html, body, main, article, p, h1") && small(s) {
			s.Remove()
		}
	})
	if n := d.dateLine(); n != nil && n.Data != "body" {
		n.Parent.RemoveChild(n)
	}
}

// polish takes out of an article what repeats its headline, and the empty
// elements that clearing has left.
func polish(article *html.Node, headline string) {
	for n := range slices.Values(slices.Collect(article.Descendants())) {
		if n.Parent == nil || n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "h1", "h2", "h3":
			if headline != "" && strings.EqualFold(words(n), squeeze(headline)) {
				n.Parent.RemoveChild(n)
			}
		}
	}
}
