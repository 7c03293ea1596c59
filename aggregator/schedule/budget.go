package schedule

import (
	"math"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// DefaultBudget is how many polls a day and source auto may spend if nobody
// says otherwise: one an hour on average.
const DefaultBudget = 24

// A Census counts sources by what matters to their interval, so that the
// constant is found at a cost that does not grow with their number. Its zero
// value is empty.
type Census struct {
	sources  int
	explicit float64 // polls a day that cron expressions ask for
	cells    map[cell]float64
}

// A cell holds sources that auto treats alike.
type cell struct {
	rate        int16 // of the logarithm of the rate, in steps of 1/rateSteps
	least, most int32 // interval, in seconds
}

const rateSteps = 32

// Add counts a source. One that is gone or backed off costs nothing.
func (c *Census) Add(src news.Source, state news.State, now time.Time) {
	c.sources++
	if state.Outcome == news.OutcomeGone {
		return
	}
	if r, err := Parse(src.Schedule); err == nil && r != nil {
		c.explicit += r.perDay(now)
		return
	}
	if state.RetryAt.After(now) {
		return
	}
	least, most := bounds(src, state)
	least = max(least, min(max(state.FreshUntil.Sub(state.LastPoll), state.ServerGap), maxInterval(src)))
	k := cell{
		rate:  int16(math.Round(math.Log(Rate(state)) * rateSteps)),
		least: int32(least / time.Second), most: int32(max(least, most) / time.Second),
	}
	if state.Pushes >= pushTrust {
		k.least = int32(max(least, maxInterval(src)) / time.Second)
		k.most = k.least
	}
	if c.cells == nil {
		c.cells = map[cell]float64{}
	}
	c.cells[k]++
}

// Sources returns how many sources were counted.
func (c *Census) Sources() int { return c.sources }

// Solve returns the constant with which all sources together are polled this
// often a day. Where the budget is out of reach the result polls as seldom, or
// as often, as the bounds of the sources allow.
func (c *Census) Solve(budget float64) float64 {
	low, high := math.Log(1e-5), math.Log(1e3) // days per root of a daily item
	for range 50 {
		middle := (low + high) / 2
		if c.PerDay(math.Exp(middle)) > budget {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp(high)
}

// PerDay returns how many polls a day all sources together come to with a
// constant.
func (c *Census) PerDay(constant float64) float64 {
	const secondsADay = 86400
	sum := c.explicit
	for k, n := range c.cells {
		wait := constant / math.Exp(float64(k.rate)/rateSteps/2) * secondsADay
		wait = max(min(wait, float64(k.most)), float64(k.least))
		wait += min(jitterMax.Seconds(), wait/10) / 2 // on average
		sum += n * secondsADay / wait
	}
	return sum
}
