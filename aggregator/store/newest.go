package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Newest returns the stories of the items that came last and have been decided
// upon: the story with the newest item first. It looks at so many items at the
// most, whatever the size of the store.
func (db *DB) Newest(ctx context.Context, items int) ([]news.Story, error) {
	var ids []string
	err := db.read.each(ctx, "SELECT story FROM decision ORDER BY item DESC LIMIT ?1", []any{items}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: newest: %w", err)
	}
	stories, err := db.stories(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("store: newest: %w", err)
	}
	return stories, nil
}
