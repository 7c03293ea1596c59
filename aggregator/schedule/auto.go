package schedule

import (
	"math"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The interval of auto, where the source sets no bounds.
const (
	minAuto     = 15 * time.Minute
	minAutoSaid = 5 * time.Minute // where the server says that it changes as often
	maxAuto     = day

	// plainMin is the least interval for a server that gives no validators:
	// each poll costs it a whole document.
	plainMin = day

	// firstAuto is the interval as long as there is no constant to go by.
	firstAuto = time.Hour

	// memory is the time, in days, after which what was observed counts 1/e.
	memory = 14

	// pushTrust is how many pushes must have worked before polls are left to
	// confirm them, and pushFactor how much more seldom they come then.
	pushTrust, pushFactor = 3, 12
)

// Rate returns the items a day that a source publishes by what is known of it.
// Half an item in five days is presumed of a source that is not known.
func Rate(state news.State) float64 {
	return (state.RateN + 0.5) / (state.RateT + 5)
}

// Interval returns how long auto waits between two polls of a source.
func Interval(src news.Source, state news.State, c float64) time.Duration {
	least, most := bounds(src, state)
	wait := firstAuto
	if c > 0 {
		wait = fromDays(c / math.Sqrt(Rate(state)))
	}
	wait = max(min(wait, most), least)
	if state.Pushes >= pushTrust {
		wait = max(pushFactor*wait, maxInterval(src))
	}
	return wait
}

// bounds returns the least and the greatest interval of auto. The greatest is
// such that at most half of the document's window passes by unseen.
func bounds(src news.Source, state news.State) (least, most time.Duration) {
	most = maxInterval(src)
	if state.WindowItems > 0 {
		most = min(most, fromDays(0.5*float64(state.WindowItems)/Rate(state)))
	}
	least = minAuto
	life := max(state.FreshUntil.Sub(state.LastPoll), state.ServerGap)
	switch {
	case src.MinAuto > 0:
		least = src.MinAuto
	case life > 0:
		least = max(minAutoSaid, min(life, minAuto))
	case plain(src, state):
		least = max(minAuto, min(plainMin, most))
	}
	least = max(least, src.MinInterval)
	return least, max(least, most)
}

// plain reports whether a source's server has answered without validators and
// without a word about time. The user's own servers do not matter.
func plain(src news.Source, state news.State) bool {
	v := state.Validators
	return !state.LastBody.IsZero() && v.ETag == "" && v.LastModified == "" && !src.Own()
}

func maxInterval(src news.Source) time.Duration {
	if src.MaxInterval > 0 {
		return src.MaxInterval
	}
	return maxAuto
}

// Observe returns the state with what a poll taught about the source's rate.
// before is the state before the poll, after the settled one; entries is how
// many the document had, if there was one, items are those of them that were
// read, and stored what they came to.
func Observe(before, after news.State, entries int, items []news.Item, stored news.Appended) news.State {
	if !after.Outcome.OK() {
		return after
	}
	whole := entries > 0 && after.BodyHash != "" // not only the new entries (226)
	dated := 0
	var oldest, newest time.Time
	for i := range items {
		if at := items[i].Published; items[i].Dated {
			dated++
			if oldest.IsZero() || at.Before(oldest) {
				oldest = at
			}
			newest = later(newest, at)
		}
	}
	if whole {
		after.WindowItems = entries
	}
	if before.RateT == 0 && before.RateN == 0 && before.LastBody.IsZero() {
		return firstSight(after, dated, oldest)
	}
	watched := toDays(after.LastSuccess.Sub(before.LastSuccess))
	if before.LastSuccess.IsZero() || watched <= 0 {
		return after
	}
	decay := math.Exp(-watched / memory)
	span := watched
	if whole && dated > 1 && stored.New >= entries {
		// The whole window is new: nobody knows what passed before it.
		span = min(watched, toDays(newest.Sub(oldest)))
	}
	after.RateN = before.RateN*decay + float64(stored.New)
	after.RateT = before.RateT*decay + span
	return after
}

// firstSight takes the dated items of the first document for what would have
// been observed since the oldest of them. It is not weighed by age: the window
// of a source that publishes more or less than before is itself shorter or
// longer, and what it says of a seldom source would take months to learn.
func firstSight(state news.State, dated int, oldest time.Time) news.State {
	span := toDays(state.LastSuccess.Sub(oldest))
	if dated < 2 || span <= 0 {
		return state
	}
	state.RateN = float64(dated - 1) // the oldest only marks the beginning
	state.RateT = span
	return state
}

func toDays(d time.Duration) float64 { return d.Hours() / 24 }

// fromDays returns at most a century, so that no duration overflows.
func fromDays(days float64) time.Duration {
	return time.Duration(min(days, 36500) * float64(day))
}
