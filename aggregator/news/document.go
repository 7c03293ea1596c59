package news

import "time"

// A Document is finished bytes for readers, of a topic in one format or a page.
type Document struct {
	Path        string // below the base URL, such as "/topics/world.rss"
	ContentType string
	Body        []byte
	ETag        string        // strong, in quotes, over Body
	Modified    time.Time     // the newest change of an item in it; never goes back
	MaxAge      time.Duration // how long a reader may keep it
	Link        []string      // values of the HTTP Link header
	Topic       string        // the topic that it belongs to, if any
	Private     bool          // only for readers who know the topic's token
	Gone        bool          `json:",omitempty"` // there is none at Path any longer

	// Content is how much of the items of each source a page of an archive shows.
	Content map[string]ContentPolicy `json:",omitempty"`
}
