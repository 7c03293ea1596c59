package aggregator

import (
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A process that is cut off from its sources finds every one of them dead. Each
// failure puts a source off, for all processes that share the store, though it
// answers the others well. So a process that nothing answers polls one source at
// a time, now and then, until one does.

const (
	// cutOffAfter is how many sources that were well, or are new to a process that
	// nothing has answered yet, must give no answer, one after another, before it is
	// believed that the fault is on this side. Where fewer are configured, it is all
	// of them.
	cutOffAfter = 10

	// leastNew is how many sources there must be for new ones, of which nothing is
	// known yet, to say anything of the network: who tries the program with an address
	// or two may have misspelt them.
	leastNew = 3

	// wellFor is how long a source that fails counts as one that was well.
	wellFor = time.Hour

	// probeEvery is the pause between two polls of a process that is cut off, and
	// probeAgain the one after it found nothing due.
	probeEvery = 5 * time.Second
	probeAgain = time.Second
)

// heard notes whether a poll got any answer. A source that has failed for long
// says nothing of the network if it fails again; nor does one that never answered,
// once another has.
func (a *Aggregator) heard(before, after news.State) {
	was := a.cutOff()
	switch {
	case after.Outcome != news.OutcomeNetwork && after.Outcome != news.OutcomeTimeout || after.Status != 0:
		a.silent.Store(0)
		a.answered.Store(true)
		if was {
			a.logger.Info("sources answer again")
			wake(a.freed)
		}
	case before.LastSuccess.IsZero() && (before.Failures > 0 || a.answered.Load() || len(a.plan.Load().Sources) < leastNew):
	case before.Failures == 0 || after.LastPoll.Sub(before.LastSuccess) < wellFor:
		if a.silent.Add(1); !was && a.cutOff() {
			a.logger.Warn("no source answers, as if this machine had no network; one is tried now and then", "every", probeEvery)
		}
	}
}

// cutOff reports whether it seems that this process reaches nobody.
func (a *Aggregator) cutOff() bool {
	n := int64(min(cutOffAfter, len(a.plan.Load().Sources)))
	return n > 0 && a.silent.Load() >= n
}
