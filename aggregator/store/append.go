package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Append stores what a poll brought; see aggregator.Log.
func (db *DB) Append(ctx context.Context, claim news.Claim, items []news.Item, settle func(news.Appended) news.State, now time.Time, gap time.Duration) (news.Appended, error) {
	n, err := db.append(ctx, claim, items, settle, now, gap)
	if err != nil {
		return news.Appended{}, fmt.Errorf("store: append %s: %w", claim.State.Source, err)
	}
	return n, nil
}

func (db *DB) append(ctx context.Context, claim news.Claim, items []news.Item, settle func(news.Appended) news.State, now time.Time, gap time.Duration) (n news.Appended, err error) {
	p := &poll{source: claim.ID, name: claim.State.Source, token: claim.Token, now: now, free: now.Add(gap), empty: len(items) == 0}
	if p.source == 0 {
		if p.source, err = db.sources.id(ctx, db.read, "source", p.name); err != nil {
			return n, err
		}
	}
	if p.source == 0 {
		return n, errors.New("the source is not known")
	}
	if len(items) > 0 {
		if n, err = db.sort(ctx, p, items); err != nil {
			return n, err
		}
	}
	p.settle = func() news.State { return settle(n) }
	return n, db.engine.end(ctx, p)
}

// end stores a poll and ends its claim, which is lost if somebody else has claimed
// the source meanwhile, or has ended it. It is made durable if there is anything
// of it that another download would not bring.
func (e *sqliteEngine) end(ctx context.Context, p *poll) error {
	var due time.Time
	job := &write{durable: len(p.fresh) > 0, patient: p.empty}
	job.fn = func(ctx context.Context, tx session) error {
		state, at, err := p.settled(e)
		if err != nil {
			return err
		}
		due = at
		if err := storeItems(ctx, tx, e, p); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE state SET due = ?1, ready = ?2, token = token + 1, state = ?3
			WHERE source = ?4 AND token = ?5`, micros(due), micros(p.free), state, p.source, p.token)
		if err == nil && n == 0 {
			err = news.ErrLostClaim
		}
		return err
	}
	err := e.writer.wait(ctx, job)
	if err == nil {
		e.agenda.ended(p.source, p.token, micros(due), micros(p.free))
	}
	return err
}

// A poll is what there is to write of one.
type poll struct {
	source int64
	host   int64 // what PostgreSQL knows its host by
	name   string
	token  int64 // of its claim
	settle func() news.State
	now    time.Time
	free   time.Time // when its host may be asked again
	empty  bool      // it brought nothing, and whoever ends it waits for nothing

	fresh   []fate // new items and changed ones
	docs    [][]byte
	renamed []fate   // known and the same, under an identity that was not known
	seen    [][]byte // tombstones to date anew
}

// settled returns the state that the poll leaves, sealed, and when its source
// is due.
func (p *poll) settled(e engine) (state []byte, due time.Time, err error) {
	s := p.settle()
	s.Source = p.name
	if due = s.NextDue; due.IsZero() {
		due = p.now
	}
	s = byClock(s, e.clock)
	state, err = sealState(&s)
	return state, due, err
}

// byClock returns a state with its instants by another clock. The date that a
// feed states of itself is left as it is.
func byClock(s news.State, clock func(time.Time) time.Time) news.State {
	for _, t := range []*time.Time{&s.NextDue, &s.LastPoll, &s.LastSuccess, &s.LastNew, &s.LastBody, &s.RetryAt, &s.FreshUntil, &s.SeenAll, &s.Moved.Since} {
		*t = clock(*t)
	}
	s.Events = slices.Clone(s.Events)
	for i := range s.Events {
		s.Events[i].At = clock(s.Events[i].At)
	}
	return s
}

// sort finds out what is to be written of the items of a poll, and packs it.
func (db *DB) sort(ctx context.Context, p *poll, items []news.Item) (n news.Appended, err error) {
	fates, seen, err := db.match(ctx, p.source, p.name, items, p.now)
	if err != nil {
		return n, err
	}
	if err := db.revise(ctx, fates); err != nil {
		return n, err
	}
	p.seen = seen
	for _, f := range fates {
		switch {
		case f.skip:
			continue
		case f.known == 0:
			n.New++
		case !f.same:
			n.Changed++
		default:
			n.Known++
			if f.rename {
				p.renamed = append(p.renamed, f)
			}
			continue
		}
		it := *f.item
		it.Source = p.name
		doc, err := db.codec.packJSON(record{f.rev + 1, &it})
		if err != nil {
			return n, err
		}
		p.fresh = append(p.fresh, f)
		p.docs = append(p.docs, doc)
	}
	return n, nil
}

// PollRows are the rows that a poll adds, each in the order of its table's columns.
type pollRows struct {
	idents, aliases, records, items [][]any
}

// storeItems writes the items of polls.
func storeItems(ctx context.Context, tx session, e engine, polls ...*poll) error {
	var r pollRows
	fresh := 0
	for _, p := range polls {
		fresh += len(p.fresh)
		for _, ident := range p.seen {
			if _, err := tx.exec(ctx, "UPDATE ident SET hash = ?1 WHERE source = ?2 AND ident = ?3 AND item = 0",
				p.now.Unix(), p.source, ident); err != nil {
				return err
			}
		}
		for _, f := range p.renamed {
			r.idents = append(r.idents, []any{p.source, f.ident, f.known, f.hash, f.own})
		}
	}
	if fresh > 0 {
		seq, err := e.numbers(ctx, tx, fresh)
		if err != nil {
			return err
		}
		for _, p := range polls {
			for i, f := range p.fresh {
				if err := r.add(ctx, tx, p, f, p.docs[i], seq); err != nil {
					return err
				}
				seq++
			}
		}
	}
	return r.store(ctx, tx)
}

// add makes the rows of a new or changed item.
func (r *pollRows) add(ctx context.Context, tx session, p *poll, f fate, doc []byte, seq int64) error {
	if f.known == 0 {
		f.known, f.own = seq, 1
		r.items = append(r.items, []any{seq, p.source, []byte(f.item.ID), seq, f.hash, f.item.Published.Unix()})
	} else {
		updated, err := tx.exec(ctx, "UPDATE item SET seq = ?1, hash = ?2, published = ?3 WHERE id = ?4",
			seq, f.hash, f.item.Published.Unix(), f.known)
		if err != nil || updated == 0 {
			return err // none: it was purged this moment
		}
	}
	r.records = append(r.records, []any{seq, f.prev, p.now.Unix(), doc})
	r.idents = append(r.idents, []any{p.source, f.ident, f.known, f.hash, f.own})
	for _, alias := range f.item.Aliases {
		r.aliases = append(r.aliases, []any{p.source, identOf(p.name, alias), f.known, int64(0), int64(0)})
	}
	return nil
}

func (r *pollRows) store(ctx context.Context, tx session) error {
	return insertAll(ctx, tx,
		rowsFor{"INSERT INTO log (seq, prev, at, doc) VALUES ROWS", r.records},
		rowsFor{"INSERT INTO item (id, source, ident, seq, hash, published) VALUES ROWS", r.items},
		// An identity may have been the alias of another item till now.
		rowsFor{`INSERT INTO ident (source, ident, item, hash, own) VALUES ROWS
			ON CONFLICT (source, ident) DO UPDATE SET item = excluded.item, hash = excluded.hash, own = excluded.own`, r.idents},
		rowsFor{"INSERT INTO ident (source, ident, item, hash, own) VALUES ROWS ON CONFLICT DO NOTHING", r.aliases})
}
