package story

import (
	"encoding/binary"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An Index knows the items of the window and the stories that they belong to.
// It is not safe for concurrent use: the filer, which owns it, is single.
type Index struct {
	window    time.Duration
	overrides overrides

	entries map[news.Key]*entry
	exact   map[uint64]*entry // the first live entry with that key
}

// entry is what the index knows of one item.
type entry struct {
	key       news.Key
	story     string
	copies    string
	published time.Time
	exact     [3]uint64
}

// New returns an empty index.
func New(opts Options) *Index {
	x := &Index{
		window:    opts.Window,
		overrides: newOverrides(opts.Overrides),
		entries:   map[news.Key]*entry{},
		exact:     map[uint64]*entry{},
	}
	if x.window <= 0 {
		x.window = DefaultWindow
	}
	return x
}

// Window is how far back the index looks, and so how much of the log it must
// be given by Restore.
func (x *Index) Window() time.Duration { return x.window }

// Knows reports whether the item is in the index. A later revision of an item
// that has left it is decided upon anew: a caller that wants the item to stay
// in its story keeps the stored decision instead of calling Add.
func (x *Index) Knows(key news.Key) bool { return x.entries[key] != nil }

// Add decides which story a record's item belongs to, and takes it into the
// index. Records must be given in the order of the log. A later revision of a
// known item keeps its story. outlet is the source of the item.
func (x *Index) Add(rec news.Record, outlet news.Outlet) news.Decision {
	it := &rec.Item
	key := it.Key()
	d := news.Decision{Seq: rec.Seq, Key: key, Kind: news.KindNew, Family: family(it, outlet)}
	d.Story = key.Slug()
	d.Copies = d.Story
	e := &entry{key: key, published: it.Published, exact: exactKeys(it)}
	if known := x.entries[key]; known != nil {
		d.Story, d.Copies = known.story, known.copies
	} else {
		for i, k := range e.exact {
			if m := x.exact[k]; k != 0 && m != nil {
				d.Kind, d.Of, d.Score = news.KindSame, m.key, 1
				d.Story, d.Copies = m.story, m.copies
				d.Evidence.Rule = [3]string{"canonical link", "guid", "title and text"}[i]
				break
			}
		}
	}
	e.story, e.copies = d.Story, d.Copies
	d.Sketch = e.sketch()
	x.insert(e)
	return d
}

// Restore takes an item into the index by its stored decision. Decisions must
// be given in the order of the log, before the first Add; published is the
// item's instant of publication.
func (x *Index) Restore(d news.Decision, published time.Time) {
	e := &entry{key: d.Key, story: d.Story, copies: d.Copies, published: published}
	if !e.read(d.Sketch) {
		return
	}
	x.insert(e)
}

func (x *Index) insert(e *entry) {
	x.entries[e.key] = e
	for _, k := range e.exact {
		if k != 0 && x.exact[k] == nil {
			x.exact[k] = e
		}
	}
}

func (e *entry) sketch() []byte {
	b := make([]byte, 0, 24)
	for _, k := range e.exact {
		b = binary.BigEndian.AppendUint64(b, k)
	}
	return b
}

func (e *entry) read(b []byte) bool {
	if len(b) != 24 {
		return false
	}
	for i := range e.exact {
		e.exact[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return true
}
