package article

import (
	"regexp"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

// around are the elements that never belong to an article's text. Of frames
// those stay that show a film, which what finds the article tells from others.
const around = `script, style, template, object, embed, svg, canvas, dialog,
	nav, aside, button, input, select, textarea, label, fieldset, legend,
	[role=navigation], [role=search], [role=banner], [role=contentinfo], [role=complementary], [role=dialog], [aria-hidden=true], [hidden]`

// clutter are the words in a class or id by which the parts of a page that are
// not its article are called.
var clutter = regexp.MustCompile(`(?i)(^|[-_ ])(comments?|disqus|respond|share|sharing|social|related|recommended|newsletter|subscribe|subscription|` +
	`promo|advert(isement)?|ads?|sponsored|cookies?|consent|breadcrumbs?|shortlink|short-link|most-?read|trending|paywall|print|toolbar|tags)([-_ ]|$)`)

// awayStyle fits the style of what is there and not to be seen.
var awayStyle = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:\s*hidden|(left|top)\s*:\s*-\d{3}|(^|[;\s])(width|height)\s*:\s*[01](px)?\s*(;|$|!)`)

// unshown reports whether an element is not to be seen: it has no size, or its style
// says so.
func unshown(_ int, s *goquery.Selection) bool {
	for _, attr := range []string{"width", "height"} {
		if size := strings.TrimSuffix(strings.TrimSpace(s.AttrOr(attr, "")), "px"); size == "0" || size == "1" {
			return true
		}
	}
	return awayStyle.MatchString(s.AttrOr("style", ""))
}

// counts reports whether a picture is there to count readers.
func counts(picture *html.Node) bool {
	return slices.ContainsFunc(picture.Attr, func(a html.Attribute) bool { return a.Key == "src" && news.Counts(a.Val) })
}

// unveil puts the pictures that a page has for readers without scripts in the place of
// what stands for them until scripts show them, and takes out what else is for those.
func (d *document) unveil() {
	unveiled := map[*html.Node]bool{}
	d.Find("noscript").Each(func(_ int, s *goquery.Selection) {
		defer s.Remove()
		inside, err := goquery.NewDocumentFromReader(strings.NewReader(s.Text())) // text, to who would run scripts
		if err != nil {
			return
		}
		picture := onlyPicture(inside.Selection)
		if picture == nil || inside.Find("*").FilterFunction(unshown).Length() > 0 || counts(picture) {
			return
		}
		unveiled[picture] = true
		late := onlyPicture(s.Next()) // some write it behind
		if late == nil || !d.samePicture(late, picture) {
			late = onlyPicture(s.Prev())
		}
		if late == nil || unveiled[late] {
			s.BeforeNodes(picture)
			return
		}
		if late.Parent.Data == "picture" { // whose other sizes come late, too
			late = late.Parent
		}
		goquery.NewDocumentFromNode(late).ReplaceWithNodes(picture) // what is around it may lead to the article
	})
}

// samePicture reports whether a picture that is shown late is the other one.
func (d *document) samePicture(late, picture *html.Node) bool {
	src := func(n *html.Node) string { return d.pictureOf(goquery.NewDocumentFromNode(n).Selection) }
	return src(picture) != "" && src(late) == src(picture)
}

// onlyPicture returns the picture that is all that an element shows, which may be the
// element itself; nil if it shows more, or nothing, or is not there.
func onlyPicture(s *goquery.Selection) *html.Node {
	if s.Length() == 0 {
		return nil
	}
	const most = 32 // nodes around a picture
	nodes := []*html.Node{s.Nodes[0]}
	for d := range s.Nodes[0].Descendants() {
		if nodes = append(nodes, d); len(nodes) > most {
			return nil
		}
	}
	var picture *html.Node
	for _, d := range nodes {
		if d.Type == html.TextNode && strings.TrimSpace(d.Data) != "" {
			return nil
		}
		if d.Type == html.ElementNode && d.Data == "img" {
			if picture != nil {
				return nil
			}
			picture = d
		}
	}
	return picture
}

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
