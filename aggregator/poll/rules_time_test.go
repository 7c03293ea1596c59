package poll_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/schedule"
)

const day = 24 * time.Hour

// simulate polls an origin by its schedule in a bubble of fake time and
// returns the log of the origin and the reader's last state.
func simulate(t *testing.T, src news.Source, d time.Duration, tune func(*reader), script func(n int, w http.ResponseWriter, r *http.Request)) (log []request, state news.State) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := &origin{script: script}
		r, _, stop := inMemory(o, src)
		defer stop()
		if tune != nil {
			tune(r)
		}
		r.run(d)
		log, state = o.requests(), r.state
	})
	return log, state
}

// gaps returns the times between the requests of a log.
func gaps(log []request) []time.Duration {
	var g []time.Duration
	for i := 1; i < len(log); i++ {
		g = append(g, log[i].at.Sub(log[i-1].at))
	}
	return g
}

// steady answers with a document, then with 304.
func steady(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"1"`)
	if r.Header.Get("If-None-Match") == `"1"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprint(w, feedDoc("a", "b", "c"))
}

func TestRule10_OnceAnHourWithValidatorsOnceADayWithout(t *testing.T) {
	// The budget that is the default, spent on sources that are all alike.
	var census schedule.Census
	src := news.Source{Name: "test", URL: "http://feeds.example.org/news", Schedule: news.ScheduleAuto}
	census.Add(src, news.State{URL: src.URL}, time.Now())
	c := census.Solve(schedule.DefaultBudget)

	log, _ := simulate(t, src, 10*day, func(r *reader) { r.c = c }, func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) })
	if n := len(log); n > 10*24+1 {
		t.Errorf("with validators, %d polls in ten days", n)
	}
	if len(log) < 3*24 {
		t.Errorf("with validators, only %d polls in ten days", len(log))
	}
	log, _ = simulate(t, src, 10*day, func(r *reader) { r.c = c }, func(_ int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, feedDoc("a", "b", "c"))
	})
	for i, gap := range gaps(log) {
		if gap < day {
			t.Errorf("without validators, poll %d came after %v", i+1, gap)
		}
	}
	if len(log) < 9 {
		t.Errorf("without validators, only %d polls in ten days", len(log))
	}
	// A cron expression is the user's own word.
	src.Schedule = "*/20 * * * *"
	log, _ = simulate(t, src, day, nil, func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) })
	if n := len(log); n < 72 || n > 74 {
		t.Errorf("*/20 polled %d times in a day, want 72 or one more for the start", n)
	}
}

func TestRule11_NotBeforeTheAnswerGoesStale(t *testing.T) {
	const least = time.Hour // what auto does by itself here
	for _, tc := range []struct {
		header map[string]string
		want   time.Duration
	}{
		{map[string]string{"Cache-Control": "max-age=43200"}, 12 * time.Hour},
		{map[string]string{"Cache-Control": "public, MAX-AGE=\"14400\", must-revalidate"}, 4 * time.Hour},
		{map[string]string{"Cache-Control": "max-age=43200", "Age": "21600"}, 6 * time.Hour},
		{map[string]string{"Cache-Control": "max-age=10800", "Expires": "Thu, 01 Dec 2094 16:00:00 GMT"}, 3 * time.Hour},
		{map[string]string{"Date": "Sat, 01 Jan 2099 00:00:00 GMT", "Expires": "Sat, 01 Jan 2099 05:00:00 GMT"}, 5 * time.Hour},
		{map[string]string{"Expires": "0"}, least},
		{map[string]string{"Expires": "Thu, 01 Dec 1994 16:00:00 GMT"}, least},
		{map[string]string{"Cache-Control": "no-cache"}, least},
		{map[string]string{"Cache-Control": "no-store, max-age=0"}, least},
		{map[string]string{"Cache-Control": "max-age=99999999999999999999"}, day}, // capped by the source
		{map[string]string{"Cache-Control": "max-age=-5"}, least},
		{map[string]string{"Cache-Control": "max-age=soon"}, least},
	} {
		src := news.Source{MaxInterval: day}
		log, _ := simulate(t, src, 3*day, nil, func(_ int, w http.ResponseWriter, r *http.Request) {
			for k, v := range tc.header {
				w.Header().Set(k, v)
			}
			steady(w, r)
		})
		for i, gap := range gaps(log) {
			if gap < tc.want || gap > tc.want+2*time.Minute {
				t.Errorf("%v: poll %d came after %v, want %v", tc.header, i+1, gap, tc.want)
				break
			}
		}
		if len(log) < 3 {
			t.Errorf("%v: only %d polls in three days", tc.header, len(log))
		}
	}
}

func TestRule12_FeedsLengthenTheInterval(t *testing.T) {
	for _, tc := range []struct {
		ttl, want time.Duration
	}{{5 * time.Minute, time.Hour}, {4 * time.Hour, 4 * time.Hour}, {100 * day, day}} {
		log, _ := simulate(t, news.Source{MaxInterval: day}, 4*day, func(r *reader) {
			r.tune = func(f *news.Feed) { f.TTL = tc.ttl }
		}, func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) })
		for i, gap := range gaps(log) {
			if gap < tc.want || gap > tc.want+2*time.Minute {
				t.Errorf("ttl %v: poll %d came after %v, want %v", tc.ttl, i+1, gap, tc.want)
				break
			}
		}
	}
	night := []int{22, 23, 0, 1, 2, 3, 4, 5}
	log, _ := simulate(t, news.Source{}, 14*day, func(r *reader) {
		r.tune = func(f *news.Feed) { f.SkipHours, f.SkipDays = night, []time.Weekday{time.Sunday} }
	}, func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) })
	days := map[int]bool{}
	for _, req := range log[1:] {
		at := req.at.UTC()
		days[at.YearDay()] = true
		if at.Weekday() == time.Sunday || at.Hour() >= 22 || at.Hour() < 6 {
			// The first poll is not bound, and one a day is due in any case.
			if at.Weekday() != time.Sunday {
				t.Errorf("polled at %v, in an hour to be skipped", at)
			}
		}
	}
	if len(days) < 12 {
		t.Errorf("polled on %d of 14 days", len(days))
	}
	for _, gap := range gaps(log) {
		if gap < time.Hour {
			t.Errorf("skipping shortened an interval to %v", gap)
		}
	}
}

func TestRule13_StablePhasesAndRestarts(t *testing.T) {
	for _, expr := range []string{"0 * * * *", "@hourly", "@every 1h", news.ScheduleAuto} {
		restarts := 0
		src := news.Source{Schedule: expr, MinInterval: time.Minute}
		log, _ := simulate(t, src, 3*day, func(r *reader) {
			client := r.client
			r.after = func(*news.State) { r.client = client; restarts++ } // nothing but the state is kept
		}, func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) })
		for i, gap := range gaps(log)[1:] {
			if gap < time.Hour {
				t.Errorf("%s: poll %d came after %v: too early", expr, i+2, gap)
			}
		}
		if restarts < 60 {
			t.Errorf("%s: %d polls in three days", expr, restarts)
		}
	}
	// Sources of one schedule do not come at once.
	moments := map[int]int{}
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for i := range 600 {
		src := news.Source{Name: fmt.Sprint("source-", i), URL: "http://x.example/", Schedule: "0 * * * *"}
		due := schedule.Next(src, news.State{URL: src.URL, LastPoll: now}, now, 0)
		moments[due.Minute()*60+due.Second()]++
		if again := schedule.Next(src, news.State{URL: src.URL, LastPoll: now}, now, 0); again != due {
			t.Fatalf("the phase of %s moved from %v to %v", src.Name, due, again)
		}
		if due.Minute() != 0 {
			t.Errorf("%s is due at %v, more than a minute late", src.Name, due)
		}
	}
	for second, n := range moments {
		if n > 30 {
			t.Errorf("%d of 600 sources are due in second %d", n, second)
		}
	}
	if len(moments) < 50 {
		t.Errorf("600 sources are due in %d different seconds", len(moments))
	}
}

func TestRule13_TwentyRestartsInAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) }}
		first, p, stop := inMemory(o, news.Source{Schedule: "@every 20m"})
		defer stop()
		kept := first.state
		for range 20 {
			r := *first
			r.client = poll.NewClient(poll.Options{DialContext: p.dial})
			r.state = kept
			r.run(3 * time.Minute)
			kept = r.state
			r.client.Close()
		}
		if n := len(o.requests()); n != 3 {
			t.Errorf("%d requests in an hour of @every 20m with 20 restarts, want 3", n)
		}
	})
}

func TestRule14_OneConnectionAHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			steady(w, r)
		}}
		r, p, stop := inMemory(o, news.Source{Timeout: time.Minute})
		defer stop()
		var polls sync.WaitGroup
		for i := range 10 {
			src := r.src
			src.Name = fmt.Sprint("source-", i)
			src.URL += "?" + src.Name
			polls.Go(func() { r.client.Poll(t.Context(), src, news.State{}, time.Now()) })
		}
		polls.Wait()
		if p.most != 1 {
			t.Errorf("%d connections to one host at once, want 1", p.most)
		}
		log := o.requests()
		for i, gap := range gaps(log) {
			if gap < time.Second {
				t.Errorf("request %d came while another was being answered", i+1)
			}
		}
		if len(log) != 10 {
			t.Errorf("%d requests, want 10", len(log))
		}
	})
}

func TestRule15_FailuresBackOff(t *testing.T) {
	// By a schedule of every hour the pauses double up to a week.
	log, state := simulate(t, news.Source{Schedule: "@every 1h"}, 60*day, nil, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
	})
	want := 2 * time.Hour
	for i, gap := range gaps(log) {
		if gap < want || gap > want+7*time.Minute {
			t.Errorf("pause %d was %v, want %v", i+1, gap, want)
		}
		want = min(2*want, 7*day)
	}
	if len(log) < 10 || state.Failures != len(log) {
		t.Errorf("%d polls, %d failures counted", len(log), state.Failures)
	}
	// The first success brings the schedule back.
	log, _ = simulate(t, news.Source{Schedule: "@every 1h"}, 20*time.Hour, nil, func(n int, w http.ResponseWriter, r *http.Request) {
		if n < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		steady(w, r)
	})
	for i, gap := range gaps(log)[3:] {
		if gap < time.Hour || gap > time.Hour+time.Minute {
			t.Errorf("after the recovery, pause %d was %v", i, gap)
		}
	}
}

func TestRule15_RetryAfterIsHonoured(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		after  func(now time.Time) string
		want   time.Duration
	}{
		{"seconds", 429, func(time.Time) string { return "7200" }, 2 * time.Hour},
		{"date", 429, func(now time.Time) string { return now.Add(3 * time.Hour).UTC().Format(http.TimeFormat) }, 3 * time.Hour},
		{"unavailable", 503, func(time.Time) string { return "10800" }, 3 * time.Hour},
		{"none", 429, func(time.Time) string { return "" }, 4 * time.Hour},
		{"negative", 429, func(time.Time) string { return "-5" }, 4 * time.Hour},
		{"past", 429, func(time.Time) string { return "Mon, 07 Nov 1994 08:49:37 GMT" }, 4 * time.Hour},
		{"forbidden", 403, func(time.Time) string { return "" }, 4 * time.Hour},
		{"redirect", 302, func(time.Time) string { return "9000" }, 150 * time.Minute},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log, _ := simulate(t, news.Source{Schedule: "@every 1h"}, 12*time.Hour, nil, func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					w.Header().Set("Location", "/elsewhere")
					if s := tc.after(time.Now()); s != "" {
						w.Header().Set("Retry-After", s)
					}
					w.WriteHeader(tc.status)
					return
				}
				steady(w, r)
			})
			g := gaps(log)
			if g[1] < tc.want-time.Second || // a date has no fractions
				g[1] > tc.want+time.Minute {
				t.Errorf("came back after %v, want %v", g[1], tc.want)
			}
		})
	}
}

func TestRule15_NeverFasterAfterARefusal(t *testing.T) {
	for _, after := range []int{0, 1, 60, 3600} {
		log, _ := simulate(t, news.Source{Schedule: "@every 30m"}, 40*day, nil, func(_ int, w http.ResponseWriter, r *http.Request) {
			if after > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(after))
			}
			w.WriteHeader(http.StatusTooManyRequests)
		})
		least := time.Duration(0)
		for i, gap := range gaps(log) {
			if gap < 30*time.Minute || gap < least-10*time.Minute || gap < time.Duration(after)*time.Second {
				t.Errorf("Retry-After %d: refusal %d was followed after %v, the one before after %v", after, i+1, gap, least)
			}
			least = gap
		}
		if least < 6*day {
			t.Errorf("Retry-After %d: a server that refuses for 40 days is still asked every %v", after, least)
		}
	}
}

func TestRule19_TheDeadAreVisitedSeldom(t *testing.T) {
	for _, tc := range []struct {
		status   int
		outcome  news.Outcome
		min, max int // requests in 90 days
	}{
		{http.StatusGone, news.OutcomeGone, 1, 1},
		{http.StatusNotFound, news.OutcomeHTTP4xx, 12, 25},
		{http.StatusUnauthorized, news.OutcomeHTTP4xx, 12, 25},
		{http.StatusForbidden, news.OutcomeHTTP4xx, 12, 25},
		{999, news.OutcomeNetwork, 12, 25},
	} {
		log, state := simulate(t, news.Source{Schedule: "@hourly"}, 90*day, nil, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tc.status)
		})
		if len(log) < tc.min || len(log) > tc.max {
			t.Errorf("%d: %d requests in 90 days, want %d to %d", tc.status, len(log), tc.min, tc.max)
		}
		if state.Outcome != tc.outcome {
			t.Errorf("%d: outcome %q, want %q", tc.status, state.Outcome, tc.outcome)
		}
		if g := gaps(log); len(g) > 0 && (g[len(g)-1] > 8*day || g[0] > 5*time.Hour) {
			t.Errorf("%d: pauses from %v to %v", tc.status, g[0], g[len(g)-1])
		}
	}
}

// A stopped context is one whose timer is late.
type stopped struct{ context.Context }

func (stopped) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

func TestNobodyIsAskedAfterTheTimeIsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) }}
		r, _, stop := inMemory(o, news.Source{Name: "test", URL: "http://feeds.example.org/news"})
		defer stop()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		r.client.Poll(stopped{ctx}, r.src, r.state, time.Now())
		if n := len(o.requests()); n > 0 {
			t.Errorf("%d requests", n)
		}
	})
}
