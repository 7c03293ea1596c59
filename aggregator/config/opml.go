package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/language"
)

// The limits of a list: nothing that a person made comes near them.
const (
	maxOutlineDepth = 64
	maxEntries      = 10_000
)

// ReadOPML reads a list as programs really write it: OPML of any version, or the
// FOAF of a planet, with unescaped ampersands and angle brackets, undefined
// entities and missing ends. The outlines around a feed, and its categories, are
// its tags. Problems are what was left out, each with its line; a document that is
// no list, or one made to do harm, has one problem and no entries. Feeds on private
// addresses are left out unless private is true. Lists within the list are named
// as problems and not followed.
func ReadOPML(name string, data []byte, private bool) (List, Problems) {
	list, problems, _ := readOPML(name, data, private)
	return list, problems
}

// readOPML is ReadOPML; the error says why the document is no list.
func readOPML(name string, data []byte, private bool) (List, Problems, error) {
	r := opmlReader{name: name, private: private, seen: map[string]int{}, line: 1}
	if wrong := r.read(cleanXML(data)); wrong != (fault{}) {
		return List{}, Problems{{File: name, Line: r.line, Column: 1, Message: wrong.message, Mend: wrong.mend}}, errors.New(wrong.message)
	}
	nameEntries(r.list.Entries)
	return r.list, r.problems, nil
}

// CheckOPML says why a document is no list, as the page of a login or a file
// that was emptied is none. The faults of single entries are no matter to it.
func CheckOPML(data []byte) error {
	_, _, err := readOPML("", data, true)
	return err
}

var encodingForm = regexp.MustCompile(`encoding=["']([A-Za-z0-9._-]+)["']`)

// cleanXML brings a document to UTF-8 without what XML forbids.
func cleanXML(data []byte) []byte {
	if !utf8.Valid(data) {
		label := "text/xml"
		if m := encodingForm.FindSubmatch(data[:min(len(data), 200)]); m != nil {
			label += "; charset=" + string(m[1])
		}
		if in, err := charset.NewReader(bytes.NewReader(data), label); err == nil {
			if decoded, err := io.ReadAll(in); err == nil {
				data = decoded
			}
		}
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	return bytes.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, data)
}

// An opmlReader is what is known half-way through a list.
type opmlReader struct {
	name     string
	private  bool // feeds may live on private addresses
	list     List
	problems Problems
	seen     map[string]int // index of an address among the entries
	open     []string       // texts of the outlines around the place
	line     int            // on which the current token begins
	torn     *html.Token    // the last outline, if it is open and has no address
	rdf      bool           // the list is a FOAF one
	frames   []foafFrame
	mentions []int // indexes of the entries that a FOAF list has named, in order
}

// read reads the outlines. Its tokens are those of HTML: of a hundred lists
// found in the wild an XML parser gives up on a tenth, for descriptions with
// tags and quotes in them.
func (r *opmlReader) read(data []byte) fault {
	tokens := html.NewTokenizer(bytes.NewReader(data))
	known, text := false, ""
	for {
		kind := tokens.Next()
		// The raw bytes are overwritten as names and values are read.
		lines := bytes.Count(tokens.Raw(), []byte("\n"))
		switch kind {
		case html.ErrorToken:
			if !known {
				return fault{"this is not OPML", mendList}
			}
			return fault{}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := tokens.Token()
			r.rdf = r.rdf || t.Data == "rdf:rdf"
			known = known || t.Data == "opml" || r.rdf
			text = ""
			if !known {
				return fault{"this is not OPML but <" + t.Data + ">", mendList}
			}
			if wrong := r.start(t, kind == html.StartTagToken); wrong != (fault{}) {
				return wrong
			}
		case html.EndTagToken:
			name, _ := tokens.TagName()
			r.end(string(name), oneLine(text))
			text = ""
		case html.TextToken:
			text = string(tokens.Text())
			r.salvage(text)
		}
		r.line += lines
	}
}

const mendList = "name a file that a feed reader has exported as OPML"

// start takes in the start of an element, which has others within if it is open.
func (r *opmlReader) start(t html.Token, open bool) fault {
	switch {
	case len(r.open) >= maxOutlineDepth || len(r.frames) >= maxOutlineDepth:
		return fault{fmt.Sprintf("the list is nested more than %d deep", maxOutlineDepth), "export the list again from the program that wrote it"}
	case r.rdf:
		r.foafStart(t, open)
	case t.Data == "outline":
		r.outline(t, open)
		r.torn = nil
		if open {
			r.torn = &t
		}
	}
	return fault{}
}

var strayURL = regexp.MustCompile(`(?i)\sxmlUrl="([^"]*)"`)

// salvage looks for the address of an outline that was torn by a tag with
// quotes inside its description: what followed the tag has become text.
func (r *opmlReader) salvage(text string) {
	m := strayURL.FindStringSubmatch(text)
	if m == nil || r.torn == nil {
		return
	}
	t := *r.torn
	t.Attr = append(t.Attr, html.Attribute{Key: "xmlurl", Val: m[1]})
	r.open, r.torn = r.open[:len(r.open)-1], nil
	r.outline(t, !strings.Contains(text, "/>"))
}

// end takes in the end of an element with the text before it.
func (r *opmlReader) end(name, text string) {
	switch {
	case r.rdf:
		r.foafEnd(name, text)
	case name == "title" && r.list.Title == "":
		r.list.Title = text
	case name == "outline" && len(r.open) > 0:
		r.open, r.torn = r.open[:len(r.open)-1], nil
	}
}

// outline takes an outline in and, if it has others within, remembers it as
// their group.
func (r *opmlReader) outline(t html.Token, group bool) {
	attr := map[string]string{}
	for _, a := range t.Attr {
		attr[a.Key] = strings.TrimSpace(a.Val)
	}
	text := oneLine(attr["text"])
	if text == "" {
		text = oneLine(attr["title"])
	}
	groups := r.open
	if group {
		r.open = append(r.open, text)
	}
	kind := strings.ToLower(attr["type"])
	e := Entry{URL: attr["xmlurl"], Title: text, Language: attr["language"], Name: attr["wireroom:name"]}
	if e.Name != "" && attr["title"] == "" {
		e.Title = "" // it had none: an outline must have a text
	}
	switch {
	case kind == "include" || kind == "source" || kind == "link" && strings.HasSuffix(strings.ToLower(attr["url"]), ".opml"):
		r.leave(text, fault{"it is a list within the list", "include that list by its own address"})
		return
	case strings.Contains(kind, "xpath") || strings.Contains(kind, "dotnotation"): // of FreshRSS
		r.leave(text, fault{fmt.Sprintf("it is no feed but read by %q", attr["type"]), "say with page: and CSS selectors what its items are; see docs/moving.md"})
		return
	case e.URL == "" && attr["htmlurl"] != "" && kind != "link":
		e.URL, e.Site = attr["htmlurl"], true
	case e.URL == "":
		return // a group, or a note
	}
	words := strings.FieldsFunc(attr["category"], func(c rune) bool { return c == ',' || c == '/' && e.Name == "" })
	for i, word := range words {
		words[i] = strings.TrimPrefix(word, "/") // of an own list, where each is one tag, such as AI/ML
	}
	r.add(e, slices.Concat(groups, words))
}

// leave reports an entry that is not taken.
func (r *opmlReader) leave(title string, wrong fault) {
	r.problems = append(r.problems, Problem{File: r.name, Line: r.line, Column: 1, Message: fmt.Sprintf("%q is left out: %s", title, wrong.message), Mend: wrong.mend})
}

// add takes an entry in, or adds the tags of its second mention to the first,
// and returns its index; -1 if it was left out.
func (r *opmlReader) add(e Entry, words []string) int {
	u, wrong := parseWebURL(feedScheme(e.URL), "https://feeds.example.org/rss.xml")
	switch {
	case u == nil:
	case isPrivate(u) && !r.private:
		wrong = fault{u.Hostname() + " is on a private network", "if it is yours, allow it: with allow_private: true under defaults, or wireroom import --allow-private"}
	case len(r.list.Entries) == maxEntries:
		wrong = fault{fmt.Sprintf("the list has more than %d feeds", maxEntries), "split the list"}
	}
	if wrong != (fault{}) {
		r.leave(cmp.Or(e.Title, e.Name), wrong)
		return -1
	}
	e.AllowPrivate = isPrivate(u)
	u.Fragment = ""
	e.URL, e.Line = u.String(), r.line
	if e.Title == "" && e.Name == "" && !r.rdf {
		e.Title = u.Hostname()
	}
	tag, err := language.Parse(e.Language)
	e.Language = ""
	if err == nil && tag != language.Und {
		e.Language = tag.String()
	}
	i, known := r.seen[sameness(e.URL)]
	if !known {
		i = len(r.list.Entries)
		r.seen[sameness(e.URL)] = i
		r.list.Entries = append(r.list.Entries, e)
	}
	r.list.Entries[i].tag(words)
	return i
}

// feedScheme undoes the scheme by which browsers once handed feeds to readers.
func feedScheme(address string) string {
	if rest, ok := strings.CutPrefix(address, "feed://"); ok {
		return "http://" + rest
	}
	return strings.TrimPrefix(address, "feed:")
}
