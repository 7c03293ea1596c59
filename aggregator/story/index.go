package story

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"
	"time"
	"unique"

	"github.com/zeebo/xxh3"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An Index knows the items of the window and the stories that they belong to.
// It is not safe for concurrent use but for Read beside the rest: the filer, which
// owns it, is single.
//
// What it answers depends on the live entries and their order alone, and an
// entry lives from its Add until the latest publication is a window later, or
// so many came after it as the index holds. So an index that was given the live
// entries by Restore answers the same.
type Index struct {
	window    int64 // seconds
	most      int   // entries
	overrides overrides
	lexer     lexer        // of Read
	items     atomic.Int32 // in roll, for Read

	clock   int64    // the latest publication seen
	last    int64    // the latest record, by its number
	behind  int64    // when the first was fetched of the records that all say that clock is ahead; 0: there are none
	lately  uint32   // number of an entry before which all came more than a day before the latest
	roll    roll     // live entries
	pending []*entry // restored, not yet in order

	restored map[string]*cluster // stories of pending
	slugs    map[string]*entry   // live items that an override names

	known    table // keySum → entries
	listed   table // idSum → an entry of the story
	exact    table // halves of exact keys → entries
	shingled table // shingles → entries
	posted   table // heavy terms → entries
	seen     frequencies
	partners partners

	reading reading     // scratch: the words of the item that is decided upon
	lattice lattice     // scratch: its shingles
	lens    lens        // scratch: its terms
	hits    hits        // scratch: numbers of the entries that share something with it
	ranked  []uint64    // scratch: by how much
	near    []candidate // scratch: the closest of them
	terms   []term      // scratch: those by which an entry is found
	found   []uint32    // scratch: numbers of the entries with one hash
	ends    []int       // scratch: where those of each of many end
	sink    uint32      // of what was touched: nobody reads it
}

// New returns an empty index.
func New(opts Options) *Index {
	x := &Index{
		window:    opts.window(),
		most:      opts.Most,
		overrides: newOverrides(opts.Overrides),
		clock:     math.MinInt64,
		roll:      newRoll(),
		lately:    1,
		known:     table{bits: 32},
		listed:    table{bits: 32},
		exact:     table{bits: 32},
		shingled:  table{bits: 32},
		posted:    table{bits: termBits},
		slugs:     map[string]*entry{},
		seen:      newFrequencies(),
		partners:  partners{},
	}
	if x.most <= 0 {
		x.most = DefaultMost
	}
	return x
}

// Window is how much of the log, by publication, Restore must be given before
// now.
func (x *Index) Window() time.Duration { return horizon(x.window) }

// Horizon is the Window of an index with these options: older decisions need no
// sketch.
func (o *Options) Horizon() time.Duration { return horizon(o.window()) }

// horizon is how much of the log an index of a window is made of: an item lives
// for a window after the latest publication before it, may itself have been a
// window old by then, and some time may have passed without an item since.
func horizon(window int64) time.Duration { return 2*time.Duration(window)*time.Second + silence }

// window is how far back items are compared, in seconds.
func (o *Options) window() int64 {
	if o.Window < time.Second {
		return int64(DefaultWindow / time.Second)
	}
	return int64(o.Window / time.Second)
}

// silence is how long a log may have been without an item for an index that is
// restored from it to decide exactly as one that never stopped.
const silence = 48 * time.Hour

// Knows reports whether the item is in the index. A later revision of an item
// that has left it is decided upon anew: a caller that wants the item to stay
// in its story keeps the stored decision instead of calling Add.
func (x *Index) Knows(key news.Key) bool {
	x.settle()
	return x.find(key) != nil
}

// Restore takes an item into the index by its stored decision. All decisions
// must be given before the first Add, those of absorbed stories with the story
// that they belong to now. One whose sketch cannot be read is passed over: its
// item is then not known.
func (x *Index) Restore(d news.Decision) {
	e := &entry{
		outlet: unique.Make(d.Key.Source), id: d.Key.ID, source: sourceSum(d.Key.Source), of: optional(d.Of), copies: d.Copies,
		agency: unique.Make(d.Agency), family: unique.Make(d.Family),
	}
	if e.read(d.Sketch) != nil {
		return
	}
	if x.pending == nil {
		x.restored = map[string]*cluster{}
	}
	if e.story = x.restored[d.Story]; e.story == nil {
		e.story = x.story(d.Story)
		x.restored[d.Story] = e.story
	}
	if e.copies == e.story.id {
		e.copies = e.story.id // one string for both
	}
	x.pending = append(x.pending, e)
}

// settle takes in what was restored, in the order in which it first came.
func (x *Index) settle() {
	if x.pending == nil {
		return
	}
	slices.SortStableFunc(x.pending, func(a, b *entry) int { return cmp.Compare(a.seq, b.seq) })
	for _, e := range x.pending {
		x.putBack(e.clock)
		x.clock, x.last = max(x.clock, e.clock), max(x.last, e.seq)
		x.evict()
		x.bring(e)
		x.insert(e)
	}
	x.pending, x.restored = nil, nil
}

// bring calls for what insert will look at, all at once: for an item that is not
// decided upon, nothing has been called for yet.
func (x *Index) bring(e *entry) {
	for _, h := range e.shingles {
		x.sink += x.shingled.touch(h)
	}
	for _, t := range x.postedOf(e) {
		x.sink += x.posted.touch(t.spread())
	}
}

// story returns the story with an id, a new one if it has no live item.
func (x *Index) story(id string) *cluster {
	if c := x.live(id); c != nil {
		return c
	}
	return newCluster(id)
}

// live returns the story with an id if it has live items, else nil.
func (x *Index) live(id string) *cluster {
	x.found = x.listed.find(x.found[:0], idSum(id), x.roll.alive())
	for _, number := range x.found {
		if c := x.roll.at(number).in(); c.id == id {
			return c
		}
	}
	return nil
}

// list makes a story findable by its latest entry.
func (x *Index) list(c *cluster) {
	c.listed = c.latest
	x.listed.add(idSum(c.id), c.listed, x.roll.alive())
}

// find returns the live entry of an item, the latest if it was restored twice;
// nil if there is none.
func (x *Index) find(key news.Key) *entry {
	var found *entry
	x.found = x.known.find(x.found[:0], keySum(key), x.roll.alive())
	for _, number := range x.found {
		if e := x.roll.at(number); e.id == key.ID && e.outlet.Value() == key.Source && (found == nil || found.number < number) {
			found = e
		}
	}
	return found
}

func keySum(key news.Key) uint32 {
	return uint32(xxh3.HashStringSeed(key.ID, sourceSum(key.Source)) >> 32)
}

// idSum stands for a story or a group of copies where many are compared.
func idSum(id string) uint32 { return uint32(xxh3.HashString(id)) }

// sourceSum stands for a source where many are compared.
func sourceSum(source string) uint64 { return xxh3.HashString(source) }

// insert makes an entry findable.
func (x *Index) insert(e *entry) {
	if e.clock-e.published > x.window || e.clock < x.clock-x.window {
		return
	}
	x.shrink(x.most - 1)
	e = x.roll.add(e)
	x.items.Store(int32(x.roll.count))
	if len(x.overrides.named) > 0 {
		if slug := e.key().Slug(); x.overrides.named[slug] {
			x.slugs[slug] = e
		}
	}
	alive := x.roll.alive()
	for _, t := range []*table{&x.known, &x.listed, &x.exact, &x.shingled, &x.posted} {
		t.sweep(e.number, alive)
	}
	e.story.latest = e.number
	if e.story.entries++; e.story.entries == 1 {
		x.list(e.story)
	}
	x.known.add(keySum(e.key()), e.number, alive)
	for _, k := range e.exact {
		if k != 0 {
			x.exact.add(uint32(k>>32), e.number, alive)
		}
	}
	for _, h := range e.shingles {
		x.shingled.add(h, e.number, alive)
	}
	x.partners.add(e, 1)
	if !e.represents() {
		return
	}
	for _, t := range x.postedOf(e) {
		x.posted.addLatest(t.spread(), e.number, postedItems, alive)
	}
	x.seen.add(&e.common, 1)
	e.story.join(e)
}

// evict forgets the items whose window is over.
func (x *Index) evict() { x.shrink(x.most) }

// aheadFor is for how long all records must say that the clock was ahead: one that is
// itself behind, as that of one process of many, or of a machine until it is set, must
// not cost the items of the others.
const aheadFor = 3600 // seconds

// doubt puts the clock back once what is fetched has said that it was ahead for so long,
// in one process.
func (x *Index) doubt(now int64) {
	switch {
	case x.clock <= now+x.window:
		x.behind = 0
	case x.behind == 0 || now < x.behind:
		x.behind = now
	case now-x.behind >= aheadFor:
		x.putBack(now)
		x.behind = 0
	}
}

// putBack begins anew where the latest publication is later than now by more than a
// window. It bears a date of a machine whose clock was ahead: until then no item would
// be taken in, and no story recognised. The items that were taken in since bear such
// dates too, and those before them were forgotten then.
func (x *Index) putBack(now int64) {
	if x.clock > now+x.window {
		x.shrink(0)
		x.clock = math.MinInt64
	}
}

// shrink forgets the items whose window is over, and the oldest until there are
// no more than so many.
func (x *Index) shrink(most int) {
	for x.roll.count > 0 {
		e := x.roll.at(x.roll.first)
		if e.clock >= x.clock-x.window && int(x.roll.count) <= most {
			return
		}
		x.forget(e)
		x.roll.drop()
	}
}

// forget takes an entry out of all counts. What the tables have of it they lose
// by themselves.
func (x *Index) forget(e *entry) {
	if len(x.slugs) > 0 && x.find(e.key()) == e {
		delete(x.slugs, e.key().Slug())
	}
	x.partners.add(e, -1)
	if e.represents() {
		x.seen.add(&e.common, -1)
		e.in().leave()
	}
	c := e.in()
	if c.entries--; c.entries > 0 && c.listed == e.number {
		x.list(c)
	}
}

// keyed returns the numbers of the live entries that have an exact key, or one
// like it.
func (x *Index) keyed(k uint64) []uint32 {
	x.found = x.exact.find(x.found[:0], uint32(k>>32), x.roll.alive())
	return x.found
}

// same returns the earliest live item that is exactly this one, and the number
// of the key that says so; nil if there is none. One of its own day comes before those
// of others. Of what its source has under a key and the item is not, what others have
// taken of that says no more.
func (x *Index) same(e *entry, slug string) (*entry, int) {
	for i, k := range e.exact {
		if k == 0 {
			continue
		}
		var found, far *entry
		var apart []string // copies of what it is not
		numbers := x.keyed(k)
		page := i != keyText && x.page(i, k, numbers)
		for _, number := range numbers {
			o := x.roll.at(number)
			if o.exact[i] == k && o.source == e.source && !tells(i, e, o, page) && (recurs(e, o) || kinds[o.kind] != news.KindSame || o.represents()) { // else no headline is kept
				apart = append(apart, o.copies)
			}
		}
		for _, number := range numbers {
			o := x.roll.at(number)
			switch {
			case o.exact[i] != k || !tells(i, e, o, page) || slices.Contains(apart, o.copies) || !x.overrides.allow(slug, o.in().id):
			case anotherDay(e, o):
				far = earlier(far, o)
			default:
				found = earlier(found, o)
			}
		}
		if far != nil && (found == nil || far.copies == found.copies) {
			found = earlier(found, far)
		}
		if found != nil {
			return found, i
		}
	}
	return nil, 0
}

// earlier returns that of two entries that came first; the one may be nil.
func earlier(a, b *entry) *entry {
	if a != nil && a.number < b.number {
		return a
	}
	return b
}

// tells reports whether a key that two items have makes them one. page is whether it
// is a link, or a guid, of several of one source.
func tells(key int, a, b *entry, page bool) bool {
	if key == keyText {
		return !recurs(a, b)
	}
	return !page && a.source != b.source || oneOfPage(a, b) && !another(a, b)
}

// page reports whether a link is that of several items of one source: all changes of a
// program are on one page, all comments on an article on its, and all episodes lead to
// their show; and careless feeds give one guid to all their entries. Only the headline
// tells which of them another source has. numbers are those of the entries that have
// the key, or one like it.
func (x *Index) page(key int, k uint64, numbers []uint32) bool {
	stories := map[uint64]*cluster{} // by the source of their items
	for _, number := range numbers {
		o := x.roll.at(number)
		if o.exact[key] != k {
			continue
		}
		if c := stories[o.source]; c != nil && c != o.in() {
			return true
		}
		stories[o.source] = o.in()
	}
	return false
}
