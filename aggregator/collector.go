package aggregator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

const (
	// wakeEvery bounds every sleep, so that a jump of the wall clock or a
	// suspended machine delays nothing for longer.
	wakeEvery = 30 * time.Second

	// leaseSlack is what a claim lasts beyond a source's own time limit.
	leaseSlack = 30 * time.Second

	// gatherFor is for how long sources that become due, and seats that become
	// idle, are gathered before the next claim: each is a transaction, however
	// many it takes.
	gatherFor = 25 * time.Millisecond

	// leaseMargin is the part of a lease that is not relied upon, and storeTime what
	// of the rest is kept for storing what has come.
	leaseMargin = 10
	storeTime   = 10 * time.Second

	// storePause is the pause after the store failed, and storeAgain the one after
	// it gave out nothing though something was due.
	storePause = time.Second
	storeAgain = 20 * time.Millisecond
)

// Collect polls the sources that are due, each when it is due, until ctx is
// done; then it waits for the polls under way, which end at once.
func (a *Aggregator) Collect(ctx context.Context) {
	a.collectWhile(ctx, func() bool { return true }, func(string, error) {})
}

// CollectOnce polls the sources that are due now, and the feeds that pages of sites
// among them lead to, and returns when the last of them has answered. The error is that
// answers could not be stored; their sources are due still.
func (a *Aggregator) CollectOnce(ctx context.Context) error {
	var mu sync.Mutex
	lost := map[string]error{}
	until := time.Now()
	a.collectWhile(ctx, func() bool {
		if a.found.Swap(false) {
			until = time.Now()
		}
		n, err := a.log.Due(ctx, until)
		mu.Lock()
		defer mu.Unlock()
		return err != nil || n > len(lost)
	}, func(source string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if delete(lost, source); err != nil {
			lost[source] = err
		}
	})
	for _, err := range lost {
		return fmt.Errorf("of %d sources the answer could not be stored: %w", len(lost), err)
	}
	return nil
}

// collectWhile is the loop of the pool of pollers. It claims as many sources
// as there are idle seats, and sleeps until a source is due, a seat is idle
// again, or wakeEvery has passed. Done is told of each poll, and whether its answer
// could be stored.
func (a *Aggregator) collectWhile(ctx context.Context, more func() bool, done func(source string, err error)) {
	crew := newCrew(a.opts.Workers)
	defer crew.dismiss()
	seats := newSeats(a.opts.Workers, a.freed)
	round := a.firstRound(ctx)
	var giving trouble
	var plan *Plan
	var lease time.Duration
	for ctx.Err() == nil && more() {
		if a.aside.Load() {
			sleep(ctx, wakeEvery, a.freed)
			continue
		}
		a.tellAgain(ctx, time.Now())
		asked := len(seats.idle)
		if now := a.plan.Load(); now != plan { // there may be a million sources to ask
			plan, lease = now, a.lease(now)
		}
		begin := time.Now()
		probing := a.cutOff()
		if probing { // what another process reaches is to be polled by that
			asked, begin = min(asked, 1), begin.Add(-leaveFor)
		}
		claims, wait, err := a.due(ctx, begin, asked, lease)
		switch {
		case err != nil:
			wait = min(giving.met(ctx, a.logger, "the store gives no work", err), storePause)
		case asked > 0:
			giving.over(a.logger, "the store gives work again")
		}
		for _, claim := range claims {
			seat := seats.take()
			crew.do(func() {
				defer seat.leave()
				// Whoever was stopped meanwhile must not ask a server that
				// another process asks by now.
				ctx, stop := context.WithDeadline(ctx, begin.Add(lease-lease/leaseMargin))
				defer stop()
				err := a.poll(ctx, claim, seat)
				round.done(claim.State.Source)
				done(claim.State.Source, err)
			})
		}
		if probing {
			pause := probeEvery
			if len(claims) == 0 { // nothing was tried; others have had their turn by then
				pause = probeAgain
				a.retry(ctx)
			}
			sleep(ctx, pause, nil)
			continue
		}
		sleep(ctx, wait, a.freed)
		if len(claims) > 0 {
			a.gather(ctx, seats, len(claims) == asked)
		}
	}
}

// gather waits a moment before the next claim, but where more sources are due
// than there were seats only until half of the seats are idle.
func (a *Aggregator) gather(ctx context.Context, s *seats, backlog bool) {
	end := time.Now().Add(gatherFor)
	for ctx.Err() == nil {
		left := time.Until(end)
		if left <= 0 || backlog && 2*len(s.idle) >= cap(s.idle) {
			return
		}
		sleep(ctx, left, a.freed)
	}
}

// due claims at most n sources that were due at now and says how long to wait before
// asking again.
func (a *Aggregator) due(ctx context.Context, now time.Time, n int, lease time.Duration) ([]news.Claim, time.Duration, error) {
	if n == 0 {
		return nil, wakeEvery, nil
	}
	claims, err := a.log.Claim(ctx, now, n, lease)
	if err != nil || len(claims) == n {
		return claims, 0, err
	}
	next, err := a.log.Next(ctx, now)
	if err != nil || next.IsZero() {
		return claims, wakeEvery, err
	}
	// The store may have taken its time to answer. What is due and was not given
	// out is another process's at this moment.
	least := time.Millisecond
	if len(claims) == 0 {
		least = storeAgain
	}
	return claims, min(max(time.Until(next), least), wakeEvery), nil
}

// lease is how long a claim lasts: longer than the slowest source may take.
func (a *Aggregator) lease(plan *Plan) time.Duration {
	if a.opts.Lease > 0 {
		return a.opts.Lease
	}
	var longest time.Duration
	for _, src := range plan.Sources {
		longest = max(longest, src.Timeout)
	}
	return longest + pastTime + pagesTime + leaseSlack
}

// within bounds what a poll does besides asking its source: by long, and so that there is
// time left to store what has come. Whoever is slow all the way would be asked again and
// again otherwise, and nothing of it kept.
func within(ctx context.Context, long time.Duration) (context.Context, context.CancelFunc) {
	end := time.Now().Add(long)
	if lease, ok := ctx.Deadline(); ok && lease.Add(-storeTime).Before(end) {
		end = lease.Add(-storeTime)
	}
	return context.WithDeadline(ctx, end)
}

// poll runs collect on one claim and logs its outcome. The error is that it could not
// be stored.
func (a *Aggregator) poll(ctx context.Context, claim news.Claim, seat *seat) error {
	src, ok := a.plan.Load().Sources[claim.State.Source]
	if !ok { // another process works by another configuration
		a.release(ctx, claim, time.Now().Add(wakeEvery))
		return nil
	}
	start := time.Now()
	if ctx.Err() != nil {
		a.release(ctx, claim, start)
		return nil
	}
	if until := a.notYet(src, claim.State, start); !until.IsZero() {
		a.release(ctx, claim, until)
		return nil
	}
	state, n, err := a.collect(ctx, src, claim, seat)
	if n.New+n.Changed > 0 {
		wake(a.appended)
	}
	switch {
	case errors.Is(err, errCrowded):
		a.logger.Info("other large documents come first; the source is asked again later", "source", src.Name)
	case ctx.Err() != nil:
		if err != nil { // the end came between the poll and the log
			a.release(ctx, claim, time.Now())
		}
	case errors.Is(err, news.ErrLostClaim):
		a.logger.Warn("another process has polled this source meanwhile; the answer was dropped", "source", src.Name)
	case errors.Is(err, errUnreadable):
		a.logger.Info("what the hub sent cannot be read; the source is polled", "source", src.Name)
		wake(a.freed)
	case err != nil:
		a.logger.Error("the answer could not be stored; it will be fetched again", "source", src.Name, "error", err)
		return err
	default:
		a.polled.Add(1)
		a.heard(ctx, src, claim.State, state)
		a.toldMeanwhile(ctx, src.Name)
		if a.opts.Polled != nil {
			a.opts.Polled(state, n, time.Since(start))
		}
		a.logger.Info("polled", pollAttrs(state, n, time.Since(start))...)
		if limiting(state, start) {
			if err := a.holdBack(ctx, a.plan.Load(), src, state.RetryAt); err != nil {
				a.logger.Error("a server's limit could not be kept for its other sources", "source", src.Name, "error", err)
			}
		}
	}
	return nil
}

func pollAttrs(s news.State, n news.Appended, took time.Duration) []any {
	attrs := []any{"source", s.Source, "outcome", s.Outcome, "new", n.New, "changed", n.Changed,
		"took", took.Round(time.Millisecond), "next", s.NextDue.UTC().Format(time.RFC3339)}
	if s.Error != "" {
		attrs = append(attrs, "failures", s.Failures, "error", s.Error)
	}
	if s.Mend != "" {
		attrs = append(attrs, "mend", s.Mend)
	}
	return attrs
}

// release gives a claim back, the source due at that instant.
func (a *Aggregator) release(ctx context.Context, claim news.Claim, due time.Time) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	_, err := a.log.Append(ctx, claim, nil, func(news.Appended) news.State {
		claim.State.NextDue = due
		return claim.State
	}, time.Now(), 0)
	if err != nil && !errors.Is(err, news.ErrLostClaim) {
		a.logger.Warn("a claim could not be given back; it ends by itself", "source", claim.State.Source, "error", err)
	}
}

// gap is the pause that a source's host is granted after a request. A source
// on a private network is the user's own, and needs none.
func (a *Aggregator) gap(src news.Source) time.Duration {
	if src.Own() {
		return 0
	}
	return a.plan.Load().HostGap
}

// wake leaves a message for a loop that may be asleep.
func wake(loop chan<- struct{}) {
	select {
	case loop <- struct{}{}:
	default:
	}
}

// sleep returns after d, at a wake-up call, or when ctx is done.
func sleep(ctx context.Context, d time.Duration, woken <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-woken:
	}
}
