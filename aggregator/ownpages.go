package aggregator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
)

const (
	// notePages begins the name of the note of what the pages of a source's items
	// said, the latest first.
	notePages = "pages of "

	// pagesNoted is how many of that are kept beside those of the last poll.
	pagesNoted = 64
)

// An itemPage is an item and its page, in normal form, and where that was.
type itemPage struct {
	item, page *news.Item
	at         string
}

// A saying is what the page of an item said, all of it as digests.
type saying struct{ text, item, link, title string }

// take completes items from their pages, and returns those whose pages say what the
// page of another item says, now or lately: it asks for consent, or to log in, or is
// the one page of them all. With such a text, all would be taken for one story.
func (a *Aggregator) take(ctx context.Context, source string, pages []itemPage) (foreign []itemPage, err error) {
	if len(pages) == 0 {
		return nil, nil
	}
	kept, err := a.log.Noted(ctx, notePages+source)
	if err != nil {
		return nil, err
	}
	var said []saying
	for _, p := range pages {
		said = append(said, p.sayings()...)
	}
	now := len(said)
	for line := range strings.Lines(kept) {
		if f := strings.Fields(line); len(f) == 4 {
			if s := (saying{f[0], f[1], f[2], f[3]}); !slices.Contains(said, s) {
				said = append(said, s)
			}
		}
	}
	for _, p := range pages {
		others := p.sayings()
		others = slices.DeleteFunc(others, func(s saying) bool { return !slices.ContainsFunc(said, s.contradicts) })
		named := p.says("is", p.page.Canonical)
		switch {
		case len(others) > 1 || len(others) == 1 && others[0] != named:
			foreign = append(foreign, p)
			continue
		case len(others) == 1: // the text is its own, and every page has the same for its address
			p.page.Canonical = ""
		}
		article.Complete(p.item, p.page)
	}
	var text strings.Builder
	for _, s := range said[:min(len(said), now+pagesNoted)] {
		text.WriteString(strings.Join([]string{s.text, s.item, s.link, s.title}, " ") + "\n")
	}
	return foreign, a.log.Note(ctx, notePages+source, text.String())
}

// sayings returns what tells a page from others: its text, where it was, and what it
// names as its address, unless that is the item's.
func (p itemPage) sayings() []saying {
	said := []saying{p.says("text", p.page.Text)}
	if p.at != p.item.URL {
		said = append(said, p.says("at", p.at))
	}
	if p.page.Canonical != p.item.Canonical {
		said = append(said, p.says("is", p.page.Canonical))
	}
	return said
}

func (p itemPage) says(what, text string) saying {
	_, place, _ := strings.Cut(p.item.URL, "#")
	return saying{brief(what + " " + text), brief(p.item.ID), brief(p.item.Canonical + "#" + place), brief(p.item.Title)}
}

// contradicts reports whether two sayings are the same of two items that are not: a
// source may list one under two headings, or give it another title and guid.
func (s saying) contradicts(o saying) bool {
	return s.text == o.text && s.item != o.item && s.link != o.link && s.title != o.title
}

// brief returns 64 bits of a text's SHA-256, as hex.
func brief(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}
