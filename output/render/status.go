package render

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"time"

	"github.com/gorilla/feeds"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The status feed tells whoever runs the program what became of its sources,
// in the reader that they use anyway.
const (
	statusPath = "/sources.atom"
	maxEvents  = 200
)

// eventTitles are the headlines of the events of a source, by its title.
var eventTitles = map[news.EventKind]string{
	news.EventBroken:    "%s is broken",
	news.EventRecovered: "%s has recovered",
	news.EventGone:      "%s is gone",
	news.EventMoved:     "%s has moved",
	news.EventSilent:    "%s is silent",
	news.EventResumed:   "%s has resumed",
}

// StatusFeed renders what happened to the sources as an Atom feed at
// /sources.atom, the newest first.
func StatusFeed(site Site, list []SourceStatus) (news.Document, error) {
	var entries []atomEntry
	var modified time.Time
	for i := range list {
		for _, e := range list[i].State.Events {
			entries = append(entries, statusEntry(site, cleanOutlet(list[i].Outlet), e))
			if e.At.After(modified) {
				modified = e.At
			}
		}
	}
	slices.SortFunc(entries, func(a, b atomEntry) int {
		return cmp.Or(cmp.Compare(b.Updated, a.Updated), cmp.Compare(a.Id, b.Id))
	})
	feed := atomFeed{
		AtomFeed:  feeds.AtomFeed{Xmlns: nsAtom, Id: site.statusID(""), Updated: instant(modified, begin).Format(time.RFC3339)},
		Author:    atomPerson{plain(site.name()), site.url("/")},
		Language:  "en",
		NSMedia:   nsMedia,
		NSGeo:     nsGeo,
		Title:     atomPlain("Sources of " + site.name()),
		Subtitle:  atomPlain("What became of the sources: broken, recovered, moved, gone, or silent for longer than usual."),
		Generator: atomGenerator{Homepage, site.Version, "Wireroom"},
		Links: []link{
			atomLink("self", site.url(statusPath), atomFormat.mediaType),
			atomLink("alternate", site.url("/sources"), "text/html"),
		},
		Entries: entries[:min(len(entries), maxEvents)],
	}
	body, err := encode(feed)
	if err != nil {
		return news.Document{}, err
	}
	return news.Document{
		Path: statusPath, ContentType: atomFormat.contentType, Body: body, ETag: ETag(body),
		Modified: modified.UTC().Truncate(time.Second), MaxAge: time.Minute,
		Link: []string{"<" + site.url(statusPath) + `>; rel="self"`},
	}, nil
}

func statusEntry(site Site, o news.Outlet, e news.Event) atomEntry {
	at := e.At.UTC().Truncate(time.Second).Format(time.RFC3339)
	text := cleanLine(e.Text)
	return atomEntry{
		AtomEntry: feeds.AtomEntry{
			Id:        site.statusID(fmt.Sprintf("/%s/%s/%d", o.Source, e.Kind, e.At.Unix())),
			Published: at,
			Updated:   at,
			Content:   &feeds.AtomContent{Type: "html", Content: "<p>" + html.EscapeString(text) + "</p>"},
		},
		Title:      atomPlain(fmt.Sprintf(eventTitles[e.Kind], cmp.Or(o.Title, o.Source))),
		Summary:    atomPlain(text),
		Links:      []link{atomLink("alternate", site.url("/sources"), "text/html")},
		Categories: []atomCategory{{string(e.Kind)}},
	}
}

// statusID is the id of the status feed, and with a suffix of an entry of it.
func (s Site) statusID(suffix string) string {
	if s.Authority == "" {
		return s.url("/sources") + suffix
	}
	return "tag:" + s.Authority + ":sources" + suffix
}
