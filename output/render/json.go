package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gorilla/feeds"

	"github.com/wireroom/wireroom/aggregator/news"
)

// extensionDocs is where the members of "_wireroom" are explained.
const extensionDocs = Homepage + "/blob/main/docs/json-feed-extension.md"

// A jsonFeed shadows the items: they are there even if there are none. They are
// put into the finished document, and so stand last.
type jsonFeed struct {
	feeds.JSONFeed
	Extension jsonTopic  `json:"_wireroom"`
	Items     []struct{} `json:"items"`
}

// A jsonTopic is the feed's extension.
type jsonTopic struct {
	About   string `json:"about"`
	Topic   string `json:"topic"`
	TTL     int    `json:"ttl"` // minutes
	Archive int    `json:"archive,omitempty"`
}

type jsonItem struct {
	feeds.JSONItem
	Language    string           `json:"language,omitempty"`
	Attachments []jsonAttachment `json:"attachments,omitempty"`
	Extension   jsonStory        `json:"_wireroom"`
}

type jsonAttachment struct {
	URL      string `json:"url"`
	MIMEType string `json:"mime_type"`
	Title    string `json:"title,omitempty"`
	Size     int64  `json:"size_in_bytes,omitempty"`
	Duration int64  `json:"duration_in_seconds,omitempty"`
}

// A jsonStory is an item's extension: where it comes from and who else
// reports it.
type jsonStory struct {
	Story    string       `json:"story"`               // id of the story
	StoryURL string       `json:"story_url,omitempty"` // page of the story
	Families int          `json:"families"`            // independent publishers that report it
	Source   jsonOutlet   `json:"source"`
	Comments string       `json:"comments,omitempty"`
	Rights   string       `json:"rights,omitempty"`
	Geo      *news.Geo    `json:"geo,omitempty"`
	Also     []jsonReport `json:"also,omitempty"`
	More     int          `json:"more,omitempty"` // reports beyond those in also
}

type jsonOutlet struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Feed   string `json:"feed,omitempty"`
	FeedID string `json:"feed_id,omitempty"`
	Home   string `json:"home,omitempty"`
	Family string `json:"family,omitempty"`
}

type jsonReport struct {
	Source    jsonOutlet `json:"source"`
	Title     string     `json:"title"`
	URL       string     `json:"url"`
	Language  string     `json:"language,omitempty"`
	Published time.Time  `json:"date_published"`
	Copy      bool       `json:"copy"` // the same text, lightly edited
	Score     float64    `json:"score,omitempty"`
	Rule      string     `json:"rule,omitempty"` // what it was recognised by
}

// JSON renders a channel as JSON Feed 1.1.
func JSON(site Site, ch Channel) (news.Document, error) { return lay(site, ch, nil).json() }

func (l *layout) json() (news.Document, error) {
	site, ch := l.site, l.ch
	feed := jsonFeed{
		JSONFeed: feeds.JSONFeed{
			Version:     "https://jsonfeed.org/version/1.1",
			Title:       ch.title(),
			Description: ch.description(site),
			Language:    l.language(),
			HomePageUrl: ch.homeURL(site),
			FeedUrl:     ch.selfURL(site, jsonFormat),
		},
		Extension: jsonTopic{
			About: extensionDocs, Topic: ch.Topic.Name, TTL: int(ch.maxAge().Minutes()), Archive: ch.Archive,
		},
		Items: []struct{}{},
	}
	if hub := ch.hub(); hub != "" {
		feed.Hubs = []*feeds.JSONHub{{Type: "WebSub", Url: hub}}
	}
	if older := ch.older(jsonFormat); older != "" && !ch.private() {
		feed.NextUrl = site.url(older)
	}
	shell, err := encodeJSON(feed, "")
	if err != nil {
		return news.Document{}, err
	}
	// The items are the last member: "]" and "}" end the document.
	const between = ",\n  "
	body, tag, err := l.splice(shell, between, "]", func(pl *plate) (*part, error) {
		if pl.json == nil {
			text, err := encodeJSON(newJSONItem(&pl.entry), "  ")
			if err != nil {
				return nil, err
			}
			pl.json = newPart(append([]byte(between), bytes.TrimSuffix(text, []byte("\n"))...))
			pl.json.text = pl.json.text[len(between):]
		}
		return pl.json, nil
	})
	if err != nil {
		return news.Document{}, err
	}
	return ch.document(site, jsonFormat, body, tag, l.modified), nil
}

// encodeJSON keeps < and & as they are: the document is not within a page.
func encodeJSON(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, " ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	return b.Bytes(), nil
}

func newJSONItem(e *entry) jsonItem {
	it := jsonItem{
		JSONItem: feeds.JSONItem{
			Id:            e.id,
			Url:           e.url,
			Title:         e.title,
			ContentHTML:   e.html,
			ContentText:   e.text,
			Summary:       e.summary,
			PublishedDate: &e.published,
			ModifiedDate:  &e.updated,
			Tags:          e.categories,
		},
		Language: e.language,
		Extension: jsonStory{
			Story: e.storyID, StoryURL: e.story, Families: e.families, Source: newJSONOutlet(e.outlet),
			Comments: e.comments, Rights: e.rights, More: e.more,
		},
	}
	if e.point() != "" {
		it.Extension.Geo = e.geo
	}
	if e.image != nil {
		it.Image = e.image.URL
	}
	for _, p := range e.authors {
		it.Authors = append(it.Authors, &feeds.JSONAuthor{Name: p.Name, Url: p.URL})
	}
	for _, enc := range e.enclosures {
		it.Attachments = append(it.Attachments, jsonAttachment{
			enc.URL, enc.Type, enc.Title, enc.Length, int64(enc.Duration.Seconds()),
		})
	}
	for _, r := range e.also {
		it.Extension.Also = append(it.Extension.Also, jsonReport{
			Source: newJSONOutlet(r.outlet), Title: r.title, URL: r.url, Language: r.language,
			Published: r.published, Copy: r.copy, Score: r.score, Rule: r.rule,
		})
	}
	return it
}

func newJSONOutlet(o news.Outlet) jsonOutlet {
	return jsonOutlet{o.Source, o.Title, o.Feed, o.FeedID, o.Link, o.Family}
}
