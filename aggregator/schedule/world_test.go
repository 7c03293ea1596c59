package schedule

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The world of the simulation: sources whose items a day are spread
// log-normally, as those of real feeds are, with four kinds of habit.
const (
	worldSources = 2000
	worldDays    = 35
	worldMu      = -3.734
	worldSigma   = 2.772
	worldWindow  = 20 // entries in a document

	// worldSeed makes a world in which a fixed interval loses about the share of
	// items that it loses in the comparison that the known delays are from. The
	// habits of the few largest sources, which are luck, decide over that.
	worldSeed = 48
)

// A publisher is a source of the world: when its items appear, in days.
type publisher struct {
	rate  float64 // items a day; of one that changes, before it does
	items []float64
}

func newWorld() []publisher {
	rng := rand.New(rand.NewPCG(worldSeed, 1))
	world := make([]publisher, worldSources)
	for i := range world {
		// One source from each of as many equal parts of the distribution: the
		// few that publish most decide over everything and must not be luck.
		q := (float64(i) + 0.5) / worldSources
		p := publisher{rate: math.Exp(worldMu + worldSigma*math.Sqrt2*math.Erfinv(2*q-1))}
		switch u := rng.Float64(); {
		case u < 0.60:
			p.items = byHour(rng, p.rate)
		case u < 0.75:
			p.items = periodic(rng, p.rate)
		case u < 0.90:
			p.items = bursts(rng, p.rate)
		default:
			p.items = change(rng, p.rate)
		}
		slices.Sort(p.items)
		world[i] = p
	}
	return world
}

// past returns the day from which on a publisher has items: enough of them to
// fill the window on the first day, but none older than a century.
func past(rate float64) float64 { return -min(36500, max(30, 1.5*worldWindow/rate)) }

// byHour is Poisson with a rate that follows the hour of the day.
func byHour(rng *rand.Rand, rate float64) (items []float64) {
	peak := rng.Float64()
	for t := past(rate); ; {
		t += rng.ExpFloat64() / (2 * rate)
		if t >= worldDays {
			return items
		}
		if rng.Float64() < 0.5*(1+0.9*math.Cos(2*math.Pi*(t-peak))) {
			items = append(items, t)
		}
	}
}

// periodic keeps its times but for a tenth.
func periodic(rng *rand.Rand, rate float64) (items []float64) {
	for t := past(rate) + rng.Float64()/rate; t < worldDays; t += (1 + 0.1*rng.NormFloat64()) / rate {
		items = append(items, t)
	}
	return items
}

// bursts is five items on average within the same half hour.
func bursts(rng *rand.Rand, rate float64) (items []float64) {
	const size = 5
	for t := past(rate) + rng.ExpFloat64()*size/rate; t < worldDays; t += rng.ExpFloat64() * size / rate {
		for range 1 + rng.IntN(2*size-1) {
			if at := t + rng.ExpFloat64()/48; at < worldDays {
				items = append(items, at)
			}
		}
	}
	return items
}

// change is Poisson with a rate that becomes a tenth, or ten times as much.
func change(rng *rand.Rand, rate float64) (items []float64) {
	when, factor := rng.Float64()*worldDays, 10.0
	if rng.IntN(2) == 0 {
		factor = 0.1
	}
	for t := past(rate); ; {
		step := rng.ExpFloat64() / rate
		if t < when && t+step >= when {
			t, rate = when, rate*factor
			continue
		}
		if t += step; t >= worldDays {
			return items
		}
		items = append(items, t)
	}
}

// A policy polls a source at now, in days, and returns when to poll it again.
type policy struct {
	next   func(f *follower, now float64, fresh int) float64
	hourly func(now float64, all []*follower) // called before every hour; may be nil
}

// A follower is what a policy has seen of a publisher.
type follower struct {
	*publisher
	src   news.Source
	state news.State
	due   float64 // when it is polled next
	upto  int     // items known
}

// recent counts the items that are known and not older than so many days.
func (f *follower) recent(now, days float64) int {
	return f.upto - sort.SearchFloat64s(f.items, now-days)
}

// A tally is the sum over all polls.
type tally struct {
	polls, seen, lost int
	delay             float64 // days
}

// A result is what a policy came to.
type result struct {
	perDay float64 // polls a source and day
	delay  float64 // mean, in minutes, of the items that were seen
	lost   float64 // share of the items that left the window unseen
}

// play runs a policy over the whole time.
func play(world []publisher, p policy) result {
	all := make([]*follower, len(world))
	for i := range world {
		f := &follower{publisher: &world[i], due: float64(i) / worldSources / 24}
		f.src = news.Source{Name: fmt.Sprint("source-", i), URL: "http://sim.example/", Schedule: news.ScheduleAuto,
			MinAuto: time.Second, MaxInterval: day}
		f.state.URL = f.src.URL
		f.upto = sort.SearchFloat64s(f.items, 0)
		all[i] = f
	}
	step := float64(worldDays)
	if p.hourly != nil {
		step = 1.0 / 24
	}
	var sum tally
	for now := 0.0; now < worldDays; now += step {
		if p.hourly != nil {
			p.hourly(now, all)
		}
		for _, f := range all {
			for f.due < min(now+step, worldDays) {
				f.poll(p, &sum)
			}
		}
	}
	return result{
		perDay: float64(sum.polls) / worldDays / float64(len(world)),
		delay:  sum.delay / float64(sum.seen) * 24 * 60,
		lost:   float64(sum.lost) / float64(sum.seen+sum.lost),
	}
}

func (f *follower) poll(p policy, sum *tally) {
	now, upto := f.due, f.upto
	for upto < len(f.items) && f.items[upto] <= now {
		upto++
	}
	first := max(f.upto, upto-worldWindow)
	sum.polls++
	sum.lost += first - f.upto
	sum.seen += upto - first
	for _, at := range f.items[first:upto] {
		sum.delay += now - at
	}
	f.upto = upto
	f.due += p.next(f, now, upto-first)
}

// tune finds the parameter with which a policy spends the budget.
func tune(world []publisher, budget float64, with func(k float64) policy) result {
	low, high := math.Log(1e-4), math.Log(1e3)
	k := math.Log(0.1)
	for {
		r := play(world, with(math.Exp(k)))
		off := math.Log(r.perDay / budget)
		if math.Abs(off) < 0.003 || high-low < 1e-4 {
			return r
		}
		if off > 0 {
			low = k
		} else {
			high = k
		}
		// Polls go about as 1/k; where that leads out of the bracket, halve it.
		if k += off; k <= low || k >= high {
			k = (low + high) / 2
		}
	}
}

const minute = 1.0 / 24 / 60

// fixed polls every source as often.
func fixed(k float64) policy {
	return policy{next: func(*follower, float64, int) float64 { return k }}
}

// miniflux is Miniflux's entry_frequency: a week over the week's entries times
// a factor, between a floor and a day.
func miniflux(floor float64) func(k float64) policy {
	return func(k float64) policy {
		return policy{next: func(f *follower, now float64, _ int) float64 {
			n := f.recent(now, 7)
			if n == 0 {
				return 1
			}
			return max(floor, min(1, k*7/float64(n)))
		}}
	}
}

// newsblur is NewsBlur's tiers for a feed with one subscriber, by the stories
// of a month, all stretched alike.
func newsblur(k float64) policy {
	return policy{next: func(f *follower, now float64, _ int) float64 {
		daily := float64(f.recent(now, 30)) / 30
		wait := 24 * 60 * minute
		switch {
		case daily >= 1:
			wait = 45 * minute
		case daily > 0:
			wait = 12 * 60 * (1 - daily) * minute
		}
		return k * max(wait, 6*minute)
	}}
}

// known is our rule for one who knows the rates before any change.
func known(k float64) policy {
	return policy{next: func(f *follower, now float64, _ int) float64 {
		return min(1, 0.5*worldWindow/f.rate, k/math.Sqrt(f.rate))
	}}
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func instant(days float64) time.Time { return epoch.Add(time.Duration(days * float64(day))) }

// ours drives Next itself, with the constant solved every hour.
func ours(budget float64) policy {
	c := 0.0
	return policy{
		hourly: func(now float64, all []*follower) {
			var census Census
			for _, f := range all {
				census.Add(f.src, f.state, instant(now))
			}
			c = census.Solve(budget * float64(len(all)))
		},
		next: func(f *follower, now float64, fresh int) float64 {
			before, after := f.state, f.state
			after.LastPoll, after.LastSuccess = instant(now), instant(now)
			after.Polls++
			after.Outcome, after.Validators.ETag = news.OutcomeUnchanged, "known"
			var items []news.Item
			if fresh > 0 || before.Polls == 0 {
				after.Outcome, after.LastBody, after.BodyHash = news.OutcomeNew, instant(now), "known"
				for _, at := range f.items[max(0, f.upto-worldWindow):f.upto] {
					items = append(items, news.Item{Published: instant(at), Dated: true})
				}
			}
			f.state = Observe(before, after, len(items), items, news.Appended{New: fresh})
			return toDays(Next(f.src, f.state, instant(now), c).Sub(instant(now)))
		},
	}
}
