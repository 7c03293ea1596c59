package schedule

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Never is when a source that is gone is due.
var Never = time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)

const (
	day = 24 * time.Hour

	// backoffMax is the longest pause after failures: no source is given up.
	backoffMax = 7 * day

	// backoffBase bounds what the back-off doubles, so that one failure of a
	// daily source does not cost a second day.
	backoffBase = time.Hour

	// unreached is what the back-off doubles for a source on auto that has never
	// answered and could not be reached: at the first start it is more often
	// this machine that had no network yet.
	unreached = 5 * time.Minute

	// spreadMax bounds the shift by which sources are spread again that were
	// polled late together.
	spreadMax = 30 * time.Minute

	// jitterMax bounds the shift by which sources of one schedule are spread.
	jitterMax = time.Minute
)

// Next returns when a source is due after a poll that left it in this state.
// c is the constant of auto, as Census.Solve returns it; 0 if it is not known
// yet. A source that was never polled at its present URL is due at once. The
// result depends on nothing but the arguments; it may lie before now, which
// means at once.
func Next(src news.Source, state news.State, now time.Time, c float64) time.Time {
	if state.LastPoll.IsZero() || state.URL != src.URL {
		return now
	}
	if state.Outcome == news.OutcomeGone {
		return Never
	}
	if ahead := state.LastPoll.Sub(now); ahead > 0 { // the clock was set back
		state.LastPoll = now
		if !state.RetryAt.IsZero() {
			state.RetryAt = state.RetryAt.Add(-ahead)
		}
		if !state.FreshUntil.IsZero() {
			state.FreshUntil = state.FreshUntil.Add(-ahead)
		}
	}
	var due time.Time
	switch rhythm, err := Parse(src.Schedule); {
	case err != nil || rhythm == nil:
		due = nextAuto(src, state, c)
	case rhythm.Every > 0:
		due = nextEvery(src, state, rhythm.Every)
	default:
		due = nextCron(src, state, rhythm, now)
	}
	return later(due, state.LastPoll.Add(src.MinInterval)).UTC()
}

// Spread returns the date that follows a poll, put off where the poll came so
// late that another was missed. After a stop of hours all sources are polled at
// once, and would be again an interval later, and so on: this once the interval
// is longer by up to half of itself, by as much for each source as its name says.
// A calendar is left as it is.
func Spread(src news.Source, before, after news.State, due time.Time) time.Time {
	interval := due.Sub(after.LastPoll)
	if before.Polls == 0 || before.NextDue.IsZero() || interval <= 0 || after.LastPoll.Sub(before.NextDue) < interval {
		return due
	}
	if r, err := Parse(src.Schedule); err == nil && r != nil && r.Every == 0 {
		return due
	}
	sum := sha256.Sum256([]byte(src.Name))
	return due.Add(time.Duration(fraction(sum[8:]) * float64(min(spreadMax, interval/2))))
}

// Astray reports whether a stored due time was set by a clock that has since
// been put back: then the source is to be dated anew with Next.
func Astray(state news.State, now time.Time) bool {
	return state.LastPoll.After(now.Add(time.Second))
}

// nextEvery counts from the start of the last poll, so that no poll comes
// early after a late one. The first is shifted, to spread sources that were
// configured together.
func nextEvery(src news.Source, state news.State, every time.Duration) time.Time {
	due := state.LastPoll.Add(every)
	if state.Polls <= 1 {
		due = due.Add(jitter(src.Name, every))
	}
	return later(due, notBefore(src, state, every))
}

// nextCron returns the first run after now that is allowed.
func nextCron(src news.Source, state news.State, r *Rhythm, now time.Time) time.Time {
	first := r.After(now)
	if first.IsZero() {
		return Never
	}
	period := backoffMax
	if second := r.After(first); !second.IsZero() {
		period = second.Sub(first)
	}
	shift := jitter(src.Name, period)
	// A run is done once there was a poll at or after it, even before its shift.
	from := later(now, notBefore(src, state, period).Add(-time.Nanosecond)).Add(-shift)
	due := r.After(later(from, state.LastPoll))
	if due.IsZero() {
		return Never
	}
	return due.Add(shift)
}

// nextAuto adds the interval that the budget gives, and keeps to what the
// server wishes.
func nextAuto(src news.Source, state news.State, c float64) time.Time {
	interval := Interval(src, state, c)
	if state.Outcome == news.OutcomeNetwork && state.Status == 0 && state.LastSuccess.IsZero() {
		interval = min(interval, max(unreached, src.MinInterval, src.MinAuto))
	}
	due := state.LastPoll.Add(interval + jitter(src.Name, interval))
	due = later(due, wished(src, state, due))
	return later(due, notBefore(src, state, interval))
}

// notBefore returns the end of the pause that a server asked for or that
// failures call for; each failure doubles the source's own interval. It begins
// when the poll was given up: a server that cannot keep up must not be asked
// again at that moment.
func notBefore(src news.Source, state news.State, period time.Duration) time.Time {
	failures := state.Failures - state.Blocks // blocks have set RetryAt
	if failures <= 0 {
		return state.RetryAt
	}
	pause := min(max(period, time.Second), backoffBase)
	for range failures {
		if pause *= 2; pause >= backoffMax {
			pause = backoffMax
			break
		}
	}
	if state.Outcome == news.OutcomeTimeout {
		pause += src.Timeout
	}
	return later(state.RetryAt, state.LastPoll.Add(pause))
}

// wished returns due put off by what the server suggests, at most by the
// source's greatest interval.
func wished(src news.Source, state news.State, due time.Time) time.Time {
	due = later(due, state.FreshUntil)
	due = later(due, state.LastPoll.Add(state.ServerGap))
	due = skip(due, state.SkipHours, state.SkipDays)
	if last := state.LastPoll.Add(maxInterval(src)); due.After(last) {
		return last
	}
	return due
}

// skip moves t out of the hours and days, in UTC, in which a feed asks not to
// be polled. A feed that leaves no hour is not believed.
func skip(t time.Time, hours []int, days []time.Weekday) time.Time {
	if len(hours) == 0 && len(days) == 0 {
		return t
	}
	at := t.UTC()
	for range 8 * 24 {
		if !slices.Contains(hours, at.Hour()) && !slices.Contains(days, at.Weekday()) {
			return at
		}
		at = at.Truncate(time.Hour).Add(time.Hour)
	}
	return t
}

// jitter returns the shift of a source: the same for ever, spread evenly over
// names, up to a tenth of the period and a minute.
func jitter(name string, period time.Duration) time.Duration {
	sum := sha256.Sum256([]byte(name))
	return time.Duration(fraction(sum[:]) * float64(min(jitterMax, period/10)))
}

// fraction is a number from 0 up to 1 by the first bytes of a hash.
func fraction(sum []byte) float64 {
	return float64(binary.BigEndian.Uint64(sum)>>11) / (1 << 53)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
