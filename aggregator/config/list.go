package config

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// A List is an OPML list of feeds.
type List struct {
	Title   string
	Entries []Entry // each address once, in the order of the list
}

// An Entry is a feed of a list, or what is to be added to feeds.yaml.
type Entry struct {
	Name     string // slug
	URL      string // absolute, http or https
	Site     bool   // URL is that of a web site, whose feed is not known
	Title    string
	Language string
	Tags     []string
	Line     int // in the list, from 1

	AllowPrivate bool // URL may be on a loopback or private network
}

// tag adds words to the tags.
func (e *Entry) tag(words []string) {
	for _, word := range words {
		if tag := tagOf(word); tag != "" && !slices.Contains(e.Tags, tag) {
			e.Tags = append(e.Tags, tag)
		}
	}
}

// tagOf makes a tag of a text: a tag holds no comma, colon or exclamation mark.
func tagOf(text string) string {
	return oneLine(strings.Map(func(r rune) rune {
		if r == ',' || r == ':' || r == '!' {
			return ' '
		}
		return r
	}, fold(text)))
}

// oneLine returns the text with single spaces, without the characters that
// turn the direction of what stands around them.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f {
			return ' '
		}
		return r
	}, text)), " ")
}

// nameEntries gives every entry a name of its own: of its title, or, where
// several titles give one, of title and address, so that the order of the list
// does not decide.
func nameEntries(entries []Entry) {
	count := map[string]int{}
	for i := range entries {
		e := &entries[i]
		if !slugForm.MatchString(e.Name) {
			e.Name = Slug(e.Title)
		}
		if u, err := url.Parse(e.URL); e.Name == "" && err == nil {
			e.Name = Slug(u.Hostname())
		}
		if e.Name == "" {
			e.Name = "feed"
		}
		count[e.Name]++
	}
	for i := range entries {
		if count[entries[i].Name] > 1 {
			entries[i].Name = longName(entries[i])
		}
	}
}

// longName is an entry's name with eight letters of its address's hash.
func longName(e Entry) string {
	sum := sha256.Sum256([]byte(e.URL))
	return e.Name[:min(len(e.Name), 55)] + "-" + hex.EncodeToString(sum[:4])
}
