package aggregator

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A process that is cut off from its sources finds every one of them dead. Each
// failure puts a source off, for all processes that share the store, though it
// answers the others well. So a process that nothing answers polls one source at
// a time, now and then, until one does, and then all that gave no answer meanwhile.

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

	// leaveFor is for how long a process that is cut off leaves what is due to the
	// others, which poll it in a tenth of that. It looks at whole seconds after a try,
	// and by whole seconds a source is put off that was tried in vain: it would be
	// there for the same source again each time.
	leaveFor = 250 * time.Millisecond

	// Where nothing is due while it is cut off, a source is tried again after half as
	// long as that has lasted: after retryLeast at first, and after retryMost later,
	// at which each of leastNew sources has its turn as often as auto may poll it.
	retryLeast = time.Minute
	retryMost  = 5 * time.Minute
)

// The missed are sources that gave no answer, one after another, since one did.
type missed struct {
	mu      sync.Mutex
	since   time.Time
	retry   time.Time // when one is tried again
	names   []string  // each once, the next to be tried first
	soonest map[string]time.Time
}

// put notes a source that gave no answer, and from when on it may be asked again.
func (m *missed) put(source string, soonest, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.names) == 0 {
		m.since, m.retry, m.soonest = now, now.Add(retryLeast), map[string]time.Time{}
	}
	if m.soonest[source].IsZero() {
		m.names = append(m.names, source)
	}
	m.soonest[source] = soonest
}

// next returns the source that is to be tried again at now, and since when it has
// been so; "" is none.
func (m *missed) next(now time.Time) (source string, since time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.names) < leastNew || now.Before(m.retry) {
		return "", m.since
	}
	i := slices.IndexFunc(m.names, func(name string) bool { return !now.Before(m.soonest[name]) })
	if i < 0 {
		return "", m.since
	}
	source = m.names[i]
	m.names = append(slices.Delete(m.names, i, i+1), source)
	m.retry = now.Add(min(max(now.Sub(m.since)/2, retryLeast), retryMost))
	return source, m.since
}

// take forgets all, and returns from when on each may be asked.
func (m *missed) take() map[string]time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := m.soonest
	m.names, m.soonest = nil, nil
	return all
}

// heard notes whether a poll got any answer. A source that has failed for long
// says nothing of the network if it fails again; nor does one that never answered,
// once another has. When one answers again, all that did not are due.
func (a *Aggregator) heard(ctx context.Context, src news.Source, before, after news.State) {
	if !remote(src) || after.Outcome == news.OutcomeBlocked && after.Status == 0 {
		return // nobody was asked
	}
	was := a.cutOff()
	switch {
	case !unanswered(after):
		a.silent.Store(0)
		a.answered.Store(true)
		if due := a.missed.take(); was {
			a.logger.Info("sources answer again", "missed", len(due))
			a.askAgain(ctx, due, func(news.State) bool { return false })
			wake(a.freed)
		}
	case before.LastSuccess.IsZero() && (before.Failures > 0 || a.answered.Load() || len(a.plan.Load().Sources) < leastNew):
	case before.Failures == 0 || after.LastPoll.Sub(before.LastSuccess) < wellFor:
		a.missed.put(src.Name, after.LastPoll.Add(src.MinInterval), time.Now())
		if a.silent.Add(1); !was && a.cutOff() {
			a.logger.Warn("no source answers, as if this machine had no network; one is tried now and then", "every", probeEvery)
		}
	}
}

// retry tries a source again, though it is not due, where its time has come and no
// other process is answered either.
func (a *Aggregator) retry(ctx context.Context) {
	now := time.Now()
	if source, since := a.missed.next(now); source != "" {
		sources := a.plan.Load().Sources
		a.askAgain(ctx, map[string]time.Time{source: now}, func(s news.State) bool {
			src, known := sources[s.Source] // others may know more
			return s.LastSuccess.After(since) && (remote(src) || !known)
		})
	}
}

// remote reports whether a source is none of this machine's files.
func remote(src news.Source) bool {
	return len(src.URL) > 4 && strings.EqualFold(src.URL[:4], "http")
}

// unanswered reports whether the last poll of a source got no answer at all.
func unanswered(s news.State) bool {
	return (s.Outcome == news.OutcomeNetwork || s.Outcome == news.OutcomeTimeout) && s.Status == 0
}

// askAgain sets when sources are due, but those that have answered since, be it that
// they refuse, and none where the state of any source says that there is no need.
// Another process may have asked some of them meanwhile.
func (a *Aggregator) askAgain(ctx context.Context, due map[string]time.Time, needless func(news.State) bool) {
	if len(due) == 0 {
		return
	}
	states, err := a.log.States(ctx)
	if err == nil && slices.ContainsFunc(states, needless) {
		return
	}
	sources := a.plan.Load().Sources
	for _, s := range states {
		at, missed := due[s.Source]
		if !missed {
			continue
		}
		if soonest := s.LastPoll.Add(sources[s.Source].MinInterval); soonest.After(at) {
			due[s.Source] = soonest
		}
		if !unanswered(s) {
			delete(due, s.Source)
		}
	}
	if err == nil && len(due) > 0 {
		err = a.log.SetDue(ctx, due)
	}
	if err != nil && ctx.Err() == nil {
		a.logger.Warn("sources that gave no answer are asked again later", "sources", len(due), "error", err)
	}
}

// cutOff reports whether it seems that this process reaches nobody.
func (a *Aggregator) cutOff() bool {
	n := int64(0)
	for _, src := range a.plan.Load().Sources {
		if n == cutOffAfter {
			break // it is asked with every poll, and there may be a million
		}
		if remote(src) {
			n++
		}
	}
	return n > 0 && a.silent.Load() >= n
}
