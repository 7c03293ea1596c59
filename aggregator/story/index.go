package story

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An Index knows the items of the window and the stories that they belong to.
// It is not safe for concurrent use: the filer, which owns it, is single.
//
// What it answers depends on the live entries and their order alone, and an
// entry lives from its Add until the latest publication is a window later. So
// an index that was given the live entries by Restore answers the same.
type Index struct {
	window    int64 // seconds
	overrides overrides
	lexer     lexer

	clock   int64    // the latest publication seen
	queue   []*entry // live entries, in the order of the log; some nil at the front
	first   uint32   // number of queue[0]
	pending []*entry // restored, not yet in order

	known   map[news.Key]*entry
	stories map[string]*cluster
	slugs   map[string]*entry // live items that an override names

	exact    table // halves of exact keys → entries
	shingled table // shingles → entries
	posted   table // heavy terms → entries
	seen     frequencies

	hits    []uint32 // scratch: by number - first; all zero between uses
	touched []uint32 // scratch: numbers that were hit
}

// New returns an empty index.
func New(opts Options) *Index {
	x := &Index{
		window:    int64(opts.Window / time.Second),
		overrides: newOverrides(opts.Overrides),
		clock:     math.MinInt64,
		first:     1,
		known:     map[news.Key]*entry{},
		stories:   map[string]*cluster{},
		slugs:     map[string]*entry{},
		seen:      newFrequencies(),
	}
	if x.window <= 0 {
		x.window = int64(DefaultWindow / time.Second)
	}
	return x
}

// Window is how much of the log, by publication, Restore must be given before
// now: an item lives for a window after the latest publication before it, may
// itself have been a window old by then, and some time may have passed without
// an item since.
func (x *Index) Window() time.Duration {
	return 2*time.Duration(x.window)*time.Second + silence
}

// silence is how long a log may have been without an item for an index that is
// restored from it to decide exactly as one that never stopped.
const silence = 48 * time.Hour

// Knows reports whether the item is in the index. A later revision of an item
// that has left it is decided upon anew: a caller that wants the item to stay
// in its story keeps the stored decision instead of calling Add.
func (x *Index) Knows(key news.Key) bool {
	x.settle()
	return x.known[key] != nil
}

// Restore takes an item into the index by its stored decision; published is
// its instant of publication, which a revision may have moved to later. All
// decisions must be given before the first Add, those of absorbed stories with
// the story that they belong to now. One whose sketch cannot be read is passed
// over: its item is then not known.
func (x *Index) Restore(d news.Decision, published time.Time) {
	e := &entry{key: d.Key, of: d.Of, source: d.Key.Source, copies: d.Copies, agency: d.Agency, family: d.Family}
	if e.read(d.Sketch) != nil || e.published > published.Unix() {
		return
	}
	e.story = x.story(d.Story)
	x.pending = append(x.pending, e)
}

// settle takes in what was restored, in the order in which it first came.
func (x *Index) settle() {
	if x.pending == nil {
		return
	}
	slices.SortStableFunc(x.pending, func(a, b *entry) int { return cmp.Compare(a.seq, b.seq) })
	for _, e := range x.pending {
		x.clock = max(x.clock, e.clock)
		x.evict()
		x.insert(e)
	}
	x.pending = nil
}

// story returns the story with an id, a new one if it is not known.
func (x *Index) story(id string) *cluster {
	c := x.stories[id]
	if c == nil {
		c = &cluster{id: id}
		x.stories[id] = c
	}
	return c
}

func (x *Index) at(number uint32) *entry { return x.queue[number-x.first] }

// insert makes an entry findable.
func (x *Index) insert(e *entry) {
	if e.clock-e.published > x.window || e.clock < x.clock-x.window {
		x.drop(e.story)
		return
	}
	e.number = x.first + uint32(len(x.queue))
	x.queue = append(x.queue, e)
	x.hits = append(x.hits, 0)
	x.known[e.key] = e
	e.story.entries++
	if slug := e.key.Slug(); x.overrides.named[slug] {
		x.slugs[slug] = e
	}
	for _, k := range e.exact {
		if k != 0 {
			x.exact.add(uint32(k>>32), e.number)
		}
	}
	for _, h := range e.shingles {
		x.shingled.add(h, e.number)
	}
	if !e.represents() {
		return
	}
	for _, t := range heaviest(e.terms, postedTerms) {
		x.post(t.hash(), e.number)
	}
	x.seen.add(e.common, 1)
	e.story.join(e)
}

// post makes an entry findable by a term, in the place of the oldest if the
// term has many.
func (x *Index) post(hash, number uint32) {
	n, oldest := 0, number
	x.posted.each(hash, func(other uint32) {
		n++
		oldest = min(oldest, other)
	})
	if n >= postedItems {
		x.posted.remove(hash, oldest)
	}
	x.posted.add(hash, number)
}

// evict forgets the items whose window is over.
func (x *Index) evict() {
	n := 0
	for n < len(x.queue) && x.queue[n].clock < x.clock-x.window {
		x.forget(x.queue[n])
		x.queue[n] = nil
		n++
	}
	if n == 0 {
		return
	}
	x.queue, x.hits, x.first = x.queue[n:], x.hits[n:], x.first+uint32(n)
}

func (x *Index) forget(e *entry) {
	if x.known[e.key] == e {
		delete(x.known, e.key)
		delete(x.slugs, e.key.Slug())
	}
	for _, k := range e.exact {
		if k != 0 {
			x.exact.remove(uint32(k>>32), e.number)
		}
	}
	for _, h := range e.shingles {
		x.shingled.remove(h, e.number)
	}
	if e.represents() {
		for _, t := range heaviest(e.terms, postedTerms) {
			x.posted.remove(t.hash(), e.number)
		}
		x.seen.add(e.common, -1)
		e.in().leave()
	}
	e.in().entries--
	x.drop(e.in())
}

// drop forgets a story without live items.
func (x *Index) drop(c *cluster) {
	if c.entries == 0 && x.stories[c.id] == c {
		delete(x.stories, c.id)
	}
}

// same returns the earliest live item that is exactly this one, and the number
// of the key that says so; nil if there is none.
func (x *Index) same(e *entry, slug string) (*entry, int) {
	for i, k := range e.exact {
		var found *entry
		if k == 0 {
			continue
		}
		x.exact.each(uint32(k>>32), func(number uint32) {
			o := x.at(number)
			if o.exact[i] == k && (found == nil || o.number < found.number) && x.overrides.allow(slug, o.in().id) {
				found = o
			}
		})
		if found != nil {
			return found, i
		}
	}
	return nil, 0
}
