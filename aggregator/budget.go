package aggregator

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/schedule"
)

// solveEvery is how often the constant of automatic schedules is solved anew.
const solveEvery = 20 * time.Minute

// constant is the constant of automatic schedules; 0 until it is first solved.
func (a *Aggregator) constant() float64 { return math.Float64frombits(a.auto.Load()) }

// Schedule keeps the schedules of all sources together: it solves the constant
// of automatic ones for the budget, now and then, and dates sources anew that
// are configured otherwise than when they were last polled, whose interval
// has become another, or whose date was set by a clock that went wrong.
func (a *Aggregator) Schedule(ctx context.Context) {
	var dated *Plan
	var solved time.Time
	var hindered trouble
	last := time.Now()
	for ctx.Err() == nil {
		now, plan := time.Now(), a.plan.Load()
		back := setBack(now.Round(0).Sub(last.Round(0)), now.Sub(last))
		anew := back || plan != dated
		last = now
		if !anew && now.Sub(solved) < solveEvery {
			sleep(ctx, wakeEvery, a.replanned)
			continue
		}
		if back { // hosts that are claimed by the old clock are free
			if err := a.log.SetSources(ctx, slices.Collect(maps.Values(plan.Sources)), now); err != nil {
				a.logger.Error("the clock was set back, and the store does not take it", "error", err)
			}
		}
		var dates map[string]time.Time
		var err error
		if anew { // before the states: what is polled in between is dated as it says
			dates, err = a.log.Dates(ctx)
		}
		var states []news.State
		if err == nil {
			states, err = a.log.States(ctx)
		}
		if err == nil {
			a.solve(plan, states)
			a.recall(plan, states)
			err = a.redate(ctx, plan, states, dates, dated == nil)
		}
		if err != nil {
			sleep(ctx, hindered.met(ctx, a.logger, "the schedules could not be looked over", err), nil)
			continue
		}
		hindered.over(a.logger, "the schedules are looked over again")
		dated, solved = plan, now
	}
}

// setBack reports whether a clock was set back while so much time passed by it,
// and by the machine.
func setBack(clock, machine time.Duration) bool { return clock < machine-time.Second }

func (a *Aggregator) solve(plan *Plan, states []news.State) {
	var census schedule.Census
	now := time.Now()
	for _, s := range states {
		if src, ok := plan.Sources[s.Source]; ok {
			census.Add(src, s, now)
		}
	}
	if n := census.Sources(); n > 0 {
		budget := cmp.Or(plan.Budget, schedule.DefaultBudget)
		a.auto.Store(math.Float64bits(census.Solve(budget * float64(n))))
	}
}

// parked is how much sooner a source must be due by the present constant to be
// dated anew: it was parked while the budget was short.
const parked = time.Hour

// redate sets when sources are due that would be dated otherwise now: those that
// are parked for too long by the present constant, and where their dates are
// given those that another plan or another clock has dated, though it may have
// been taken back before they were polled by it. At the start it is also those
// that are left to their hubs: nobody heard what these told meanwhile.
func (a *Aggregator) redate(ctx context.Context, plan *Plan, states []news.State, dates map[string]time.Time, start bool) error {
	due, anew := map[string]time.Time{}, dates != nil
	for _, s := range states {
		src, ok := plan.Sources[s.Source]
		if !ok || s.Polls == 0 {
			continue
		}
		now := time.Now()
		relied := start && s.Pushes > 0
		if relied {
			s.Pushes = 0
		}
		next := a.held.after(s.Source, schedule.Next(src, s, now, a.constant()))
		astray := schedule.Astray(s, now)
		switch {
		case relied && next.Before(dates[s.Source]): // as if its hub told now
			a.pushes.put(s.Source, push{})
			due[s.Source] = next
		case anew && (s.Schedule != src.Schedule || s.URL != src.URL || astray):
			due[s.Source] = next
		case dates[s.Source].After(s.NextDue.Add(time.Second)) && next.Before(dates[s.Source]):
			due[s.Source] = next
		case astray: // until it is polled, what is known of it dates from the future
		case src.Schedule == news.ScheduleAuto && next.Before(s.NextDue.Add(-parked)):
			due[s.Source] = next
		}
	}
	if len(due) == 0 {
		return nil
	}
	if err := a.log.SetDue(ctx, due); err != nil {
		return fmt.Errorf("redate: %w", err)
	}
	wake(a.freed)
	a.logger.Info("sources dated anew", "sources", len(due))
	return nil
}
