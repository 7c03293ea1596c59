package schedule

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/wireroom/wireroom/aggregator/news"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// dated returns items that were published so long before noon.
func dated(ages ...time.Duration) []news.Item {
	var items []news.Item
	for _, age := range ages {
		items = append(items, news.Item{Published: noon.Add(-age), Dated: true})
	}
	return items
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestObserve(t *testing.T) {
	polled := news.State{Outcome: news.OutcomeNew, LastPoll: noon, LastSuccess: noon, LastBody: noon, BodyHash: "x"}
	first := Observe(news.State{}, polled, 4, dated(0, day, 2*day, 10*day), news.Appended{New: 4})
	near(t, "RateN at first sight", first.RateN, 3)
	near(t, "RateT at first sight", first.RateT, 10)
	near(t, "Rate", Rate(first), 3.5/15)
	if first.WindowItems != 4 {
		t.Errorf("window of %d items", first.WindowItems)
	}
	undated := Observe(news.State{}, polled, 5, make([]news.Item, 5), news.Appended{New: 5})
	near(t, "Rate without dates", Rate(undated), 0.1)

	// Two days later three of four items are new.
	after := first
	after.LastSuccess = noon.Add(2 * day)
	next := Observe(first, after, 4, dated(0, 1, 2, day), news.Appended{New: 3})
	decay := math.Exp(-2.0 / 14)
	near(t, "RateN", next.RateN, 3*decay+3)
	near(t, "RateT", next.RateT, 10*decay+2)

	// All four are new: they span six hours, and before them nobody knows.
	next = Observe(first, after, 4, dated(0, time.Hour, 2*time.Hour, 6*time.Hour), news.Appended{New: 4})
	near(t, "RateT of an overflow", next.RateT, 10*decay+0.25)

	// The same from a server that sends new entries only is no overflow.
	partial := after
	partial.BodyHash = ""
	next = Observe(first, partial, 2, dated(0, time.Hour), news.Appended{New: 2})
	near(t, "RateT after a part", next.RateT, 10*decay+2)
	if next.WindowItems != 4 {
		t.Errorf("a part of %d items was taken for the window", next.WindowItems)
	}

	// Nothing new, by a 304, and a failure.
	next = Observe(first, after, 0, nil, news.Appended{})
	near(t, "RateN after nothing", next.RateN, 3*decay)
	failed := after
	failed.Outcome = news.OutcomeTimeout
	if got := Observe(first, failed, 0, nil, news.Appended{}); got.RateN != failed.RateN || got.RateT != failed.RateT {
		t.Error("a failure taught a rate")
	}
	// A clock that was put back teaches nothing.
	after.LastSuccess = noon.Add(-day)
	if got := Observe(first, after, 0, nil, news.Appended{}); got.RateN != after.RateN {
		t.Error("a step back in time taught a rate")
	}
}

func TestInterval(t *testing.T) {
	validators := news.Validators{ETag: `"1"`}
	known := func(n, span float64) news.State {
		return news.State{RateN: n, RateT: span, LastBody: noon, LastPoll: noon, Validators: validators, WindowItems: 20}
	}
	busy, plain := known(9999.5, 5), known(0, 0)
	plain.Validators = news.Validators{}
	with := func(s news.State, change func(*news.State)) news.State { change(&s); return s }
	const hour = time.Hour
	for _, tc := range []struct {
		name  string
		src   news.Source
		state news.State
		c     float64
		want  time.Duration
	}{
		{"no constant yet", news.Source{}, known(0, 0), 0, hour},
		{"by the root of the rate", news.Source{}, known(39.5, 5), 1, 12 * hour},
		{"never under fifteen minutes", news.Source{}, busy, 0.001, 15 * time.Minute},
		{"five where the server says so", news.Source{}, with(busy, func(s *news.State) { s.ServerGap = time.Minute }), 0.001, 5 * time.Minute},
		{"ten where the server says so", news.Source{}, with(busy, func(s *news.State) { s.FreshUntil = noon.Add(10 * time.Minute) }), 0.001, 10 * time.Minute},
		{"as the user sets it", news.Source{MinAuto: time.Minute}, with(busy, func(s *news.State) { s.WindowItems = 10000 }), 0.001, time.Minute},
		{"not under min_interval", news.Source{MinInterval: hour}, busy, 0.001, hour},
		{"at most a day", news.Source{}, known(0, 0), 100, day},
		{"at most what the user sets", news.Source{MaxInterval: 3 * hour}, known(0, 0), 100, 3 * hour},
		{"half of the window", news.Source{}, known(199.5, 5), 100, 12 * hour},
		{"a day without validators", news.Source{}, plain, 0.001, day},
		{"but half of the window", news.Source{}, with(plain, func(s *news.State) { s.RateN, s.RateT = 399.5, 5 }), 0.001, 6 * hour},
		{"and not on the user's own server", news.Source{AllowPrivate: true}, plain, 0.001, 15 * time.Minute},
		{"a confirmed push", news.Source{}, with(known(0, 0), func(s *news.State) { s.Pushes = 3 }), 0, day},
		{"two pushes", news.Source{}, with(known(0, 0), func(s *news.State) { s.Pushes = 2 }), 0, hour},
	} {
		if got := Interval(tc.src, tc.state, tc.c); (got - tc.want).Abs() > time.Second {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestSolve(t *testing.T) {
	var census Census
	if got := census.Solve(100); math.IsNaN(got) || math.IsInf(got, 0) {
		t.Errorf("nobody there: %v", got)
	}
	sources, exact := 500, 0.0
	states := make([]news.State, sources)
	for i := range states {
		states[i] = news.State{URL: "http://x.example/", RateN: math.Exp(float64(i)/50 - 5), RateT: 14, LastPoll: noon, LastBody: noon,
			Validators: news.Validators{ETag: "x"}, WindowItems: 20}
		census.Add(news.Source{Name: fmt.Sprint(i), Schedule: news.ScheduleAuto}, states[i], noon)
	}
	census.Add(news.Source{Schedule: "@every 30m"}, news.State{}, noon)
	census.Add(news.Source{Schedule: "0 */2 * * *"}, news.State{}, noon)
	census.Add(news.Source{Schedule: "0 * * * *"}, news.State{Outcome: news.OutcomeGone}, noon)
	census.Add(news.Source{Schedule: news.ScheduleAuto}, news.State{RetryAt: noon.Add(time.Hour)}, noon)
	if census.Sources() != sources+4 {
		t.Errorf("%d sources counted", census.Sources())
	}
	const budget = 5000
	c := census.Solve(budget)
	for _, s := range states {
		wait := Interval(news.Source{}, s, c)
		exact += toDays(day) / toDays(wait+min(jitterMax, wait/10)/2)
	}
	if exact += 48 + 12; math.Abs(exact/budget-1) > 0.01 {
		t.Errorf("%.0f polls a day for a budget of %d", exact, budget)
	}
	var idle Census
	idle.Add(news.Source{Schedule: news.ScheduleAuto}, news.State{RetryAt: noon.Add(time.Hour)}, noon)
	if perDay := idle.PerDay(1); perDay != 0 {
		t.Errorf("a source that is held back is counted with %g polls a day", perDay)
	}
	// A budget out of reach ends at the bounds.
	for _, b := range []float64{0, 1e9} {
		if perDay := census.PerDay(census.Solve(b)); perDay < 500 || perDay > 96*501+61 {
			t.Errorf("a budget of %g is answered with %g polls a day", b, perDay)
		}
	}
}

func TestHeld(t *testing.T) {
	source := func(name, url string) news.Source { return news.Source{Name: name, URL: url} }
	all := []news.Source{
		source("a1", "https://a.example.co.uk/1"), source("a2", "https://A.example.co.uk:8443/2"), source("b", "https://b.example.co.uk/"),
		source("other", "https://other.co.uk/"), source("t1", "https://one.tumblr.com/rss"), source("t2", "https://two.tumblr.com/rss"),
		source("g1", "https://x.github.io/feed"), source("g2", "https://y.github.io/feed"), source("file", "file:feed.xml"),
		{Name: "own1", URL: "http://10.0.0.1/", AllowPrivate: true}, {Name: "own2", URL: "http://10.0.0.1/2", AllowPrivate: true},
	}
	for _, tc := range []struct {
		name  string
		scope news.LimitScope
		want  string
	}{
		{"a1", "", "[a1 a2]"}, {"a1", news.LimitHost, "[a1 a2]"}, {"a1", news.LimitFeed, "[]"}, {"a1", news.LimitDomain, "[a1 a2 b]"},
		{"t1", "", "[t1 t2]"}, {"t1", news.LimitHost, "[t1 t2]"}, {"t1", news.LimitFeed, "[]"}, {"g1", news.LimitDomain, "[g1 g2]"}, {"g1", "", "[]"},
		{"own1", news.LimitHost, "[]"}, {"file", "", "[]"},
	} {
		for _, src := range all {
			if src.Name == tc.name {
				src.LimitScope = tc.scope
				if got := fmt.Sprint(NewNeighbours(slices.Values(all)).Held(src)); got != tc.want {
					t.Errorf("a limit of %s with scope %q holds %s, want %s", tc.name, tc.scope, got, tc.want)
				}
			}
		}
	}
}

func TestSpread(t *testing.T) {
	src := news.Source{Name: "gannet", Schedule: "@every 1h"}
	state := news.State{Polls: 5, LastPoll: noon, NextDue: noon.Add(time.Hour)}
	for name, test := range map[string]struct {
		schedule string
		polls    int64
		late     time.Duration
		spread   bool
	}{
		"late by more than an interval": {"@every 1h", 5, 3 * time.Hour, true},
		"late on auto":                  {news.ScheduleAuto, 5, 3 * time.Hour, true},
		"a little late":                 {"@every 1h", 5, 50 * time.Minute, false},
		"early, by a push":              {"@every 1h", 5, -30 * time.Minute, false},
		"of a calendar":                 {"0 * * * *", 5, 3 * time.Hour, false},
		"for the first time":            {"@every 1h", 0, 3 * time.Hour, false},
	} {
		before, after := state, state
		src.Schedule, before.Polls = test.schedule, test.polls
		after.LastPoll = before.NextDue.Add(test.late)
		due := after.LastPoll.Add(time.Hour)
		got := Spread(src, before, after, due)
		if put := got.Sub(due); test.spread != (put > 0) || put < 0 || put >= 30*time.Minute {
			t.Errorf("%s: put off by %s", name, put)
		}
	}
	if got := Spread(src, state, news.State{LastPoll: noon.Add(9 * time.Hour)}, Never); got != Never {
		t.Errorf("what is gone is due at %s", got)
	}
}

// TestEveryTwoSeconds is the pace at which recorded feeds are played.
func TestEveryTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := news.Source{Name: "fast", URL: "http://x.example/", Schedule: "@every 2s", MinInterval: time.Second}
		polls := live(src, time.Now().Add(time.Minute), func(time.Time) {})
		if polls < 28 || polls > 30 {
			t.Errorf("%d polls in a minute", polls)
		}
	})
}

// TestNextIsSafe holds Next to what nothing may override, for any state.
// TestUnreached starts without a network: what never answered is asked again
// soon, and ever less often; what did answer waits as after any failure.
func TestUnreached(t *testing.T) {
	src := news.Source{Name: "gannet", Schedule: "auto", MinInterval: time.Minute}
	polled := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		failures    int
		success     time.Time
		least, most time.Duration
	}{
		{1, time.Time{}, 10 * time.Minute, 15 * time.Minute},
		{2, time.Time{}, 20 * time.Minute, 25 * time.Minute},
		{5, time.Time{}, 160 * time.Minute, 170 * time.Minute},
		{1, polled.Add(-time.Hour), time.Hour, 25 * time.Hour},
	} {
		state := news.State{Source: "gannet", Outcome: news.OutcomeNetwork, Failures: test.failures, LastPoll: polled, LastSuccess: test.success}
		if wait := Next(src, state, polled, 1).Sub(polled); wait < test.least || wait > test.most {
			t.Errorf("after %d failures, last answered %s: polled again after %s", test.failures, test.success, wait)
		}
	}
}

func TestNextIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		instant := func(name string) time.Time {
			return noon.Add(time.Duration(rapid.Int64Range(-40*int64(day), 40*int64(day)).Draw(t, name)))
		}
		src := news.Source{
			Name: rapid.String().Draw(t, "name"), URL: "http://x.example/",
			Schedule:    rapid.SampledFrom([]string{news.ScheduleAuto, "", "@every 2s", "@daily", "*/7 3-9 * * 1-7", "CRON_TZ=Africa/Cairo 0 0 * * *", "nonsense"}).Draw(t, "schedule"),
			MinInterval: time.Duration(rapid.Int64Range(0, int64(2*day)).Draw(t, "min")),
			MaxInterval: time.Duration(rapid.Int64Range(0, int64(4*day)).Draw(t, "max")),
		}
		state := news.State{
			URL: src.URL, LastPoll: instant("last"), RetryAt: instant("retry"), FreshUntil: instant("fresh"), Polls: 5,
			Failures: rapid.SampledFrom([]int{0, 0, 0, 1, 2, 1000}).Draw(t, "failures"), Blocks: rapid.IntRange(0, 3).Draw(t, "blocks"),
			ServerGap: time.Duration(rapid.Int64().Draw(t, "gap")), SkipHours: rapid.SliceOf(rapid.IntRange(-3, 30)).Draw(t, "hours"),
			RateN: rapid.Float64Range(0, 1e6).Draw(t, "n"), RateT: rapid.Float64Range(0, 1e4).Draw(t, "t"), WindowItems: rapid.IntRange(0, 5000).Draw(t, "window"),
		}
		now := later(instant("now"), state.LastPoll)
		due := Next(src, state, now, rapid.Float64Range(0, 1e3).Draw(t, "c"))
		switch {
		case due.Before(state.RetryAt):
			t.Fatalf("due at %v, before Retry-After %v", due, state.RetryAt)
		case due.Before(state.LastPoll.Add(src.MinInterval)):
			t.Fatalf("due at %v, sooner than the least interval after %v", due, state.LastPoll)
		case due.After(later(state.RetryAt, now).Add(9*day + src.MinInterval + max(src.MaxInterval, day))):
			t.Fatalf("due at %v: given up", due)
		}
	})
}

// TestBackOffBeginsAfterTheTimeout: a server that has not answered in time is not
// asked again at that moment, however short its schedule.
func TestBackOffBeginsAfterTheTimeout(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	src := news.Source{Name: "slow", URL: "http://slow.test/", Timeout: 30 * time.Second}
	state := news.State{URL: src.URL, LastPoll: at, Polls: 2, Failures: 1, Outcome: news.OutcomeTimeout}
	for schedule, want := range map[string]time.Duration{"@every 5s": 40 * time.Second, "@every 10m": 20*time.Minute + 30*time.Second} {
		src.Schedule = schedule
		if got := Next(src, state, at.Add(src.Timeout), 0).Sub(at); got != want {
			t.Errorf("%s: asked again after %s, want %s", schedule, got, want)
		}
	}
}
