package aggregator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/schedule"
	"github.com/wireroom/wireroom/aggregator/story"
)

// An Aggregator polls sources and files what they bring. Collect and File are
// its two loops; they share nothing but the log and a wake-up call.
type Aggregator struct {
	log    Log
	client *poll.Client
	opts   Options
	logger *slog.Logger

	started   time.Time
	plan      atomic.Pointer[Plan]
	appended  chan struct{} // wakes the filer: something new stands in the log, or the plan changed
	replanned chan struct{} // wakes Schedule: the plan changed
	freed     chan struct{} // wakes Collect: a seat is idle, or a source became due
	readers   chan struct{} // holds one for each document that is being read
	pushes    pushes
	held      holds
	filing    trouble      // of the filer
	aside     atomic.Bool  // stands aside: neither polls nor files
	alive     atomic.Int64 // when the filer last came along, Unix seconds
	polled    atomic.Int64 // polls finished since the start
	silent    atomic.Int64 // sources in a row that were well, or new, and gave no answer
	answered  atomic.Bool  // a source has answered since the start
	found     atomic.Bool  // a page has led to a feed, which is due since; for CollectOnce
	missed    missed
	auto      atomic.Uint64 // bits of the constant of automatic schedules; see budget.go
}

// Options are the settings of an Aggregator that do not change while it runs.
type Options struct {
	Workers int    // polls at once, but for those that wait for slow servers
	Owner   string // names this process among those that share the store
	Stories story.Options

	// Lead is how long a process files before it must renew, and Lease how long
	// a claim lasts; 0: what is usual.
	Lead, Lease time.Duration

	// Polled is told of every poll: the state that it left, what was stored,
	// and how long it took. It must not block; nil: nobody is told.
	Polled func(news.State, news.Appended, time.Duration)

	// Decided is told of every item that was put into a story, once that is
	// stored. It must not block; nil: nobody is told.
	Decided func([]news.Decision)

	// Filed is told the names of topics whose filings changed, once they are
	// stored. It must not block.
	Filed func(topics []string)
}

// New returns an Aggregator over a log. It does nothing until its loops run.
func New(log Log, client *poll.Client, plan *Plan, logger *slog.Logger, opts Options) *Aggregator {
	a := &Aggregator{log: log, client: client, opts: opts, logger: logger, started: time.Now(),
		appended: make(chan struct{}, 1), replanned: make(chan struct{}, 1), freed: make(chan struct{}, 1),
		readers: make(chan struct{}, runtime.GOMAXPROCS(0))}
	a.follow(plan)
	return a
}

func (a *Aggregator) follow(plan *Plan) {
	a.plan.Store(plan)
	a.client.SetGap(plan.HostGap)
}

// Replace works by another plan from now on. Polls under way end by the old
// one; topics whose rules changed are filed anew, and sources that were added
// are polled at once.
func (a *Aggregator) Replace(plan *Plan) {
	a.follow(plan)
	wake(a.appended)
	wake(a.replanned)
	wake(a.freed)
}

// StandAside makes the loops neither poll nor file, or do so again: another
// process works by a newer configuration.
func (a *Aggregator) StandAside(aside bool) {
	a.aside.Store(aside)
	wake(a.appended)
	wake(a.freed)
}

// errUnreadable says that what a hub sent is no feed, and that the source is
// polled instead.
var errUnreadable = errors.New("what the hub sent cannot be read")

// errCrowded says that there was no room for a large document.
var errCrowded = errors.New("there was no room for the document")

// collect is the first of the two short stories: one source, from the wire to
// the log. What went wrong with the source is part of the state it returns;
// an error means that the log could not be written.
func (a *Aggregator) collect(ctx context.Context, src news.Source, claim news.Claim, seat *seat) (news.State, news.Appended, error) {
	claim.State = underRules(src, claim.State)
	answer, told, pushed := a.ask(ctx, src, claim.State, seat)
	defer answer.Drop() // what was read of a large one takes up as much until it is stored
	if answer.Crowded {
		if pushed { // what was told holds still
			told.due = time.Time{}
			a.pushes.put(src.Name, told)
		}
		a.release(ctx, claim, answer.At.Add(src.MinInterval))
		return claim.State, news.Appended{}, errCrowded
	}
	var doc reading
	known := knownBy(src, claim.State, answer.At)
	if answer.Body != nil {
		var err error
		if doc, err = a.inTurn(ctx, src, claim.State, answer, known); err != nil && ctx.Err() == nil {
			if told.body != nil { // the source itself knows better
				a.pushes.put(src.Name, push{})
				a.release(ctx, claim, time.Now())
				return claim.State, news.Appended{}, errUnreadable
			}
			answer.Outcome, answer.Error, answer.Mend = news.OutcomeParse, err.Error(), mendOf(src, err)
		}
		answer.Body = nil
		if known == nil {
			doc.reread(claim.State)
		}
	}
	if ctx.Err() != nil { // the program ends: due again at the next start
		a.release(ctx, claim, time.Now())
		return claim.State, news.Appended{}, nil
	}
	if doc.feed != nil && !answer.Partial {
		if err := a.catchUp(ctx, src, claim.State, answer.At, &doc, seat); err != nil {
			return claim.State, news.Appended{}, fmt.Errorf("collect %s: %w", src.Name, err)
		}
	}
	doc.pageTries = claim.State.PageTries
	if src.FullText {
		if err := a.complete(ctx, src, claim.State, &doc, seat); err != nil {
			return claim.State, news.Appended{}, fmt.Errorf("collect %s: %w", src.Name, err)
		}
	}
	if len(doc.items) == 0 { // there is no hurry, and what it holds takes no room
		seat.yield()
	}
	now := time.Now()
	var next news.State
	appended, err := a.log.Append(ctx, claim, doc.items, func(n news.Appended) news.State {
		next = poll.Settle(src, claim.State, answer, doc.feed, doc.about, n)
		next = unmended(src, claim.State, next, doc)
		if told.body != nil && claim.State.URL == src.URL { // the address itself was not asked
			next.Moved = claim.State.Moved
		}
		next = schedule.Observe(claim.State, next, doc.entries(), doc.items[:doc.current], n)
		next = tally(claim.State, discreet(src, observe(claim.State, next)), n)
		next = countPushes(next, told, pushed, n)
		next.Schedule = src.Schedule
		next = doc.remember(src, next, known == nil, answer.At)
		next.PageTries = doc.pageTries
		if doc.unread { // "not modified" would say nothing of them
			next.Validators, next.BodyHash = news.Validators{}, ""
		}
		due := schedule.Spread(src, claim.State, next, schedule.Next(src, next, now, a.constant()))
		next.NextDue = a.held.after(src.Name, due)
		if doc.found != "" {
			next.Moved = news.Move{URL: doc.found, Since: now, Seen: 1, Believed: true}
			next.NextDue = now
			a.found.Store(true)
		}
		return next
	}, now, a.gap(src))
	if err != nil {
		return claim.State, appended, fmt.Errorf("collect %s: %w", src.Name, err)
	}
	return next, appended, nil
}

// recognise begins the second: it puts a stretch of the log into stories. What it
// asks the store for waits until all before is stored.
func (a *Aggregator) recognise(ctx context.Context, index *story.Index, records []news.Record, stored <-chan struct{}) (stretch, error) {
	s := stretch{plan: a.plan.Load(), records: records, decisions: make([]news.Decision, 0, len(records)), stored: make(chan struct{})}
	read := readAhead(index, s.plan, records)
	defer func() {
		for range read { // so that one at a time reads
		}
	}()
	for words := range read {
		for _, w := range words {
			d, err := a.decide(ctx, index, s, w, stored)
			if err != nil {
				return s, err
			}
			s.decisions = append(s.decisions, d)
		}
	}
	return s, nil
}

// file ends it: from stories to filings. It returns the topics that changed.
func (a *Aggregator) file(ctx context.Context, s stretch) ([]string, error) {
	batch := news.Batch{UpTo: endOf(s.records), At: time.Now(), Decisions: s.decisions, Records: s.records}
	stories, err := a.touched(ctx, s)
	if err != nil {
		return nil, err
	}
	batch.Filings = make([]news.Filing, 0, len(stories))
	for _, story := range stories {
		batch.Filings = append(batch.Filings, s.plan.Rules.File(story, s.plan.Authority, batch.At)...)
	}
	if err := a.log.File(ctx, batch); err != nil {
		return nil, err
	}
	if a.opts.Decided != nil {
		a.opts.Decided(batch.Decisions)
	}
	return topicsOf(batch.Filings), nil
}
