package article

import (
	"cmp"
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

// meta returns the content of the first meta element of a name or property.
func (d *document) meta(name string) string {
	content := ""
	d.Find("meta[content]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		for _, attr := range []string{"property", "name", "itemprop"} {
			if strings.EqualFold(s.AttrOr(attr, ""), name) {
				content = squeeze(s.AttrOr("content", ""))
			}
		}
		return content == ""
	})
	return content
}

// language is what the page says that it is written in.
func (d *document) language() string {
	if lang := strings.TrimSpace(d.Find("html").AttrOr("lang", "")); lang != "" {
		return lang
	}
	return strings.ReplaceAll(d.meta("og:locale"), "_", "-")
}

// canonical is the address by which the page wants to be known, else its own.
// One that leads to a site's front page is a common mistake and would make all
// its articles one.
func (d *document) canonical() string {
	for _, href := range []string{
		d.Find(`link[rel~="canonical"][href]`).First().AttrOr("href", ""),
		d.meta("og:url"),
	} {
		if href == "" {
			continue
		}
		link := d.link(href)
		if u, err := url.Parse(link); err == nil && link != "" && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
			return link
		}
	}
	return d.page.String()
}

// pictures are the pictures that the page names as its own.
func (d *document) pictures(said linkedData) []news.Image {
	var images []news.Image
	for _, src := range present(d.meta("og:image:secure_url"), d.meta("og:image"), said.Image, d.meta("twitter:image")) {
		if link := d.link(src); link != "" {
			return append(images, news.Image{URL: link, Alt: d.meta("og:image:alt")})
		}
	}
	return images
}

// published are the page's dates of publication, the surest first: what is
// said to machines, then what stands in the text.
func (d *document) published(said linkedData) []string {
	dates := present(said.Published, d.meta("article:published_time"), d.meta("og:article:published_time"),
		d.meta("datePublished"), d.meta("dc.date.issued"), d.meta("dcterms.created"), d.meta("dc.date"),
		d.meta("parsely-pub-date"), d.meta("sailthru.date"), d.meta("pubdate"), d.meta("publishdate"), d.meta("date"))
	for _, selector := range []string{"[itemprop=datePublished][datetime]", "time[datetime][pubdate]", "article time[datetime]", "time[datetime]"} {
		if len(dates) == 0 {
			dates = present(squeeze(d.Find(selector).First().AttrOr("datetime", "")))
		}
	}
	if n := d.dateLine(); n != nil {
		dates = append(dates, present(dateIn(words(n)))...)
	}
	return slices.Compact(dates)
}

// maxDateLine is how many bytes a line may have that is little more than a
// date: labels, a number of the story, a by-line.
const maxDateLine = 200

// dateLine returns the innermost element that is little more than a date, the
// first one around the headline or else of the page; nil if there is none.
func (d *document) dateLine() *html.Node {
	for _, scope := range []string{"article", "main", "body"} {
		area := d.Find(scope).First()
		if area.Find("h1").Length() == 0 && scope != "body" {
			continue
		}
		var line *html.Node
		area.Find("*").EachWithBreak(func(_ int, s *goquery.Selection) bool {
			n := s.Nodes[0]
			if d.isDateLine(n) && !slices.ContainsFunc(slices.Collect(n.ChildNodes()), d.isDateLine) && s.ParentsFiltered("aside, nav, footer").Length() == 0 {
				line = n
			}
			return line == nil
		})
		if line != nil {
			return line
		}
	}
	return nil
}

// isDateLine reports whether an element is little more than a date.
func (d *document) isDateLine(n *html.Node) bool {
	if n.Type != html.ElementNode || n.Data == "a" || n.Data == "script" || n.Data == "style" || d.size[n] > maxDateLine {
		return false
	}
	return dateIn(words(n)) != ""
}

// linkedData is what a page says of its article by schema.org, in JSON-LD.
type linkedData struct {
	Headline, Published, Modified, Image string
	Authors                              []string
}

// articleTypes are the types of schema.org that are articles.
var articleTypes = []string{
	"Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "BackgroundNewsArticle", "OpinionNewsArticle",
	"ReviewNewsArticle", "BlogPosting", "LiveBlogPosting", "TechArticle", "ScholarlyArticle", "Report", "WebPage",
}

// linkedData reads the first article in the page's JSON-LD.
func (d *document) linkedData() linkedData {
	var found linkedData
	d.Find(`script[type^="application/ld+json" i]`).EachWithBreak(func(_ int, s *goquery.Selection) bool {
		var value any
		if json.Unmarshal([]byte(bare(s.Text())), &value) == nil {
			if thing := articleThing(value); thing != nil {
				found = linkedData{
					Headline:  plain(thing["headline"]),
					Published: plain(thing["datePublished"]),
					Modified:  plain(thing["dateModified"]),
					Authors:   plains(thing["author"]),
					Image:     address(thing["image"]),
				}
			}
		}
		return found.Headline == ""
	})
	return found
}

// bare returns linked data without what hides it from browsers that are no more, and
// with a space in the place of each control character: many a page breaks lines in its
// texts.
func bare(script string) string {
	script = strings.NewReplacer("<![CDATA[", "", "]]>", "").Replace(script)
	begin, end := strings.IndexAny(script, "{["), strings.LastIndexAny(script, "}]")
	if begin < 0 || end < begin {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, script[begin:end+1])
}

// articleThing returns the first article among things: an object, a list of
// them, or a graph.
func articleThing(value any) map[string]any {
	switch v := value.(type) {
	case []any:
		for _, x := range v {
			if thing := articleThing(x); thing != nil {
				return thing
			}
		}
	case map[string]any:
		kinds, ok := v["@type"].([]any)
		if !ok {
			kinds = []any{v["@type"]}
		}
		for _, kind := range kinds {
			if name, ok := kind.(string); ok && slices.Contains(articleTypes, path.Base(name)) && v["headline"] != nil { // or its address
				return v
			}
		}
		return articleThing(v["@graph"])
	}
	return nil
}

// maxAuthors is how many authors of an article are named, the first ones.
const maxAuthors = 64

// plains returns a value of JSON-LD, or each of several, as texts.
func plains(value any) []string {
	list, several := value.([]any)
	if !several {
		list = []any{value}
	}
	var texts []string
	for _, v := range list[:min(len(list), maxAuthors)] {
		texts = append(texts, plain(v))
	}
	return present(texts...)
}

// by are the words that stand before a name in a by-line, by languages.
var by = map[string]string{"en": "by", "de": "von", "fr": "par", "es": "por", "pt": "por", "it": "di", "nl": "door", "da": "af", "nb": "av", "no": "av", "sv": "av"}

// byName returns a by-line without the word before the name.
func byName(line, language string) string {
	language, _, _ = strings.Cut(strings.ToLower(language), "-")
	for _, word := range present("by", by[language]) {
		if first, name, _ := strings.Cut(line, " "); strings.EqualFold(strings.TrimSuffix(first, ":"), word) && name != "" {
			return name
		}
	}
	return line
}

// address returns the address of a picture in JSON-LD, of several that of the first:
// its name, if it has one, is something to read.
func address(value any) string {
	if list, several := value.([]any); several && len(list) > 0 {
		value = list[0]
	}
	if thing, ok := value.(map[string]any); ok {
		return cmp.Or(plain(thing["url"]), plain(thing["contentUrl"]))
	}
	return plain(value)
}

// plain returns a value of JSON-LD as text: of a thing its name or address, of
// several the first. Some sites write HTML there.
func plain(value any) string {
	switch v := value.(type) {
	case string:
		return squeeze(html.UnescapeString(v))
	case []any:
		if len(v) > 0 {
			return plain(v[0])
		}
	case map[string]any:
		if name := plain(v["name"]); name != "" {
			return name
		}
		return plain(v["url"])
	}
	return ""
}
