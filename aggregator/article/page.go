package article

import (
	"bytes"
	"cmp"
	"errors"
	"mime"
	"strings"

	readability "codeberg.org/readeck/go-readability"
	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

// ErrNoArticle says that a page has no text that looks like an article.
var ErrNoArticle = errors.New("no article was found on the page")

// Limits of what is taken for an article.
const (
	maxElements = 50_000 // of a page in which one is looked for
	leastText   = 140    // characters of one
)

// Entry reads the page of an article: its headline, its text without what
// stands around it, its date, its canonical link, its author and its picture.
// The error is ErrNoArticle if there is none.
func Entry(page []byte, contentType, pageURL string) (news.Entry, error) {
	if !isText(page, contentType) {
		return news.Entry{}, ErrNoArticle
	}
	d, err := open(page, contentType, pageURL)
	if err != nil {
		return news.Entry{}, err
	}
	if len(d.size) > maxElements || d.Find("body").Length() == 0 { // a page of frames has none
		return news.Entry{}, ErrNoArticle
	}
	d.unveil()
	said := d.linkedData()
	e := news.Entry{
		Base:      d.base.String(),
		Language:  d.language(),
		Links:     []news.Link{{Href: d.canonical(), Rel: "alternate"}},
		Published: d.published(said),
		Updated:   present(said.Modified, d.meta("article:modified_time"), d.meta("og:updated_time")),
		Images:    d.pictures(said),
	}
	title := cmp.Or(said.Headline, d.meta("og:title"), d.meta("twitter:title"))
	d.clear()
	parser := readability.NewParser()
	parser.MaxElemsToParse = maxElements
	parser.DisableJSONLD = true // read above, with less trust in its form
	parser.KeepClasses = true   // they tell which pictures are shown late
	found, err := parser.ParseAndMutate(d.Nodes[0], d.base)
	if err != nil || found.Node == nil {
		return news.Entry{}, ErrNoArticle
	}
	e.Title = news.Text{Value: cmp.Or(title, squeeze(found.Title)), Type: news.TextPlain}
	polish(found.Node, e.Title.Value)
	if n := len([]rune(words(found.Node))); n < leastText || linked(found.Node) > n/2 {
		return news.Entry{}, ErrNoArticle
	}
	var body strings.Builder
	if err := html.Render(&body, found.Node); err != nil {
		return news.Entry{}, ErrNoArticle
	}
	e.Content = news.Text{Value: body.String(), Type: news.TextHTML}
	names := said.Authors
	if len(names) == 0 {
		names = present(byName(squeeze(found.Byline), e.Language))
	}
	for _, name := range names {
		e.Authors = append(e.Authors, news.Person{Name: name})
	}
	return e, nil
}

// isText reports whether a document may be an article, by what its server says and by
// its bytes: links lead to recordings, pictures and papers too, whose bytes would be
// letters.
func isText(document []byte, contentType string) bool {
	head := document[:min(len(document), 1<<10)]
	switch stated, _, _ := mime.ParseMediaType(contentType); stated {
	case "", "text/html", "application/xhtml+xml", "text/plain":
	case "text/xml", "application/xml":
		if !bytes.Contains(head, []byte("<html")) {
			return false
		}
	default:
		return false
	}
	wide := bytes.HasPrefix(head, []byte("\xfe\xff")) || bytes.HasPrefix(head, []byte("\xff\xfe")) || shiftedCharset(document) != ""
	return (wide || !bytes.Contains(head, []byte("\x00"))) && !bytes.HasPrefix(head, []byte("%PDF-"))
}

// linked returns how many characters of a text are links: a list of them is no
// article.
func linked(n *html.Node) int {
	count := 0
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == "a" {
			count += len([]rune(words(d)))
		}
	}
	return count
}

// Complete adds to an item what its page says, in normal form too: the text,
// the canonical link, and what the feed did not say. The item's identity stays,
// and its Hash, which is of what the feed says: the page is not looked at again
// until that changes. It reports whether the page had more text than the item.
func Complete(it *news.Item, page *news.Item) bool {
	if len(page.Text) <= len(it.Text) {
		return false
	}
	it.Summary = cmp.Or(it.Summary, it.HTML)
	it.HTML, it.Text, it.FullText = page.HTML, page.Text, true
	it.Excerpt = cmp.Or(it.Excerpt, page.Excerpt)
	if it.Title == "" || it.Title == it.URL { // which stands for it where nothing is said
		it.Title = cmp.Or(page.Title, it.Title)
	}
	it.Language = cmp.Or(it.Language, page.Language)
	it.Canonical = cmp.Or(page.Canonical, it.Canonical)
	if !it.Dated && page.Dated {
		it.Published, it.Zone, it.Dated = page.Published, page.Zone, true
	}
	if len(it.Authors) == 0 {
		it.Authors = page.Authors
	}
	if it.Image == nil {
		it.Image = page.Image
	}
	return true
}
