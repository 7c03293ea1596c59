package aggregator

import (
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/schedule"
)

const (
	// eventsKept is how many events of a source are remembered.
	eventsKept = 20

	// A source is silent when nothing new came for silentTimes its usual gap,
	// and for silentLeast at any rate.
	silentTimes = 8
	silentLeast = 3 * 24 * time.Hour
)

// observe returns the state after a poll with what has happened since the one
// before it.
func observe(before, after news.State) news.State {
	add := func(kind news.EventKind, format string, args ...any) {
		events := append(append([]news.Event(nil), after.Events...), news.Event{At: after.LastPoll, Kind: kind, Text: fmt.Sprintf(format, args...)})
		after.Events = events[max(0, len(events)-eventsKept):]
	}
	switch {
	case after.Outcome == news.OutcomeGone:
		if before.Outcome != news.OutcomeGone {
			add(news.EventGone, "It is gone for good and is not polled again; its items stay.")
		}
	case after.Failures == news.BrokenAfter && before.Failures < news.BrokenAfter:
		add(news.EventBroken, "It has failed %d times in a row: %s", after.Failures, after.Trouble())
	case after.Outcome.OK() && after.Failures == 0 && before.Failures >= news.BrokenAfter:
		add(news.EventRecovered, "It answers again, after %d failures.", before.Failures)
	}
	if moved := func(m news.Move) bool { return m.Believed && !m.OnTrial }; moved(after.Moved) && !moved(before.Moved) {
		add(news.EventMoved, "It has moved to %s and is polled there from now on.", news.Bare(after.Moved.URL))
	}
	silent := lastTurn(after.Events) == news.EventSilent
	switch gap := usualGap(after); {
	case silent && after.LastNew.After(before.LastNew):
		add(news.EventResumed, "It has brought something new, after %s.", days(after.LastNew.Sub(before.LastNew)))
	case !silent && after.Outcome.OK() && !after.LastNew.IsZero() && after.LastPoll.Sub(after.LastNew) > max(silentTimes*gap, silentLeast):
		add(news.EventSilent, "Nothing new has come for %s; its usual gap is %s.", days(after.LastPoll.Sub(after.LastNew)), days(gap))
	}
	return after
}

// discreet returns the state with nothing in its events of where a source is that is
// not to be told.
func discreet(src news.Source, s news.State) news.State {
	if !src.Unlisted {
		return s
	}
	return s.Discreet()
}

// rhythmDays is for how many days the rhythm of a source is remembered.
const rhythmDays = 14

// tally returns the state with the items of a poll counted in its rhythm. What
// a first import brings is of many days, and is not counted.
func tally(before, after news.State, n news.Appended) news.State {
	day := after.LastPoll.Unix() / 86400
	counts := make([]int, rhythmDays)
	for i, count := range before.Rhythm {
		if j := i - len(before.Rhythm) + rhythmDays - int(day-before.RhythmDay); j >= 0 && j < rhythmDays {
			counts[j] = count
		}
	}
	if before.ItemCount > 0 {
		counts[rhythmDays-1] += n.New
	}
	after.Rhythm, after.RhythmDay = counts, day
	return after
}

// lastTurn returns the last event that tells whether a source is silent.
func lastTurn(events []news.Event) news.EventKind {
	for i := len(events) - 1; i >= 0; i-- {
		if k := events[i].Kind; k == news.EventSilent || k == news.EventResumed {
			return k
		}
	}
	return news.EventResumed
}

// usualGap is the time between two items of a source by its observed rate. The
// rate sinks while nothing comes, and so the gap is that of the time before.
func usualGap(s news.State) time.Duration {
	return time.Duration(float64(24*time.Hour) / schedule.Rate(s))
}

func days(d time.Duration) string {
	if d < 48*time.Hour {
		return fmt.Sprintf("%.0f hours", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
