// Package trust is the programme of tests behind the promises of the README:
// a program that is killed, starved, cut off and lied to, held against a model.
//
// The [Model] is an origin whose sources have lists of entries that are known in
// advance. It knows what it handed out and what its poller has said that it has,
// so that after any fault the store and what is published can be compared with
// it: nothing lost, nothing doubled, nothing torn, no id another. Each part of
// the programme is a test with few repetitions, and with -times as many as one
// likes; [Record] writes what came of it to docs/trust.md.
package trust

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// The kinds of sources of a Model, by the first word of their names.
const (
	Plain = "plain" // entries that no other source has
	Wire  = "wire"  // each entry is in all sources of the kind, word for word
	Desk  = "desk"  // entries that are revised after a while
)

// first is when entry 0 of every source was published; they follow by a minute,
// where not told otherwise.
var first = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A Model is the web server of a number of sources. The list of a source grows
// when its poller's validators say that it has all that was there; then it
// offers the entries that are new and no others, so that one which the poller
// has acknowledged and lost can never come back.
type Model struct {
	seed   uint64
	faulty func(source string, poll int) Fault
	calm   int
	stride time.Duration // between the dates of two entries of a source

	mu     sync.Mutex
	lists  map[string]*list
	frozen bool
	whole  bool
	polls  int
}

// A list is the entries of one source.
type list struct {
	polls  int
	shown  int // entries 0 to shown-1 have been in a document
	window int // the first entry of the document that is offered now
	served int // entries 0 to served-1 were in a document that was sent to its end
	edits  int // desks: of entries 0 to edits-1 every third is revised

	// With the poller, as its validators say: entries 0 to held-1, and the
	// revisions of those of 0 to heldEdits-1.
	held, heldEdits int

	since int // polls since the model was frozen
}

// NewModel returns a model of so many sources of each kind. A seed always makes
// the same lists. faulty says how a poll of a source is answered, counted from
// 1; nil: as it should be.
func NewModel(seed uint64, plain, wire, desk int, faulty func(source string, poll int) Fault) *Model {
	m := &Model{seed: seed, faulty: faulty, stride: time.Minute, lists: map[string]*list{}}
	for kind, n := range map[string]int{Plain: plain, Wire: wire, Desk: desk} {
		for i := range n {
			m.lists[fmt.Sprintf("%s-%d", kind, i)] = &list{}
		}
	}
	return m
}

// Names returns the names of the sources, in order.
func (m *Model) Names() []string {
	var names []string
	for name := range m.lists {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Kind returns the kind of a source.
func Kind(source string) string {
	kind, _, _ := strings.Cut(source, "-")
	return kind
}

// Freeze ends the growth of all lists. Polls counts from here on.
func (m *Model) Freeze() {
	m.Count()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frozen = true
}

// Count lets Polls count from here on.
func (m *Model) Count() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.lists {
		l.since = 0
	}
}

// Whole offers everything that was ever shown, frozen, to another poller that
// has seen nothing of it.
func (m *Model) Whole() *Model {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := &Model{seed: m.seed, stride: m.stride, lists: map[string]*list{}, frozen: true, whole: true}
	for name, l := range m.lists {
		w.lists[name] = &list{shown: l.shown, edits: l.edits}
	}
	return w
}

// Polls returns how many requests there were in all, and of the source that had
// the fewest since Count.
func (m *Model) Polls() (all, fewest int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fewest = m.polls
	for _, l := range m.lists {
		fewest = min(fewest, l.since)
	}
	return m.polls, fewest
}

// Calm lets a list grow at one of so many polls only, by entries whose dates are
// so far apart. It is to be called before the first poll.
func (m *Model) Calm(polls int, stride time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calm, m.stride = polls, stride
}

// ServeHTTP answers a poll. The path is the name of the source.
func (m *Model) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(r.URL.Path, "/")
	m.mu.Lock()
	l := m.lists[name]
	if l == nil {
		m.mu.Unlock()
		http.NotFound(w, r)
		return
	}
	m.polls++
	l.polls++
	l.since++
	fault := Fault("")
	if m.faulty != nil {
		fault = m.faulty(name, l.polls)
	}
	if fault == "" || fault == Truncated {
		m.grow(name, l, r.Header.Get("If-None-Match"))
	}
	tag, body, shown := l.tag(), m.document(name, l), l.shown
	m.mu.Unlock()
	if fault != "" && fault.answer(w, r, body) {
		return
	}
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	if _, err := w.Write(body); err != nil || fault != "" {
		return
	}
	m.mu.Lock()
	l.served = max(l.served, shown)
	m.mu.Unlock()
}

// tag is the ETag of the document that is offered.
func (l *list) tag() string { return fmt.Sprintf(`"%d-%d"`, l.shown, l.edits) }

// grow adds entries to a list whose poller has all of it, three at most.
func (m *Model) grow(name string, l *list, has string) {
	if has == l.tag() && has != "" {
		l.held, l.heldEdits = l.shown, l.edits
	} else if l.shown > 0 {
		return
	}
	if m.frozen {
		return
	}
	rng := m.rng(name, l.polls)
	if m.calm > 0 && rng.IntN(m.calm) > 0 {
		return
	}
	l.window = l.shown
	if Kind(name) == Desk {
		l.window, l.edits = l.edits, l.shown
	}
	l.shown += rng.IntN(4)
}

func (m *Model) rng(name string, n int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, name)
	return rand.New(rand.NewPCG(m.seed^h.Sum64(), uint64(n)))
}

// document is a source's document as it is offered now. An empty window shows
// the entry before it, as a feed is never without one.
func (m *Model) document(name string, l *list) []byte {
	var b strings.Builder
	from := min(l.window, max(l.shown-1, 0))
	if m.whole {
		from = 0
	}
	fmt.Fprintf(&b, "<rss version='2.0'><channel><title>%s</title><link>http://%s.example/</link>\n", name, name)
	for n := l.shown - 1; n >= from; n-- {
		e := m.entry(name, n, l.edits)
		fmt.Fprintf(&b, "<item><guid isPermaLink='false'>%s</guid><title>%s</title><link>%s</link><pubDate>%s</pubDate><description><![CDATA[%s]]></description></item>\n",
			e.guid, e.title, e.link, e.at.Format(time.RFC1123Z), e.html)
	}
	b.WriteString("</channel></rss>\n")
	return []byte(b.String())
}

// An entry is what a source says of one piece of news.
type entry struct {
	guid, title, link, html string
	at                      time.Time
}

// revisionOf returns the revision of entry n of a list with so many edits.
func revisionOf(n, edits int) int {
	if n < edits && n%3 == 0 {
		return 2
	}
	return 1
}

// entry returns entry n of a source with so many edits.
func (m *Model) entry(name string, n, edits int) entry {
	e := entry{guid: fmt.Sprintf("%s/%d", name, n), at: first.Add(time.Duration(n) * m.stride)}
	e.link = fmt.Sprintf("http://%s.example/%d", name, n)
	teller := name
	if Kind(name) == Wire {
		teller = Wire
	}
	rng := m.rng(teller, -1-n)
	e.title = capital(words(rng, 6))
	revision := revisionOf(n, edits)
	if revision > 1 {
		rng = m.rng(teller+" again", n)
	}
	e.html = fmt.Sprintf("<p>%s</p><p>%s</p><p>This was entry %d, revision %d.</p>", words(rng, 40), words(rng, 40), n, revision)
	return e
}

func words(rng *rand.Rand, n int) string {
	const vowels, consonants = "aeiou", "bdfgklmnprstvz"
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		for range 2 + rng.IntN(3) {
			b.WriteByte(consonants[rng.IntN(len(consonants))])
			b.WriteByte(vowels[rng.IntN(len(vowels))])
		}
	}
	return b.String()
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
