package aggregator

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/schedule"
)

// holds are the sources that a server's limit upon another one holds back. Its
// zero value is empty.
type holds struct {
	mu    sync.Mutex
	until map[string]time.Time

	plan *Plan // that near was made of
	near *schedule.Neighbours
}

// neighbours returns the neighbours among a plan's sources.
func (h *holds) neighbours(plan *Plan) *schedule.Neighbours {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.plan != plan {
		h.plan, h.near = plan, schedule.NewNeighbours(maps.Values(plan.Sources))
	}
	return h.near
}

// put holds sources back until then, or for longer if they are already.
func (h *holds) put(sources []string, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until == nil {
		h.until = map[string]time.Time{}
	}
	for _, name := range sources {
		if until.After(h.until[name]) {
			h.until[name] = until
		}
	}
}

// after returns due, or the end of the hold upon a source if that is later.
func (h *holds) after(source string, due time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := h.until[source]; until.After(due) {
		return until
	}
	return due
}

// notYet returns until when a claimed source must not be asked, whatever made
// it due; the zero time: it may be. A hub's word does not outweigh the server's.
func (a *Aggregator) notYet(src news.Source, state news.State, now time.Time) time.Time {
	told, pushed := a.pushes.look(src.Name)
	if told.body != nil {
		return time.Time{} // nobody is asked
	}
	var until time.Time
	if state.URL == src.URL && !schedule.Astray(state, now) {
		until = state.RetryAt
		if soonest := state.LastPoll.Add(src.MinInterval); pushed && soonest.After(until) {
			until = soonest
		}
	}
	if until = a.held.after(src.Name, until); until.After(now) {
		return until
	}
	return time.Time{}
}

// limiting reports whether a state means that a server does not want to be
// asked by anyone for some time: it has said so, or has refused us as one that
// asks too often.
func limiting(s news.State, now time.Time) bool {
	said := s.Outcome == news.OutcomeBlocked && s.Status >= 400 || s.Outcome == news.OutcomeHTTP5xx
	return said && s.RetryAt.After(now)
}

// recall holds back what the limits in states hold back: what a process has
// not seen by itself.
func (a *Aggregator) recall(plan *Plan, states []news.State) {
	now := time.Now()
	for _, s := range states {
		if src, ok := plan.Sources[s.Source]; ok && limiting(s, now) {
			a.held.put(a.held.neighbours(plan).Held(src), s.RetryAt)
		}
	}
}

// holdBack puts off the other sources that a server's limit reaches.
func (a *Aggregator) holdBack(ctx context.Context, plan *Plan, limited news.Source, until time.Time) error {
	names := a.held.neighbours(plan).Held(limited)
	if len(names) == 0 {
		return nil
	}
	a.held.put(names, until)
	states, err := a.log.States(ctx)
	if err != nil {
		return fmt.Errorf("hold back: %w", err)
	}
	held := map[string]bool{}
	for _, name := range names {
		held[name] = true
	}
	due := map[string]time.Time{}
	for _, s := range states {
		if held[s.Source] && s.NextDue.Before(until) {
			due[s.Source] = a.held.after(s.Source, until)
		}
	}
	if len(due) == 0 {
		return nil
	}
	if err := a.log.SetDue(ctx, due); err != nil {
		return fmt.Errorf("hold back: %w", err)
	}
	a.logger.Warn("a server's limit holds other sources back", "source", limited.Name, "sources", len(due), "until", until.UTC().Format(time.RFC3339))
	return nil
}
