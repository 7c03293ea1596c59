package render

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// SearchPath is where the answers to queries are: as a page, and with the
// ending of a format as a feed.
const SearchPath = "/search"

// Search renders what was found for a query, in the form that the path asks
// for: SearchPath itself, or with ".rss", ".atom" or ".json". The feeds are
// like those of a topic, so that a reader can subscribe to a query.
func Search(site Site, path, query string, found []news.Filed) (news.Document, error) {
	query = cleanLine(query)
	found = slices.Clone(found)
	for i := range found {
		found[i].ID = site.foundID(query, &found[i])
	}
	ch := Channel{
		Topic:  news.Topic{Title: "Search", Description: "Type a few words: the stories that hold all of them are shown."},
		Filed:  found,
		MaxAge: time.Minute,
		query:  &query,
	}
	if query != "" {
		ch.Topic.Title = "“" + query + "”"
		ch.Topic.Description = "What was reported on " + ch.Topic.Title
	}
	for _, f := range []struct {
		path   string
		render func(Site, Channel) (news.Document, error)
	}{
		{SearchPath, TopicPage},
		{SearchPath + "." + rssFormat.ext, RSS},
		{SearchPath + "." + atomFormat.ext, Atom},
		{SearchPath + "." + jsonFormat.ext, JSON},
	} {
		if f.path == path {
			return f.render(site, ch)
		}
	}
	return news.Document{}, errors.New("render: no such form of a search")
}

// foundID is the id of what was found of a story. It is not that of the filing: which
// of the story's topics was taken changes when a report comes to another one, and
// readers that know an id once for all feeds would miss in one what they saw in
// another.
func (s Site) foundID(query string, f *news.Filed) string {
	if s.Authority == "" {
		return f.ID
	}
	sum := sha256.Sum256([]byte(query)) // readers keep some hundred letters of an id
	return "tag:" + s.Authority + ":search/" + hex.EncodeToString(sum[:8]) + "/" + f.Story
}

// search is the query as it stands in addresses.
func (ch Channel) search() string { return "?q=" + url.QueryEscape(*ch.query) }
