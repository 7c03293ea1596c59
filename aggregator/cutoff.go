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
	// cutOffAfter is how many sources that were well must give no answer, one
	// after another, before it is believed that the fault is on this side. Where
	// fewer are configured, it is all of them.
	cutOffAfter = 10

	// wellFor is how long a source that fails counts as one that was well.
	wellFor = time.Hour

	// probeEvery is the pause between two polls of a process that is cut off, and
	// probeAgain the one after it found nothing due.
	probeEvery = 5 * time.Second
	probeAgain = time.Second
)

// heard notes whether a poll got any answer. A source that has failed for long
// says nothing of the network if it fails again.
func (a *Aggregator) heard(before, after news.State) {
	was := a.cutOff()
	switch {
	case after.Outcome != news.OutcomeNetwork && after.Outcome != news.OutcomeTimeout || after.Status != 0:
		a.silent.Store(0)
		if was {
			a.logger.Info("sources answer again")
			wake(a.freed)
		}
	case before.LastSuccess.IsZero():
	case before.Failures == 0 || after.LastPoll.Sub(before.LastSuccess) < wellFor:
		if a.silent.Add(1); !was && a.cutOff() {
			a.logger.Warn("no source answers any more, as if this machine had no network; one is tried now and then", "every", probeEvery)
		}
	}
}

// cutOff reports whether it seems that this process reaches nobody.
func (a *Aggregator) cutOff() bool {
	n := int64(min(cutOffAfter, len(a.plan.Load().Sources)))
	return n > 0 && a.silent.Load() >= n
}
