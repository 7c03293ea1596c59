package store

import (
	"cmp"
	"container/heap"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Of the processes that have a SQLite store open one polls, the one that has the
// filer's lock. It knows by heart what is due: an index of dates in the file would be
// moved twice with every poll, when it is claimed and when it ends. A poll that ends
// writes the one row of its source. A claim writes one row for all that are claimed,
// from which the next process knows whom this one was asking when it was killed.

// An agenda is what the process that polls knows of its sources. Its zero value
// knows nothing.
type agenda struct {
	claiming sync.Mutex  // by one at a time
	refused  atomic.Bool // another process polls, when this one last asked

	mu      sync.Mutex
	known   bool
	version int64 // of the file when it was last read
	sources []dated
	byID    map[int64]*dated
	out     map[*dated]bool // those whose token was handed out
	queue   queue
}

// A dated source has a date.
type dated struct {
	id         int64
	name       string
	host       *door
	configured bool
	due        int64
	token      int64
}

// A door is a host: one request at a time goes through it.
type door struct {
	name    string
	sources []*dated // those that are configured
	ready   int64    // end of the gap after the last request
	holder  *dated   // the source that it is claimed for; nil: it is free
	until   int64    // end of that claim
	next    int64    // when its earliest source may be polled
	place   int      // in the queue; -1: it has no source
}

// earliest returns the source that has waited longest.
func (d *door) earliest() *dated {
	return slices.MinFunc(d.sources, func(a, b *dated) int {
		return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.name, b.name))
	})
}

// A queue is a heap of doors, the one that is next in front.
type queue []*door

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[i].next, q[j].next), cmp.Compare(q[i].name, q[j].name)) < 0
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push and Pop are for package heap.
func (q *queue) Push(x any) {
	d := x.(*door)
	d.place = len(*q)
	*q = append(*q, d)
}

func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	last.place = -1
	return last
}

// put puts a door where it belongs in the queue by now.
func (a *agenda) put(d *door) {
	if len(d.sources) == 0 {
		return
	}
	d.next = max(d.earliest().due, d.ready)
	if d.holder != nil {
		d.next = max(d.next, d.until)
	}
	if d.place < 0 {
		heap.Push(&a.queue, d)
	} else {
		heap.Fix(&a.queue, d.place)
	}
}

// A taking is a claim that may be given back.
type taking struct {
	source *dated
	token  int64 // as it was, and whether it was out already, and what its host was
	out    bool
	holder *dated
	until  int64
}

// take claims the sources that are due, one of each host.
func (a *agenda) take(now, until int64, limit int) []taking {
	a.mu.Lock()
	defer a.mu.Unlock()
	var taken []taking
	for len(taken) < limit && len(a.queue) > 0 && a.queue[0].next <= now {
		d := heap.Pop(&a.queue).(*door)
		s := d.earliest()
		taken = append(taken, taking{s, s.token, a.out[s], d.holder, d.until})
		if a.out[s] { // to somebody who has not been heard of
			s.token++
		}
		a.out[s], d.holder, d.until = true, s, until
	}
	for _, t := range taken {
		a.put(t.source.host)
	}
	return taken
}

// giveBack undoes what take did.
func (a *agenda) giveBack(taken []taking) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range taken {
		if a.byID[t.source.id] != t.source {
			continue // all was read again since
		}
		if t.source.token = t.token; !t.out {
			delete(a.out, t.source)
		}
		t.source.host.holder, t.source.host.until = t.holder, t.until
		a.put(t.source.host)
	}
}

// ended ends a claim that is stored: its source is due then, and its host may be
// asked again when it is ready.
func (a *agenda) ended(source, token, due, ready int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.byID[source]
	if s == nil || s.token != token {
		return // what was read since knows of it
	}
	delete(a.out, s)
	s.token, s.due = token+1, due
	s.host.ready = max(s.host.ready, ready)
	if s.host.holder == s {
		s.host.holder = nil
	}
	a.put(s.host)
}

// holds reports whether a source is being polled.
func (a *agenda) holds(source int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.byID[source]
	return s != nil && s.host.holder == s
}

// A date is when a source is due, as long as it has the token: until it is polled.
type date struct{ source, due, token int64 }

// set sets dates that are stored.
func (a *agenda) set(dates []date) {
	a.mu.Lock()
	defer a.mu.Unlock()
	moved := map[*door]bool{} // each is looked through once, though it have thousands
	for _, d := range dates {
		if s := a.byID[d.source]; s != nil && s.token == d.token && s.host.holder != s {
			s.due = d.due
			moved[s.host] = true
		}
	}
	for d := range moved {
		a.put(d)
	}
}

// forget lets all be read again. A claim that lasts for longer than anybody claims
// is of a clock that has been set back since.
func (a *agenda) forget(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known = false
	for i := range a.sources {
		if d := a.sources[i].host; d.until > micros(now.Add(longestClaim)) {
			d.holder, d.until = nil, 0
		}
	}
}

// count returns how many sources are due.
func (a *agenda) count(now int64) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.sources {
		if s := &a.sources[i]; s.configured && s.due <= now {
			n++
		}
	}
	return n
}

// next returns when the first source may be polled; zero: there is none.
func (a *agenda) next() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queue) == 0 {
		return time.Time{}
	}
	return instant(a.queue[0].next)
}

// read reads an agenda from the tables, unless they are as they were. Claims that
// are not ended are kept.
func (a *agenda) read(ctx context.Context, tx session, now time.Time) error {
	var version int64
	if _, err := tx.one(ctx, "PRAGMA data_version", nil, &version); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known && a.version == version {
		return nil
	}
	held, err := a.held(ctx, tx, now)
	if err != nil {
		return err
	}
	var sources []dated
	doors := map[string]*door{}
	err = tx.each(ctx, `SELECT id, name, host, configured, due, ready, token FROM source JOIN state ON state.source = source.id`, nil,
		func(rows *sql.Rows) error {
			var s dated
			var host string
			var ready int64
			if err := rows.Scan(&s.id, &s.name, &host, &s.configured, &s.due, &ready, &s.token); err != nil {
				return err
			}
			if s.host = doors[host]; s.host == nil {
				s.host = &door{name: host, place: -1}
				doors[host] = s.host
			}
			s.host.ready = max(s.host.ready, ready)
			sources = append(sources, s)
			return nil
		})
	if err != nil {
		return err
	}
	a.sources, a.byID, a.out, a.queue = sources, make(map[int64]*dated, len(sources)), map[*dated]bool{}, nil
	for i := range sources {
		s := &sources[i]
		if a.byID[s.id] = s; s.configured {
			s.host.sources = append(s.host.sources, s)
		}
	}
	for _, h := range held {
		s := a.byID[h.source]
		if s == nil || s.token != h.token {
			continue // it has ended
		}
		a.out[s] = true
		d := s.host
		if at := doors[h.host]; at != nil {
			d = at // which it was asked at, though it has another by now
		}
		if h.until > d.until {
			d.holder, d.until = s, h.until
		}
	}
	for _, d := range doors {
		a.put(d)
	}
	a.known, a.version = true, version
	return nil
}

// A holding is a claim that may not have ended.
type holding struct {
	source, token, until int64
	host                 string // "": that of the source
}

// held returns the claims that this process has made, or, if it has made none, those
// that were under way when the one before it ended.
func (a *agenda) held(ctx context.Context, tx session, now time.Time) ([]holding, error) {
	var held []holding
	if a.byID != nil {
		for s := range a.out {
			h := holding{source: s.id, token: s.token, host: s.host.name}
			if s.host.holder == s {
				h.until = s.host.until
			}
			held = append(held, h)
		}
		return held, nil
	}
	var sealed []byte
	if found, err := tx.one(ctx, "SELECT sources FROM claimed WHERE id = 1", nil, &sealed); err != nil || !found {
		return nil, err
	}
	text, err := unseal(sealed)
	if err != nil {
		return nil, err
	}
	for len(text) >= 24 {
		field := func(i int) int64 { return int64(binary.BigEndian.Uint64(text[8*i:])) }
		h := holding{source: field(0), token: field(1), until: field(2)}
		if text = text[24:]; h.until > micros(now.Add(longestClaim)) {
			h.until = 0 // by a clock that has been set back since
		}
		held = append(held, h)
	}
	return held, nil
}

// note writes down what is claimed.
func (a *agenda) note(ctx context.Context, tx session, now int64) error {
	a.mu.Lock()
	var text []byte
	for s := range a.out {
		if s.host.holder == s && s.host.until > now {
			for _, n := range []int64{s.id, s.token, s.host.until} {
				text = binary.BigEndian.AppendUint64(text, uint64(n))
			}
		}
	}
	a.mu.Unlock()
	_, err := tx.exec(ctx, "INSERT INTO claimed (id, sources) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET sources = excluded.sources", seal(text))
	return err
}

func (e *sqliteEngine) claim(ctx context.Context, now time.Time, limit int, lease time.Duration) (claims []news.Claim, err error) {
	e.agenda.claiming.Lock()
	defer e.agenda.claiming.Unlock()
	polls, err := e.lead(ctx, "", 0)
	if e.agenda.refused.Store(!polls); err != nil || !polls {
		return nil, err
	}
	var taken []taking
	err = e.reading(ctx, now, func(ctx context.Context, tx session) (err error) {
		e.agenda.giveBack(taken) // of an attempt that failed
		taken = nil
		if err := e.agenda.read(ctx, tx, now); err != nil {
			return err
		}
		if taken = e.agenda.take(micros(now), micros(now.Add(lease)), limit); len(taken) == 0 {
			return nil
		}
		if err := e.agenda.note(ctx, tx, micros(now)); err != nil {
			return err
		}
		claims, err = claimed(ctx, tx, taken)
		return err
	})
	if err != nil {
		e.agenda.giveBack(taken)
		return nil, err
	}
	return claims, nil
}

// reading runs fn, which reads the agenda, in a transaction. What was read in one
// that was undone, for whatever else was in it, is forgotten.
func (e *sqliteEngine) reading(ctx context.Context, now time.Time, fn func(context.Context, session) error) error {
	again := false
	err := e.jot(ctx, func(ctx context.Context, tx session) error {
		if again {
			e.agenda.forget(now)
		}
		again = true
		return fn(ctx, tx)
	})
	if err != nil {
		e.agenda.forget(now)
	}
	return err
}

// claimed stores the tokens that were raised and returns the claims upon sources.
func claimed(ctx context.Context, tx session, taken []taking) ([]news.Claim, error) {
	claims, ids, place := make([]news.Claim, len(taken)), make([]int64, len(taken)), make(map[int64]int, len(taken))
	for i, t := range taken {
		s := t.source
		claims[i] = news.Claim{ID: s.id, Token: s.token, State: news.State{Source: s.name}}
		ids[i], place[s.id] = s.id, i
		if s.token != t.token {
			if _, err := tx.exec(ctx, "UPDATE state SET token = ?1 WHERE source = ?2", s.token, s.id); err != nil {
				return nil, err
			}
		}
	}
	err := eachIn(ctx, tx, "SELECT source, state FROM state WHERE source IN LIST", nil, ids, func(rows *sql.Rows) error {
		var id int64
		var text sql.RawBytes
		if err := rows.Scan(&id, &text); err != nil || len(text) == 0 {
			return err
		}
		c := &claims[place[id]]
		if err := unsealState(text, &c.State); err != nil {
			return fmt.Errorf("the state of %s: %w", c.State.Source, err)
		}
		return nil
	})
	return claims, err
}

// standBy is after how long a process that another one polls beside asks again.
const standBy = time.Second

func (e *sqliteEngine) due(ctx context.Context, now time.Time) (int, error) {
	a, err := e.known(ctx, now)
	return a.count(micros(now)), err
}

func (e *sqliteEngine) next(ctx context.Context, now time.Time) (time.Time, error) {
	a, err := e.known(ctx, now)
	next := a.next()
	if again := now.Add(standBy); a != &e.agenda && e.agenda.refused.Load() && !next.IsZero() && next.Before(again) {
		next = again
	}
	return next, err
}

// known returns what this process knows by heart, if it polls, and otherwise what
// the tables say at this moment.
func (e *sqliteEngine) known(ctx context.Context, now time.Time) (a *agenda, err error) {
	e.mu.Lock()
	polls := e.lock != nil
	e.mu.Unlock()
	if !polls {
		a = new(agenda)
		return a, a.read(ctx, e.read, now)
	}
	a = &e.agenda
	a.mu.Lock()
	known := a.known
	a.mu.Unlock()
	if !known {
		err = e.reading(ctx, now, func(ctx context.Context, tx session) error { return a.read(ctx, tx, now) })
	}
	return a, err
}
