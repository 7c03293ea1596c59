package config

import (
	"strings"

	"golang.org/x/net/html"
)

// A foafFrame is an open element of a FOAF list, as planets publish them:
// groups of people, the people's weblogs, and the weblogs' feeds.
type foafFrame struct {
	name  string // without its prefix
	title string // of a person or a group
	about string // of a document
	first int    // index of the first mention of an entry that is within
}

// foafStart takes in the start of an element.
func (r *opmlReader) foafStart(t html.Token, open bool) {
	_, name, _ := strings.Cut(t.Data, ":")
	about := ""
	for _, a := range t.Attr {
		if a.Key == "rdf:about" || a.Key == "rdf:resource" {
			about = strings.TrimSpace(a.Val)
		}
	}
	switch {
	case (name == "channel" || name == "feed") && about != "":
		r.mention(Entry{URL: about})
	case name == "seealso" && about != "":
		r.leave(about, fault{"it is a list within the list", "include that list by its own address"})
	}
	if open {
		r.frames = append(r.frames, foafFrame{name: name, about: about, first: len(r.mentions)})
	}
}

// foafEnd takes in the end of an element with the text before it. A name may
// stand before or after what it names.
func (r *opmlReader) foafEnd(tag, text string) {
	_, name, _ := strings.Cut(tag, ":")
	n := len(r.frames) - 1
	if n < 0 || r.frames[n].name != name {
		return
	}
	frame := r.frames[n]
	r.frames = r.frames[:n]
	within := r.mentions[frame.first:]
	switch name {
	case "name", "member_name":
		if n > 0 {
			r.frames[n-1].title = text
		}
	case "document":
		if len(within) == 0 && frame.about != "" {
			r.mention(Entry{URL: frame.about, Site: true})
		}
	case "agent", "person":
		for _, i := range within {
			if e := &r.list.Entries[i]; e.Title == "" {
				e.Title = frame.title
			}
		}
	case "group":
		for _, i := range within {
			r.list.Entries[i].tag([]string{frame.title})
		}
	}
}

// mention takes an entry in and remembers that it was named here.
func (r *opmlReader) mention(e Entry) {
	if i := r.add(e, nil); i >= 0 {
		r.mentions = append(r.mentions, i)
	}
}
