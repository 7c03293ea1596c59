package parse

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonfeed "github.com/mmcdole/gofeed/json"

	"github.com/wireroom/wireroom/aggregator/news"
)

var errNotJSONFeed = errors.New("it is JSON, but neither version nor items are those of JSON Feed")

// readJSON reads a JSON Feed. Each item is decoded by itself, so that one with
// a field of the wrong type costs that field and nothing else, and the items
// before the end of a truncated document are kept.
func readJSON(text string, maxItems int, feed *news.Feed) error {
	top, items, err := splitJSON(text, maxItems, feed)
	if errors.As(err, new(*json.SyntaxError)) {
		feed.Dropped = 0
		if t, more, err2 := splitJSON(rightJSON(text), maxItems, feed); err2 == nil || len(more) > len(items) {
			top, items, err = t, more, err2
			repair(feed, "json", "what JSON does not allow was read as it was meant", 0)
		}
	}
	if err != nil {
		cutOff := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if len(top) == 0 || !cutOff && len(items) == 0 {
			return err
		}
		repair(feed, "truncated", "the document ends or breaks off early; the items before it were kept", 0)
	}
	var version string
	_ = json.Unmarshal(top["version"], &version)
	if _, ok := top["items"]; !ok && !strings.Contains(version, "jsonfeed.org") {
		return errNotJSONFeed
	}
	var head jsonfeed.Feed
	var more jsonMore
	decodeLoosely(top, &head, &more, feed)
	feed.Format = "JSON Feed " + first(version[strings.LastIndexByte(version, '/')+1:], "1.0")
	feed.ID = head.FeedURL
	feed.Title = jsonLine(head.Title)
	feed.Description = news.Text{Value: clip(head.Description, maxContent), Type: news.TextPlain}
	feed.Language = head.Language
	feed.Image, feed.Icon = head.Icon, head.Favicon
	feed.Authors = jsonPersons(jsonAuthors(top))
	feed.Links = jsonLinks(link{head.HomePageURL, ""}, link{head.FeedURL, "self"}, link{head.NextURL, "next"})
	for _, one := range listed(top["hubs"]) {
		var hub struct {
			URL json.RawMessage `json:"url"`
		}
		_ = json.Unmarshal(one, &hub)
		feed.Links = append(feed.Links, jsonLinks(link{jsonText(hub.URL), "hub"})...)
	}
	for _, raw := range items {
		e, ok := jsonItem(raw, feed)
		if !ok {
			repair(feed, "empty", "entries without id, title, link and text were dropped", 0)
			continue
		}
		feed.Entries = append(feed.Entries, e)
	}
	return nil
}

// splitJSON returns the members of the top object but for the items, and the
// items, undecoded; beside an error those that stand before it.
func splitJSON(text string, maxItems int, feed *news.Feed) (map[string]json.RawMessage, []json.RawMessage, error) {
	top := map[string]json.RawMessage{}
	var items []json.RawMessage
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return top, items, err
		}
		name, _ := key.(string)
		if name == "items" && items == nil {
			top[name] = nil
			if items, err = readItems(d, maxItems, feed); err != nil {
				return top, items, err
			}
			continue
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return top, items, err
		}
		if _, ok := top[name]; !ok {
			top[name] = raw
		}
	}
	return top, items, nil
}

func readItems(d *json.Decoder, maxItems int, feed *news.Feed) ([]json.RawMessage, error) {
	var items []json.RawMessage
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, nil // as many programs write a list in which nothing is
	}
	numbered := t == json.Delim('{') // as PHP writes a list of which something was taken out
	if t != json.Delim('[') && !numbered {
		return nil, errNotJSONFeed
	}
	for d.More() {
		raw, err := element(d, numbered)
		if err != nil {
			return items, err
		}
		if len(items) >= maxItems {
			feed.Dropped++
			continue
		}
		items = append(items, raw)
	}
	if _, err = d.Token(); err == nil && numbered && items == nil {
		err = errNotJSONFeed
	}
	return items, err
}

// jsonMore is what gofeed's types leave out, or are too strict about.
type jsonMore struct {
	Language string `json:"language"`
}

// decodeLoosely decodes an object, but for the members that are of the wrong
// type; those are left out alone.
func decodeLoosely(members map[string]json.RawMessage, known, more any, feed *news.Feed) {
	good := map[string]json.RawMessage{}
	for name, raw := range members {
		if len(raw) > 0 && typed[name] {
			good[name] = mended(raw)
		}
	}
	decode := func(members map[string]json.RawMessage) error {
		raw, err := json.Marshal(members)
		if err == nil {
			err = json.Unmarshal(raw, known)
		}
		if err == nil {
			err = json.Unmarshal(raw, more)
		}
		return err
	}
	if decode(good) == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(good)) {
		if decode(map[string]json.RawMessage{name: good[name]}) != nil {
			repair(feed, "json", "a member of the wrong type was left out: "+clip(name, 40), 0)
			delete(good, name)
		}
	}
	_ = decode(good) // each of them is right by itself
}

// typed are the members that are decoded by their types. A document may have any
// number of others, and names in capitals that would match the same field, and hide it.
var typed = map[string]bool{
	"version": true, "title": true, "home_page_url": true, "feed_url": true, "description": true, "next_url": true,
	"icon": true, "favicon": true, "language": true,
	"id": true, "url": true, "external_url": true, "content_html": true, "content_text": true, "summary": true,
	"image": true, "banner_image": true, "date_published": true, "date_modified": true,
}

// mended returns a member in the form that the specification demands, where
// what was meant is plain: a number for a string.
func mended(raw json.RawMessage) json.RawMessage {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9') {
		return []byte(strconv.Quote(string(raw)))
	}
	return raw
}

// link is an address with its relation.
type link struct{ href, rel string }

func jsonLinks(list ...link) []news.Link {
	var out []news.Link
	for _, l := range list {
		if href := clipURL(strings.TrimSpace(l.href)); href != "" {
			out = append(out, news.Link{Href: href, Rel: l.rel})
		}
	}
	return out
}

type jsonPerson struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// jsonAuthors reads the people of JSON Feed 1.1 and 1.0, in whatever form.
func jsonAuthors(members map[string]json.RawMessage) []jsonPerson {
	var out []jsonPerson
	for _, name := range []string{"authors", "author"} {
		for _, one := range listed(members[name]) {
			var p jsonPerson
			if json.Unmarshal(one, &p) != nil {
				_ = json.Unmarshal(one, &p.Name)
			}
			if p.Name != "" || p.URL != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

// listed returns what is in a list, or the one that stands in the place of a list. A list
// of which something was taken out is an object to PHP, and its keys are numbers. As
// many are enough as there may be, and one to tell that there are more.
func listed(raw json.RawMessage) []json.RawMessage {
	d := json.NewDecoder(bytes.NewReader(raw))
	t, err := d.Token()
	switch {
	case err != nil || t == nil:
		return nil
	case t != json.Delim('[') && t != json.Delim('{'):
		return []json.RawMessage{raw}
	}
	var list []json.RawMessage
	for d.More() && len(list) <= maxTerms {
		one, err := element(d, t == json.Delim('{'))
		if err != nil {
			break
		}
		list = append(list, one)
	}
	if list == nil && t == json.Delim('{') {
		return []json.RawMessage{raw}
	}
	return list
}

// element returns the next element of a list, or of what is numbered in its place.
func element(d *json.Decoder, numbered bool) (raw json.RawMessage, err error) {
	if numbered {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		if name, _ := key.(string); name == "" || strings.Trim(name, "0123456789") != "" {
			return nil, errNotJSONFeed
		}
	}
	err = d.Decode(&raw)
	return raw, err
}

func jsonPersons(list []jsonPerson) []news.Person {
	var out []news.Person
	for _, p := range list {
		q, _ := person(p.Name)
		q.URL = clipURL(p.URL)
		out = append(out, q)
	}
	return out
}

// jsonAttachments reads attachments, each by itself, and the numbers in them in
// whatever form.
func jsonAttachments(raw json.RawMessage, feed *news.Feed) []news.Enclosure {
	var out []news.Enclosure
	for _, one := range listed(raw) {
		var a struct {
			URL      json.RawMessage `json:"url"`
			Type     json.RawMessage `json:"mime_type"`
			Title    json.RawMessage `json:"title"`
			Size     json.RawMessage `json:"size_in_bytes"`
			Duration json.RawMessage `json:"duration_in_seconds"`
		}
		_ = json.Unmarshal(one, &a)
		enc := news.Enclosure{
			URL: clipURL(jsonText(a.URL)), Type: jsonText(a.Type), Title: jsonText(a.Title),
			Length: size(jsonText(a.Size)), Duration: duration(jsonText(a.Duration)),
		}
		var bytes, seconds float64
		if json.Unmarshal(a.Size, &bytes) == nil {
			enc.Length = int64(max(0, min(bytes, 1<<53)))
		}
		if json.Unmarshal(a.Duration, &seconds) == nil {
			enc.Duration = time.Duration(max(0, min(seconds, 1e6))) * time.Second
		}
		if enc.URL != "" {
			out = append(out, enc)
		} else {
			repair(feed, "json", "an attachment without an address was left out", 0)
		}
	}
	return out
}

// jsonText returns a text, or nothing where there is something else.
func jsonText(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// jsonTags reads tags: a list, or words between commas.
func jsonTags(raw json.RawMessage) []news.Category {
	var words []string
	if line := jsonText(raw); line != "" {
		words = strings.SplitN(line, ",", 2*maxTerms)
	} else {
		for _, one := range listed(raw) {
			words = append(words, jsonText(one))
		}
	}
	var out []news.Category
	for _, word := range words {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, news.Category{Term: word})
		}
	}
	return out
}

// jsonLine reads a title or a summary. They are plain text, but many publishers
// make them of HTML and leave its references in; tags are text.
func jsonLine(s string) news.Text {
	return news.Text{Value: clip(legalOnly(unescape(s, nil)), maxContent), Type: news.TextPlain}
}

// jsonItem reads one item.
func jsonItem(raw json.RawMessage, feed *news.Feed) (news.Entry, bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return news.Entry{}, false
	}
	var it jsonfeed.Item
	var more jsonMore
	decodeLoosely(members, &it, &more, feed)
	e := news.Entry{
		GUID: legalOnly(it.ID), Language: more.Language, Raw: rawHash(string(raw)),
		Title:      jsonLine(it.Title),
		Summary:    jsonLine(it.Summary),
		Links:      jsonLinks(link{it.URL, ""}, link{it.ExternalURL, "related"}),
		Authors:    jsonPersons(jsonAuthors(members)),
		Categories: jsonTags(members["tags"]),
	}
	if it.ContentHTML != "" {
		e.Content = news.Text{Value: clip(legalOnly(it.ContentHTML), maxContent), Type: news.TextHTML}
	} else if it.ContentText != "" {
		e.Content = news.Text{Value: clip(legalOnly(it.ContentText), maxContent), Type: news.TextPlain}
	}
	if it.DatePublished != "" {
		e.Published = []string{clip(it.DatePublished, maxDate)}
	}
	if it.DateModified != "" {
		e.Updated = []string{clip(it.DateModified, maxDate)}
	}
	for _, href := range []string{it.Image, it.BannerImage} {
		addImage(&e, clipURL(href), nil, "")
	}
	e.Enclosures = jsonAttachments(members["attachments"], feed)
	bound(feed, &e)
	return e, !bare(&e) || len(e.Enclosures) > 0 || len(e.Images) > 0
}
