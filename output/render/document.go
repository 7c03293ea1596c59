package render

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// ETag returns a strong entity tag for body, in quotes: half of its SHA-256.
func ETag(body []byte) string {
	sum := sha256.Sum256(body)
	return tagOf(sum[:])
}

func tagOf(sum []byte) string { return `"` + hex.EncodeToString(sum[:16]) + `"` }

// Follow returns doc as the successor of prev, the document that was last
// published at the same path: Modified never goes back, even where the newest
// item was taken out.
func Follow(prev, doc news.Document) news.Document {
	if doc.Modified.Before(prev.Modified) {
		doc.Modified = prev.Modified
	}
	return doc
}

// document finishes one format of a channel.
func (ch Channel) document(site Site, f format, body []byte, tag string, modified time.Time) news.Document {
	doc := news.Document{
		Path:        ch.path(f),
		ContentType: f.contentType,
		Body:        body,
		ETag:        tag,
		Modified:    modified,
		MaxAge:      ch.maxAge(),
		Topic:       ch.Topic.Name,
		Private:     ch.private(),
	}
	if self := ch.selfURL(site, f); self != "" {
		doc.Link = append(doc.Link, "<"+self+`>; rel="self"`)
	}
	if hub := ch.hub(); hub != "" {
		doc.Link = append(doc.Link, "<"+hub+`>; rel="hub"`)
	}
	return doc
}
