package story

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"unique"

	"github.com/zeebo/xxh3"

	"github.com/wireroom/wireroom/aggregator/news"
)

// kinds numbers the kinds of membership for sketches. The order is fixed.
var kinds = [...]news.Kind{news.KindNew, news.KindSame, news.KindCopy, news.KindReport}

func kindNumber(k news.Kind) byte {
	for i := range kinds {
		if kinds[i] == k {
			return byte(i)
		}
	}
	return 0
}

// exactRules names what the exact keys stand for.
var exactRules = [3]string{"canonical link", "guid", "title and text"}

// Words are what an item says, read without an index. Their lists are used again
// for another item once this one is decided upon.
type Words struct {
	entry       *entry // what is known of it so far
	seen        int64  // when it was fetched, in seconds since 1970; 0: not known, or long before its record
	title, text string // without marks of outlets and agencies
	agency      string // by its mark
	head, body  []token
	sample      sample // of the body
	plain       []byte // scratch, of exactKeys
}

var spareWords = sync.Pool{New: func() any { return new(Words) }}

// A reading is an item's words, held against an index. Its lists are used again
// for the next item.
type reading struct {
	*Words
	kept        []shingle // of the sample, without boilerplate
	crowded     []uint32  // of those kept, what enough items have already
	boilerplate []bool    // tokens of the body; nil: none
	tallies     []tally

	skipped     []bool   // scratch, of boilerplate
	occurrences []tally  // scratch, of tally
	order       []uint64 // scratch, of tally
}

// maxWords is how many words of a text are read.
const maxWords = 20000

const maxTitleWords = 64

// Read reads the words of a record's item, for Take. outlet is the item's source.
// It takes nothing of the index but room for the stems of words, and so one goroutine
// may read while another takes what was read before: that is a sixth of the work.
func (x *Index) Read(rec news.Record, outlet news.Outlet) *Words {
	it := &rec.Item
	w := spareWords.Get().(*Words)
	w.text, w.agency = unmarked(uncaptioned(it.Text))
	w.title = bareTitle(it.Title, outlet.Title, it.Source, registrable(it.Canonical))
	language := news.LanguageBase(cmp.Or(it.Language, outlet.Language))
	x.lexer.room(int(x.items.Load()))
	w.head = x.lexer.cut(w.head[:0], w.title, language, maxTitleWords)
	w.body = x.lexer.cut(w.body[:0], w.text, language, maxWords)
	w.sample = sampleOf(w.sample.shingles, w.body)
	e := &entry{outlet: unique.Make(it.Source), id: it.ID, source: sourceSum(it.Source), exact: w.exactKeys(it), family: unique.Make(family(it, &outlet))}
	e.seq, e.published, e.rate = rec.Seq, it.Published.Unix(), w.sample.rate
	e.order, e.pairs = numberOrder(w.head), pairsOf(w.head)
	if it.Title == it.URL && it.Text == "" && it.URL != "" { // a picture, say: the address is no headline
		e.order = uint32(xxh3.HashString(it.ID)) | 1
	}
	w.entry, w.seen = e, 0
	if rec.Revision == 1 && !it.Fetched.IsZero() {
		w.seen = it.Fetched.Unix()
	}
	return w
}

// Add decides which story a record's item belongs to, and takes it into the index.
// outlet is the item's source. See Take.
func (x *Index) Add(rec news.Record, outlet news.Outlet) news.Decision {
	return x.Take(x.Read(rec, outlet))
}

// Take decides which story an item belongs to whose words were read, and takes it
// into the index. Records must be taken in the order of the log, and their words
// once. A later revision of a known item keeps its story, its kind and the
// fingerprint by which it was first known: a correction stays where it is.
func (x *Index) Take(w *Words) news.Decision {
	x.settle()
	e, r := w.entry, &x.reading
	r.Words = w
	defer func() {
		r.Words, w.entry = nil, nil
		spareWords.Put(w)
	}()
	if known := x.find(e.key()); known != nil {
		return x.again(e.seq, known, r)
	}
	if e.seq > x.last && w.seen != 0 { // else it is decided upon again, long after it came
		x.doubt(w.seen)
	}
	x.last = max(x.last, e.seq)
	x.clock = max(x.clock, e.published)
	e.clock = x.clock
	x.evict()

	x.keep(r, e.source)
	d := news.Decision{Seq: e.seq, Key: e.key(), Family: e.family.Value(), Agency: r.agency}
	slug := d.Key.Slug()
	if x.past(e, slug) {
		x.enter(e, newCluster(slug), slug, &d)
		d.Kind = news.KindNew
		return d
	}
	r.tally(r.boilerplate)
	e.shingles = hashes(r.kept)
	e.terms = x.seen.vector(r.tallies)
	e.norm = uint32(dot(e.terms, e.terms))
	e.common = commonTerms(r.tallies)
	e.marks = marksOf(r.head, r.body, r.boilerplate)

	kindred := x.kindred(e)
	x.decide(e, r, slug, kindred, &d)
	e.kind, e.score = kindNumber(d.Kind), uint16(math.Round(d.Score*1000))
	e.of, e.agency, e.copies = optional(d.Of), unique.Make(d.Agency), d.Copies
	x.lighten(e, r, kindred)
	if e.clock-e.published <= x.window { // else no index takes it in
		d.Sketch = e.sketch()
	}
	x.insert(e)
	return d
}

// past reports whether an item is so old that it is neither taken in nor held against
// any that is, and has nothing in common with them, nor in a user's words: as are half
// of those that sources show when they are first asked. It is a story of its own, and
// no more of it is looked at.
func (x *Index) past(e *entry, slug string) bool {
	clock := e.clock
	if x.roll.count > 0 {
		clock = x.roll.at(x.roll.first).clock
	}
	oldest := clock - x.window // of the live publications: none was older when it came
	if float64(oldest-e.published) <= reach || len(x.hits.used) > 0 {
		return false
	}
	for _, k := range e.exact {
		if k != 0 && len(x.keyed(k)) > 0 {
			return false
		}
	}
	return !x.overrides.named[slug] && x.live(slug) == nil
}

// decide puts an item into a story: by a user's word, by exact identity, as a
// copy, as a report, or as the first of its own. slug is that of its key.
func (x *Index) decide(e *entry, r *reading, slug string, kindred []kin, d *news.Decision) {
	own := x.own(slug)
	switch other, key := x.same(e, slug); {
	case x.overrides.join[slug] != "":
		x.byHand(e, r, x.joined(slug), other, kindred, d)
		return
	case own != nil:
		x.byHand(e, r, own, other, kindred, d)
		return
	case other != nil:
		x.sameAs(e, r, other, exactRules[key], d)
		return
	}
	x.lens.set(e)
	barred := map[*entry]string{}
	for _, k := range kindred {
		if k.rule != "" && x.overrides.allow(slug, k.in().id) {
			x.copyOf(e, r, k.entry, k.rule, k.score, d)
			return
		}
		if x.form(k) {
			barred[k.entry] = k.why
		}
	}
	near := x.candidates(e)
	for _, o := range near {
		if barred[o.entry] != "" || o.like < alike {
			continue
		}
		if why := template(&x.lens, o.entry); why != "" {
			barred[o.entry] = why
		} else if x.scant(e, o.entry) {
			barred[o.entry] = "too few words in common"
		}
	}
	density := x.density(e)
	found := x.matches(e, near, barred, density)
	if other, score := x.sameHeadline(e, near, slug, barred); other != nil {
		x.copyOf(e, r, other, "headline", score, d)
		return
	}
	for i, m := range found {
		if m.why == "" && x.overrides.allow(slug, m.cluster.id) {
			x.enter(e, m.cluster, slug, d)
			d.Kind, d.Of, d.Score = news.KindReport, m.closest.key(), told(m.score)
			d.Evidence = r.evidence(e, m.closest)
			d.Evidence.Rule = "cluster"
			x.unite(e, m.cluster, slices.Concat(found[:i], found[i+1:]), density, d)
			d.Nearest = nearest(found, d, "the story that was taken is closer")
			return
		}
	}
	x.enter(e, newCluster(slug), slug, d)
	d.Kind = news.KindNew
	d.Nearest = nearest(found, d, "split by hand")
}

// own returns the story that earlier items were joined to by hand in the name of an
// item, or what it has become a part of since; nil if there is none.
func (x *Index) own(slug string) *cluster {
	if c := x.live(slug); c != nil || !x.overrides.named[slug] {
		return c
	}
	var first *entry
	for item, story := range x.overrides.join {
		if o := x.slugs[item]; o != nil && story == slug && (first == nil || o.number < first.number) {
			first = o
		}
	}
	if first == nil {
		return nil
	}
	return first.in()
}

// ByHand is the rule of the evidence where a user has put an item into its story.
const ByHand = "joined by hand"

// joined returns the story that a user put an item into.
func (x *Index) joined(slug string) *cluster {
	id := x.overrides.join[slug]
	if o := x.slugs[id]; o != nil {
		return o.in()
	}
	return x.story(id)
}

// byHand puts an item into a story by a user's word. The word is about what
// is told, not about whose text it is: a copy of a member stays a copy, which
// counts for nobody else and is shown once.
func (x *Index) byHand(e *entry, r *reading, c *cluster, same *entry, kindred []kin, d *news.Decision) {
	if same != nil && same.in() == c {
		x.sameAs(e, r, same, ByHand, d)
		return
	}
	for _, k := range kindred {
		if k.rule != "" && k.in() == c {
			x.copyOf(e, r, k.entry, ByHand, k.score, d)
			return
		}
	}
	x.enter(e, c, e.key().Slug(), d)
	d.Kind, d.Score, d.Evidence.Rule = news.KindReport, 1, ByHand
}

func (x *Index) sameAs(e *entry, r *reading, other *entry, rule string, d *news.Decision) {
	x.copyOf(e, r, other, rule, 1, d)
	d.Kind = news.KindSame
}

func (x *Index) copyOf(e *entry, r *reading, other *entry, rule string, score float64, d *news.Decision) {
	x.enter(e, other.in(), other.copies, d)
	d.Kind, d.Of, d.Score = news.KindCopy, other.key(), told(score)
	d.Evidence = r.evidence(e, other)
	d.Evidence.Rule = rule
	d.Agency = cmp.Or(d.Agency, origin(other))
}

// origin is who an item's text is from: a copy of it counts as theirs.
func origin(e *entry) string { return cmp.Or(e.agency.Value(), e.family.Value()) }

func (x *Index) enter(e *entry, c *cluster, copies string, d *news.Decision) {
	e.story, e.opened = c, c.opened(e)
	d.Story, d.Copies = c.id, copies
}

// told is a score as it is told: up to 1, in thousandths, which is what a sketch has of
// it too. In what lies beyond them kinds of processors differ: some round a product
// before it is added to something, some do not, and each has a logarithm of its own.
func told(score float64) float64 { return math.Round(math.Min(1, score)*1000) / 1000 }

// nearest returns the closest story that was not taken.
func nearest(found []match, d *news.Decision, otherwise string) *news.Near {
	for _, m := range found {
		if id := m.cluster.id; id != d.Story && !slices.Contains(d.Absorbs, id) {
			return &news.Near{Key: m.closest.key(), Story: id, Score: told(m.score), Why: cmp.Or(m.why, otherwise)}
		}
	}
	return nil
}

// unite joins to an item's story the others near the item whose members are
// like its own: an item often shows that what had begun as two is one. What was
// told apart for want of evidence is so looked at a second time. The older story
// keeps its id.
func (x *Index) unite(e *entry, c *cluster, others []match, density float64, d *news.Decision) {
	x.enter(e, c, d.Copies, d)
	for {
		best, most := -1, 0.0
		for i, m := range others {
			if m.best == 0 || len(c.members)+len(m.cluster.members) > maxDaily || !x.overrides.allow(e.key().Slug(), m.cluster.id) || x.apart(c, m.cluster) {
				continue
			}
			if over := x.oneness(e, c, m.cluster, density); over >= 0 && (best < 0 || over > most) {
				best, most = i, over
			}
		}
		if best < 0 {
			break
		}
		older, younger := c, others[best].cluster
		if younger.members[0].number < older.members[0].number {
			older, younger = younger, older
		}
		older.absorb(younger)
		d.Absorbs = append(d.Absorbs, younger.id)
		others = slices.Delete(others, best, best+1)
		c = older
	}
	d.Absorbs = slices.DeleteFunc(d.Absorbs, func(id string) bool { return id == c.id })
	x.enter(e, c, d.Copies, d)
}

// oneness is how much more alike two stories near an item are than two must be
// to be one; less than 0 if they are not. The first is the item's own, which it
// has not entered yet.
func (x *Index) oneness(e *entry, c, other *cluster, density float64) float64 {
	n, m := float64(c.size()+1), float64(other.size())
	mean := (float64(likeness(c, other)) + float64(other.dot(e.terms))) / (n * m * weightUnit * weightUnit)
	mean *= faded((c.published+e.published)/int64(n) - other.when())
	short := 1 - float64(c.words+int64(min(len(e.terms), shortItem))+other.words)/((n+m)*shortItem)
	over := mean - oneStory(short, n, m, density)
	if over >= 0 && formed(c, other) {
		return -1
	}
	return over
}

// apart reports whether a user keeps two stories, or an item of one, apart from
// the other.
func (x *Index) apart(a, b *cluster) bool {
	for _, c := range []*cluster{a, b} {
		if x.overrides.alone[c.id] {
			return true
		}
	}
	for item, stories := range x.overrides.split {
		if o := x.slugs[item]; o != nil && (o.in() == a && stories[b.id] || o.in() == b && stories[a.id]) {
			return true
		}
	}
	return false
}

// lighten drops from a fingerprint what enough others have already, and from a
// copy's what the copied item has: its terms, and its shingles where enough
// copies are kept. What is the same by its link or guid as an item with next to no
// text has one of its own: somebody posted the link before its outlet brought the report.
func (x *Index) lighten(e *entry, r *reading, kindred []kin) {
	for i, k := range e.exact {
		if k != 0 && x.enough(e, i) {
			e.exact[i] = 0
		}
	}
	if len(r.crowded) > 0 {
		e.shingles = slices.DeleteFunc(e.shingles, func(h uint32) bool { return slices.Contains(r.crowded, h) })
	}
	switch kinds[e.kind] {
	case news.KindSame:
		told := slices.ContainsFunc(kindred, func(k kin) bool { return k.copies == e.copies })
		if other := x.find(e.from()); len(e.shingles) >= leastShingles && !told && len(other.shingles) < copyShingles {
			return
		}
		e.shingles, e.marks, e.pairs, e.terms, e.common, e.norm = nil, nil, nil, nil, stemSet{}, 0
	case news.KindCopy:
		e.terms, e.norm = nil, 0
		copies := 0
		for _, k := range kindred {
			if k.copies == e.copies && k.inA >= fullCopy {
				copies++
			}
		}
		if copies >= enoughCopies {
			e.shingles = nil
		}
	}
}

// enough reports whether there are enough live items with an exact key of an item. What
// begins a day of its source is kept beside those of the days before, however many: by
// it those that follow are known.
func (x *Index) enough(e *entry, key int) bool {
	numbers := x.keyed(e.exact[key])
	return len(numbers) >= enoughSharing && (!e.begins() || slices.ContainsFunc(numbers, func(number uint32) bool {
		o := x.roll.at(number)
		return o.begins() && o.source == e.source && !anotherDay(e, o)
	}))
}

// begins reports whether an item is no copy of another.
func (e *entry) begins() bool {
	return kinds[e.kind] == news.KindNew || kinds[e.kind] == news.KindReport
}

// again decides upon a later revision of a known item.
func (x *Index) again(seq int64, e *entry, r *reading) news.Decision {
	d := news.Decision{
		Seq: seq, Key: e.key(), Story: e.in().id, Copies: e.copies, Kind: kinds[e.kind], Of: e.from(),
		Score: float64(e.score) / 1000, Family: e.family.Value(), Agency: e.agency.Value(), Sketch: e.sketch(),
	}
	if other := x.find(e.from()); other != nil {
		r.kept = append(r.kept[:0], r.sample.shingles...)
		r.tally(nil)
		d.Evidence = r.evidence(e, other)
	}
	d.Evidence.Note = "a later revision stays in its story"
	return d
}

// commonTerms cuts the hashes of all terms to those by which documents are
// counted.
func commonTerms(list []tally) stemSet {
	var room [leadWords + maxTitleWords]uint32
	out := room[:0]
	for _, t := range list {
		out = append(out, t.hash&(1<<dfBits-1))
	}
	return newStemSet(sortedSet(out))
}
