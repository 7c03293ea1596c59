package news

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Told returns the address of a source's feed as everybody may be told it: without
// what may be a secret of its keeper, which is its user, its password and, unless
// it is seen to be harmless, its query. It is empty where there is no feed on the
// web, or where the address is a secret by itself.
func (s Source) Told() string {
	u, err := url.Parse(s.URL)
	told := Bare(s.URL)
	if err != nil || told == "" || s.Unlisted || s.Page != nil {
		return ""
	}
	if u.RawQuery != "" && harmless(u) {
		told += "?" + u.RawQuery
	}
	return told
}

// addresses fits the addresses in a sentence.
var addresses = regexp.MustCompile(`(?i)\bhttps?://[^\s"]*[^\s".,:;]`)

// Discreet returns a state with nothing in it that is told of where its source is, or
// where its items are.
func (s State) Discreet() State {
	hide := func(sentence string) string { return addresses.ReplaceAllString(sentence, "…") }
	s.Error = hide(s.Error)
	s.Repairs = slices.Clone(s.Repairs)
	for i := range s.Repairs {
		if s.Repairs[i].Kind == RepairPage {
			s.Repairs[i].Detail = "no full text"
		}
	}
	s.Events = slices.Clone(s.Events)
	for i := range s.Events {
		if s.Events[i].Kind == EventMoved {
			s.Events[i].Text = "It has moved to another address and is polled there from now on."
		}
		s.Events[i].Text = hide(s.Events[i].Text)
	}
	return s
}

// By these names and values sites are asked for a feed in place of a page.
var (
	askers  = []string{"format", "type", "alt", "output", "fmt", "mode", "view"}
	formats = []string{"feed", "rss", "rss2", "rss20", "rss_200", "atom", "atom1", "xml", "rdf", "json", "1", "true", ""}
)

// harmless reports whether nothing in the query of an address can be a secret. Names
// alone do not tell: what is id at one site is the key at another. The channels of
// YouTube are everybody's; its playlists may be unlisted.
func harmless(u *url.URL) bool {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return false
	}
	channels := slices.Contains([]string{"youtube.com", "www.youtube.com"}, strings.ToLower(u.Host)) && u.Path == "/feeds/videos.xml"
	for name, values := range query {
		if channels && (name == "channel_id" || name == "user") {
			continue
		}
		if !slices.Contains(askers, name) && !slices.Contains(formats, name) {
			return false
		}
		for _, value := range values {
			if !slices.Contains(formats, strings.ToLower(value)) {
				return false
			}
		}
	}
	return true
}
