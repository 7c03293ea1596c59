package aggregator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/story"
)

const (
	// fileBatch is how many records are filed in one transaction: enough to
	// spare the disk, few enough to be published soon.
	fileBatch = 500

	// fileAhead is how many stretches may be in their stories and wait to be stored.
	// Now and then a store puts its house in order, as PostgreSQL does its index of
	// words, and takes eight times as long for one: nobody waits for that.
	fileAhead = 4

	// wordsAtOnce is of how many records the words are read before they are handed
	// on. At most three times as many are in memory.
	wordsAtOnce = 16

	// leadFor is how long a filer leads its store before it must renew. It does
	// so five times as often, and looks then for what other processes appended.
	leadFor = 10 * time.Second

	// noteRules is the note that keeps what the topics were last filed under, those
	// that there were: one that is gone misses what comes.
	noteRules = "rules"
)

// File files the log, whenever something was appended, until ctx is done. Of
// all the processes that share a store one files at a time.
func (a *Aggregator) File(ctx context.Context) {
	for ctx.Err() == nil {
		wait := a.renewEvery()
		if a.aside.Load() {
			a.resign(ctx)
			a.comesAlong()
			sleep(ctx, wait, nil)
			continue
		}
		leads, err := a.log.Lead(ctx, a.opts.Owner, a.leadFor())
		switch {
		case err != nil:
			wait = min(a.filing.met(ctx, a.logger, "the store does not say who files", err), storePause)
		case leads:
			a.lead(ctx)
			wait = 0
		default:
			a.filing.over(a.logger, "the store says who files again")
			a.comesAlong()
		}
		sleep(ctx, wait, nil)
	}
	a.resign(ctx)
}

// resign lets another process file at once.
func (a *Aggregator) resign(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	if err := a.log.Resign(ctx); err != nil {
		a.logger.Warn("another process files only when the lease of this one has ended", "error", err)
	}
}

// leadFor is how long this process files before it must renew.
func (a *Aggregator) leadFor() time.Duration { return cmp.Or(a.opts.Lead, leadFor) }

// FileOnce files all that stands in the log.
func (a *Aggregator) FileOnce(ctx context.Context) error {
	index, _, err := a.prepare(ctx)
	if err != nil {
		return err
	}
	if err := a.refile(ctx, a.plan.Load()); err != nil {
		return err
	}
	return a.drain(ctx, index)
}

// lead files until leadership is lost, users overrule, the store fails or ctx
// is done.
func (a *Aggregator) lead(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		defer stop()
		a.renew(ctx)
	})
	defer renewing.Wait()
	defer stop()
	index, ruling, err := a.prepare(ctx)
	if err != nil {
		sleep(ctx, a.filing.met(ctx, a.logger, "the index of stories could not be read", err), nil)
		return
	}
	var filedUnder *Plan
	for ctx.Err() == nil && !a.aside.Load() {
		if plan := a.plan.Load(); plan != filedUnder {
			if err := a.refile(ctx, plan); err != nil {
				sleep(ctx, a.filing.met(ctx, a.logger, "the topics could not be filed anew", err), nil)
				continue
			}
			filedUnder = plan
		}
		if now, err := a.log.Noted(ctx, noteOverrides); err != nil || now != ruling {
			return
		}
		if err := a.drain(ctx, index); err != nil {
			// The index may have seen records that were not stored as filed.
			sleep(ctx, a.filing.met(ctx, a.logger, "filing stopped; trying again", err), nil)
			return
		}
		a.filing.over(a.logger, "filing goes on")
		a.comesAlong()
		sleep(ctx, a.renewEvery(), a.appended)
	}
}

// renew keeps this process the filer, whatever it is at, until it is not or ctx
// is done.
func (a *Aggregator) renew(ctx context.Context) {
	for sleep(ctx, a.renewEvery(), nil); ctx.Err() == nil; sleep(ctx, a.renewEvery(), nil) {
		if leads, err := a.log.Lead(ctx, a.opts.Owner, a.leadFor()); err != nil || !leads {
			return
		}
	}
}

// renewEvery is how often a filer renews its lease.
func (a *Aggregator) renewEvery() time.Duration { return a.leadFor() / 5 }

// A stretch of the log is filed at once.
type stretch struct {
	plan      *Plan
	records   []news.Record
	decisions []news.Decision // one upon each record
	stored    chan struct{}   // closed when it is, and all before it
}

// endOf is the number of the last of some records.
func endOf(records []news.Record) int64 { return records[len(records)-1].Seq }

// drain files until the cursor has reached the end of the log. While a stretch is
// stored the next are put into their stories, which takes nothing but the index, and
// the one after those is read: two processors share the work. If one cannot be stored
// the index has seen what it should not, and must be made anew.
func (a *Aggregator) drain(ctx context.Context, index *story.Index) error {
	work, ctx := errgroup.WithContext(ctx)
	read, recognised := make(chan []news.Record), make(chan stretch, fileAhead)
	work.Go(func() error {
		defer close(read)
		records, err := a.log.Unfiled(ctx, fileBatch)
		for err == nil && len(records) > 0 {
			if err = send(ctx, read, records); err != nil || len(records) < fileBatch {
				break
			}
			records, err = a.log.Records(ctx, endOf(records), fileBatch)
		}
		return err
	})
	work.Go(func() error {
		defer close(recognised)
		before := make(chan struct{})
		close(before) // there is none
		for records := range read {
			s, err := a.recognise(ctx, index, records, before)
			if err != nil {
				return err
			}
			if err := send(ctx, recognised, s); err != nil {
				return err
			}
			before = s.stored
		}
		return nil
	})
	work.Go(func() error {
		for s := range recognised {
			topics, err := a.file(ctx, s)
			if err != nil {
				return err
			}
			close(s.stored)
			a.comesAlong()
			if len(topics) > 0 {
				a.opts.Filed(topics)
			}
		}
		return nil
	})
	if err := work.Wait(); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	return nil
}

// send hands something on, unless ctx is done first.
func send[T any](ctx context.Context, to chan<- T, what T) error {
	select {
	case to <- what:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// warm makes the index of stories from the decisions within its window, but for
// those upon the items that are left out.
func (a *Aggregator) warm(ctx context.Context, rulings []Override, without map[news.Key]bool) (*story.Index, error) {
	opts := a.opts.Stories
	for _, o := range rulings {
		opts.Overrides = append(opts.Overrides, story.Override{Action: o.Action, Story: o.Story, Item: o.Item.Slug()})
	}
	index := story.New(opts)
	n, start := 0, time.Now()
	err := a.log.Decided(ctx, start.Add(-index.Window()), func(d news.Decision, _ time.Time) bool {
		a.readsOn()
		if !without[d.Key] {
			index.Restore(d)
			n++
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return nil, fmt.Errorf("warm: %w", err)
	}
	if n > 0 && a.filing.times == 0 {
		a.logger.Info("index of stories is warm", "items", n, "took", time.Since(start).Round(time.Millisecond))
	}
	return index, nil
}

// LooksBack is how long after its publication the decision upon an item is read
// again, with its sketch, when the index is made.
func (a *Aggregator) LooksBack() time.Duration { return a.opts.Stories.Horizon() }

// readAhead reads the words of records, some at a time, while the index takes those
// before them.
func readAhead(index *story.Index, plan *Plan, records []news.Record) <-chan []*story.Words {
	read := make(chan []*story.Words, 1)
	go func() {
		defer close(read)
		for some := range slices.Chunk(records, wordsAtOnce) {
			words := make([]*story.Words, 0, len(some))
			for _, rec := range some {
				words = append(words, index.Read(rec, plan.outlet(rec.Item.Source)))
			}
			read <- words
		}
	}()
	return read
}

// decide puts a record into its story, behind the decisions of its stretch. An item
// that is revised after it has left the index stays where it was filed, once all before
// the stretch is stored.
func (a *Aggregator) decide(ctx context.Context, index *story.Index, s stretch, words *story.Words, stored <-chan struct{}) (news.Decision, error) {
	rec := s.records[len(s.decisions)]
	if rec.Revision > 1 && !index.Knows(rec.Item.Key()) {
		select {
		case <-stored:
		case <-ctx.Done():
			return news.Decision{}, ctx.Err()
		}
		d, ok, err := a.log.Decision(ctx, rec.Item.Key())
		if err != nil {
			return d, err
		}
		for _, since := range s.decisions { // which are not stored yet
			switch {
			case since.Key == rec.Item.Key():
				d, ok = since, true
			case slices.Contains(since.Absorbs, d.Story):
				d.Story = since.Story
			}
		}
		if ok {
			d.Seq = rec.Seq
			return d, nil
		}
	}
	return index.Take(words), nil
}

// touched returns the stories that new decisions belong to, as they will be
// once the decisions are stored.
func (a *Aggregator) touched(ctx context.Context, s stretch) ([]news.Story, error) {
	var ids []string
	for _, d := range s.decisions {
		ids = append(ids, d.Story)
		ids = append(ids, d.Absorbs...)
	}
	slices.Sort(ids)
	stored, err := a.log.Stories(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	w := newWorkspace(stored)
	for i, d := range s.decisions {
		w.add(news.Member{Record: s.records[i], Decision: d, Outlet: s.plan.outlet(d.Key.Source)})
	}
	return w.stories(), nil
}

// refile files the stored stories anew under the topics whose rules are not
// those that they were last filed under, with their ids kept.
func (a *Aggregator) refile(ctx context.Context, plan *Plan) error {
	kept, err := a.log.Noted(ctx, noteRules)
	if err != nil {
		return fmt.Errorf("refile: %w", err)
	}
	var was rules
	if kept != "" {
		if err := json.Unmarshal([]byte(kept), &was); err != nil {
			return fmt.Errorf("refile: the note %q: %w", noteRules, err)
		}
	}
	now, changed := plan.rules(was)
	text := string(textOf(now))
	if text == kept {
		return nil
	}
	batch := news.Batch{Refiled: changed, Former: map[string][]string{}, Notes: map[string]string{noteRules: text}, At: time.Now()}
	for _, t := range plan.Topics {
		batch.Former[t.Name] = t.Formerly
	}
	if len(changed) > 0 { // else topics are gone, or sources new
		err = a.log.EachStory(ctx, time.Time{}, func(s news.Story) bool {
			a.readsOn()
			for _, f := range plan.Rules.File(s, plan.Authority, batch.At) {
				if slices.Contains(changed, f.Topic) {
					batch.Filings = append(batch.Filings, f)
				}
			}
			return ctx.Err() == nil
		})
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = a.log.File(ctx, batch)
	}
	if err != nil {
		return fmt.Errorf("refile: %w", err)
	}
	if len(changed) > 0 {
		a.logger.Info("topics filed under their rules", "topics", changed, "filings", len(batch.Filings))
		a.opts.Filed(changed)
	}
	return nil
}
