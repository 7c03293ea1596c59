// Package output turns filings into what readers fetch: publish, the order of
// its stages, written once.
package output

import (
	"context"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A Shelf is where the filings of topics and the documents made from them are
// kept.
type Shelf interface {
	// Latest returns the filings of a topic that are not withdrawn, with their
	// members, in the topic's order, at most limit.
	Latest(ctx context.Context, topic string, sort news.Sort, limit int) ([]news.Filed, error)

	// Documents returns the documents that were last saved: what is served
	// from the first moment after a restart.
	Documents(ctx context.Context) ([]news.Document, error)

	// SaveDocuments keeps documents for the next start and for other replicas.
	SaveDocuments(ctx context.Context, docs []news.Document) error

	// States returns the state of every configured source, by name.
	States(ctx context.Context) ([]news.State, error)
}
