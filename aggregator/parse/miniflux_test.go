package parse_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
)

// A minifluxCase is a document of Miniflux's tests with what they demand.
type minifluxCase struct {
	File, Name, Data string
	Args             []string
	Asserts          []struct{ Expr, Op, Value string }
}

func minifluxCases(path string) ([]minifluxCase, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cases []minifluxCase
	return cases, json.Unmarshal(raw, &cases)
}

func (c *minifluxCase) answer() news.Answer {
	a := news.Answer{Body: []byte(c.Data)}
	if len(c.Args) > 0 {
		a.URL = strings.TrimSpace(c.Args[0])
	}
	return a
}

var entryIndex = regexp.MustCompile(`^feed\.Entries\[(\d+|i)\]\.(.*)$`)

// check compares one assertion with the items made of a document.
func (c *minifluxCase) check(expr, want string, feed news.Feed) (outcome, string) {
	items := normalize.Items(news.Source{Name: "test"}, feed, time.Now().AddDate(1, 0, 0))
	about := normalize.About(feed)
	var have texts
	switch {
	case strings.Contains(expr, "Hash"), strings.Contains(expr, "Date"), strings.Contains(expr, "TTL"), strings.HasPrefix(c.File, "date/"):
		return noConcern, "hashes and dates of Miniflux's own making"
	case expr == "feed.Title":
		if feed.Title.Value == "" {
			return noConcern, "the address of a feed that has no title"
		}
		have = texts{about.Title}
	case expr == "feed.Description":
		have = texts{feed.Description.Value}
	case expr == "feed.FeedURL":
		have = texts{either(about.Self, feed.URL), feed.URL}
	case expr == "feed.SiteURL":
		have = texts{either(about.Link, either(feed.URL, about.Self)), strings.TrimSuffix(about.Link, "/"), either(about.Self, feed.URL)}
	case expr == "feed.IconURL":
		have = texts{about.Icon}
	case expr == "feed.Language":
		have = texts{about.Language}
	case expr == "len(feed.Entries)":
		have = texts{strconv.Itoa(len(items))}
	case expr == "result" && len(items) > 0 && (strings.Contains(c.Name, "Author") || strings.Contains(c.Name, "Owner") || strings.Contains(c.Name, "Editor") || strings.Contains(c.Name, "Webmaster")):
		have, _ = minifluxField(&items[0], &feed.Entries[0], "Author")
	case expr == "result" && strings.Contains(c.Name, "Title") && len(items) > 0:
		have = texts{items[0].Title}
	case expr == "result" && len(items) > 0:
		have = texts{items[0].HTML}
	default:
		if inner, ok := strings.CutPrefix(expr, "len("); ok {
			return c.count(strings.TrimSuffix(inner, ")"), want, feed, items)
		}
		m := entryIndex.FindStringSubmatch(expr)
		if m == nil {
			return noConcern, "a variable of the test"
		}
		i, _ := strconv.Atoi(m[1])
		if i >= len(items) {
			return failed, "no entry"
		}
		var ok bool
		if have, ok = minifluxField(&items[i], &feed.Entries[i], m[2]); !ok {
			return noConcern, "a variable of the test"
		}
	}
	if len(have) == 0 || !sameText(have, want) && !sameText(append(have, strings.ToLower(have[0])), want) {
		return failed, strings.Join(have, " | ")
	}
	return passed, ""
}

func (c *minifluxCase) count(inner, want string, feed news.Feed, items []news.Item) (outcome, string) {
	m := entryIndex.FindStringSubmatch(inner)
	if m == nil || len(items) == 0 {
		return noConcern, "a variable of the test"
	}
	n := 0
	switch m[2] {
	case "Enclosures":
		n = len(items[0].Enclosures)
		for _, image := range feed.Entries[0].Images { // thumbnails are pictures, not enclosures
			if !slices.ContainsFunc(items[0].Enclosures, func(enc news.Enclosure) bool { return strings.HasSuffix(enc.URL, image.URL) }) {
				n++
			}
		}
	case "Tags":
		if len(feed.Categories) > 0 && len(items[0].Categories) == 0 {
			return noConcern, "categories of the feed, which are not its entries'"
		}
		n = len(items[0].Categories)
	default:
		return noConcern, "lengths of titles that Miniflux cuts"
	}
	if strconv.Itoa(n) != want {
		return failed, strconv.Itoa(n)
	}
	return passed, ""
}

var enclosureIndex = regexp.MustCompile(`^Enclosures\[(\d+)\]\.(\w+)$`)

func minifluxField(it *news.Item, e *news.Entry, field string) (texts, bool) {
	switch field {
	case "Title":
		return texts{it.Title, e.Title.Value}, true
	case "URL":
		if it.URL == "" {
			return nil, false // Miniflux gives it the site's
		}
		return texts{it.URL}, true
	case "Content":
		return texts{it.HTML, it.Text}, true
	case "CommentsURL":
		return texts{it.Comments}, true
	case "Language":
		return texts{e.Language, it.Language}, true
	case "Author":
		var names, verbatim []string
		for _, p := range it.Authors {
			names = append(names, either(p.Name, p.Email))
			verbatim = append(verbatim, p.Name+" (mailto:"+p.Email+")")
		}
		sorted := slices.Sorted(slices.Values(names))
		out := texts{strings.Join(names, ", "), strings.Join(sorted, ", "), strings.Join(verbatim, ", ")}
		for _, p := range it.Authors {
			out = append(out, p.Name+" ("+p.Email+")", p.Email)
		}
		return out, true
	}
	m := enclosureIndex.FindStringSubmatch(field)
	if m == nil {
		return nil, false
	}
	i, _ := strconv.Atoi(m[1])
	if i >= len(it.Enclosures) {
		return texts{}, true
	}
	enc := it.Enclosures[i]
	return map[string]texts{
		"URL": {enc.URL}, "MimeType": {either(enc.Type, "application/octet-stream"), enc.Type}, "Size": {strconv.FormatInt(enc.Length, 10)},
	}[m[2]], true
}
