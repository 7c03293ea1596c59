package store

import (
	"sync"

	"github.com/wireroom/wireroom/aggregator/news"
)

// cacheBytes bounds what the records of one generation of a cache take of the
// memory: 8 MB in all.
const cacheBytes = 4 << 20

// A cache holds records that were read of late. A record never changes, so none
// is ever wrong. There are two generations: when the young one is full it
// becomes the old one, and what the old one held and nobody asked for is gone.
type cache struct {
	mu         sync.Mutex
	young, old map[int64]cached
	bytes      int // of the young ones
}

type cached struct {
	record *news.Record
	bytes  int
}

func (c *cache) get(seq int64) (news.Record, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.young[seq]; ok {
		return *r.record, true
	}
	r, ok := c.old[seq]
	if !ok {
		return news.Record{}, false
	}
	c.add(seq, r)
	return *r.record, true
}

// put keeps a record, which must not be written to afterwards.
func (c *cache) put(r *news.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it := &r.Item
	c.add(r.Seq, cached{r, 2048 + len(it.HTML) + len(it.Text) + len(it.Summary) + len(it.Excerpt)})
}

func (c *cache) add(seq int64, r cached) {
	if c.bytes += r.bytes; c.young == nil || c.bytes > cacheBytes {
		c.young, c.old, c.bytes = map[int64]cached{}, c.young, r.bytes
	}
	c.young[seq] = r
}
