package schedule

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

// corpus opens a file of the corpora.
func corpus(t *testing.T, name string) *bufio.Scanner {
	t.Helper()
	f, err := os.Open(beside.Path(t, "corpora", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return bufio.NewScanner(f)
}

// runs returns the first n runs after from, as a clock in the zone shows them.
func runs(t *testing.T, zone, expr, from string, n int) []string {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", from, loc)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse("CRON_TZ=" + zone + " " + expr)
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for range n {
		at = r.After(at)
		shown = append(shown, at.In(loc).Format("02 Jan 15:04 MST"))
	}
	return shown
}

// wantRuns is what the corpus describes in words.
var wantRuns = map[string][]string{
	"cron-01": {"08 Mar 03:00 EDT", "09 Mar 02:30 EDT"},
	"cron-02": {"01 Nov 01:30 EDT", "02 Nov 01:30 EST"},
	"cron-03": {"01 Nov 01:00 EDT", "01 Nov 01:00 EST", "01 Nov 02:00 EST"},
	"cron-04": {"01 Nov 00:30 EDT", "01 Nov 01:00 EDT", "01 Nov 01:30 EDT", "01 Nov 01:00 EST", "01 Nov 01:30 EST", "01 Nov 02:00 EST"},
	"cron-05": {"03 Nov 00:00 -03", "04 Nov 01:00 -02", "05 Nov 00:00 -02"},
	"cron-06": {"23 Apr 00:00 EET", "24 Apr 01:00 EEST", "25 Apr 00:00 EEST"},
	"cron-07": {"23 Apr 22:00 EET", "24 Apr 01:00 EEST", "24 Apr 02:00 EEST", "24 Apr 04:00 EEST"},
	"cron-09": {"04 Apr 01:45 +11", "05 Apr 01:45 +11", "06 Apr 01:45 +1030"},
}

// wantParsed says which expressions are understood, and which are errors.
var wantParsed = map[string]bool{"cron-13": false, "cron-14": false, "cron-18": true, "cron-19": true, "cron-20": false}

func TestCronTime(t *testing.T) {
	lines := corpus(t, "security/cron-time.jsonl")
	cases := 0
	for lines.Scan() {
		var tc struct{ ID, TZ, Spec, From, Why string }
		if err := json.Unmarshal(lines.Bytes(), &tc); err != nil {
			t.Fatal(err)
		}
		cases++
		if ok, known := wantParsed[tc.ID]; known {
			if _, err := Parse(tc.Spec); (err == nil) != ok {
				t.Errorf("%s: %q: %v", tc.ID, tc.Spec, err)
			}
		} else if tc.Why == "clock" {
			clockJump(t, tc.ID)
		} else if want := wantRuns[tc.ID]; want == nil {
			t.Errorf("%s: nobody has said what is wanted", tc.ID)
		} else if got := runs(t, tc.TZ, tc.Spec, tc.From, len(want)); !slices.Equal(got, want) {
			t.Errorf("%s: %s in %s runs at %q, want %q", tc.ID, tc.Spec, tc.TZ, got, want)
		}
	}
	t.Logf("%d cases", cases)
}

// clockJump plays a jump of the wall clock between two polls of an hourly
// source: dating it anew at the next look at the clock gives the next run by
// the new time, once.
func clockJump(t *testing.T, id string) {
	jump := map[string]time.Duration{"cron-22": time.Hour, "cron-23": -2 * time.Hour, "cron-24": 3 * time.Hour, "cron-25": 2 * time.Second}[id]
	if jump == 0 {
		t.Errorf("%s: an unknown jump", id)
		return
	}
	src := news.Source{Name: "test", URL: "http://x.example/", Schedule: "0 * * * *", MinInterval: time.Minute}
	polled := time.Date(2026, 3, 4, 12, 0, 20, 0, time.UTC)
	state := news.State{URL: src.URL, LastPoll: polled, Polls: 9}
	state.NextDue = Next(src, state, polled, 0)
	now := polled.Add(10 * time.Minute).Add(jump) // the next look at the clock
	due := state.NextDue
	if Astray(state, now) {
		due = Next(src, state, now, 0)
	}
	nextHour := now.Truncate(time.Hour).Add(time.Hour)
	switch {
	case now.Before(due) && (due.Before(nextHour) || due.After(nextHour.Add(time.Minute))):
		t.Errorf("%s: at %v the next run is %v, want one within a minute of %v", id, now, due, nextHour)
	case !now.Before(due): // missed: once, now
		state.LastPoll = now
		if again := Next(src, state, now, 0); again.Before(nextHour) {
			t.Errorf("%s: a second run at %v after the one at %v", id, again, now)
		}
	}
}

// TestOneYearInTwelveZones lives through a year in fake time: a daily job runs
// once on each local day, an hourly one every real hour, and never twice in a
// local minute of the same offset.
func TestOneYearInTwelveZones(t *testing.T) {
	zones := []string{"UTC", "America/New_York", "America/Sao_Paulo", "Europe/London", "Europe/Kyiv", "Africa/Cairo",
		"Asia/Tehran", "Asia/Kathmandu", "Asia/Gaza", "Australia/Lord_Howe", "Pacific/Chatham", "America/St_Johns"}
	if race.Enabled {
		zones = zones[1:6:6] // nothing runs beside it; a sample will do
	}
	for _, zone := range zones {
		for _, expr := range []string{"30 2 * * *", "0 0 * * *", "45 1 * * *", "15 3 * * *"} {
			synctest.Test(t, func(t *testing.T) { liveYear(t, zone, expr) })
		}
		synctest.Test(t, func(t *testing.T) {
			src := news.Source{Name: zone, URL: "http://x.example/", Schedule: "CRON_TZ=" + zone + " 20 * * * *"}
			start := time.Now()
			polls := live(src, start.AddDate(1, 0, 0), func(time.Time) {})
			hours := int(start.AddDate(1, 0, 0).Sub(start) / time.Hour)
			if polls < hours-1 || polls > hours+1 {
				t.Errorf("hourly in %s: %d polls in %d hours", zone, polls, hours)
			}
		})
	}
}

func liveYear(t *testing.T, zone, expr string) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	src := news.Source{Name: zone + expr, URL: "http://x.example/", Schedule: "CRON_TZ=" + zone + " " + expr}
	days := map[string]int{}
	var last time.Time
	r0 := time.Now()
	live(src, r0.AddDate(1, 0, 0), func(at time.Time) {
		days[at.In(loc).Format(time.DateOnly)]++
		if !last.IsZero() && at.Sub(last) < 22*time.Hour {
			t.Errorf("%s in %s: polled at %v and at %v", expr, zone, last.In(loc), at.In(loc))
		}
		last = at
	})
	for at := r0.In(loc).AddDate(0, 0, 2); at.Before(r0.AddDate(1, 0, -2)); at = at.AddDate(0, 0, 1) {
		if n := days[at.Format(time.DateOnly)]; n != 1 {
			t.Errorf("%s in %s: %d polls on %s", expr, zone, n, at.Format(time.DateOnly))
		}
	}
	if n := len(days); n < 365 || n > 367 {
		t.Errorf("%s in %s: polls on %d days", expr, zone, n)
	}
}

// live sleeps from run to run and calls each for every one of them but the
// first, which is at once.
func live(src news.Source, end time.Time, each func(time.Time)) int {
	state := news.State{URL: src.URL}
	polls := 0
	for {
		due := Next(src, state, time.Now(), 0)
		if due.After(end) {
			return polls
		}
		time.Sleep(time.Until(due))
		if !state.LastPoll.IsZero() {
			polls++
			each(time.Now())
		}
		state.LastPoll = time.Now()
		state.Polls++
		time.Sleep(50 * time.Millisecond) // what a poll takes
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{"TZ=UTC", "CRON_TZ=", "TZ=", "CRON_TZ=Nowhere/Atall 0 * * * *", "* * * *", "* * * * * *", "61 * * * *", "* * * * 8",
		"* * * * 7-9", "* * * * 5-7/0", "@every", "@every soon", "@sometimes", "TZ= * * * * *", "a b c d e", "* * * * 7/x", "\x00", "TZ=UTC  "} {
		if r, err := Parse(bad); err == nil {
			t.Errorf("%q was understood as %+v", bad, r)
		}
	}
	for expr, want := range map[string]string{
		"0 0 * * 7": "Sun", "0 0 * * 5-7": "Fri Sat Sun", "0 0 * * 6-7": "Sat Sun", "0 0 * * 1-7/3": "Mon Thu Sun", "0 0 * * 1,7": "Mon Sun", "0 0 * * fri-7": "Fri Sat Sun", "0 0 * * MON-7/3,Wed": "Mon Wed Thu Sun", "00 00 * * 07": "Sun", "0 0 * * 05-07,1": "Mon Fri Sat Sun", "0 0 * * 0-7": "Sun Mon Tue Wed Thu Fri Sat",
	} {
		r, err := Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) // a Sunday
		got := map[string]bool{}
		for range 14 {
			at = r.After(at)
			got[at.Format("Mon")] = true
		}
		for _, day := range strings.Fields(want) {
			if !got[day] {
				t.Errorf("%q does not run on %s", expr, day)
			}
		}
		if len(got) != len(strings.Fields(want)) {
			t.Errorf("%q runs on %v, want %s", expr, got, want)
		}
	}
	if r, err := Parse("0 0 31 2 *"); err != nil || !r.After(time.Now()).IsZero() {
		t.Errorf("31 February: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, expr := range []string{"* * * * *", "@every 1h", "CRON_TZ=Asia/Tehran 0 6 * * 1-7/2", "TZ=UTC", "*/7 1-5,9 ? jan-mar sun"} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		r, err := Parse(expr)
		if err != nil || r == nil {
			return
		}
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		if next := r.After(at); !next.IsZero() && !next.After(at) {
			t.Errorf("%q runs at %v after %v", expr, next, at)
		}
	})
}

func ExampleRhythm_After() {
	r, _ := Parse("CRON_TZ=America/New_York 30 2 * * *")
	at := time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC)
	for range 3 {
		at = r.After(at)
		fmt.Println(at.UTC())
	}
	// Output:
	// 2026-03-08 07:00:00 +0000 UTC
	// 2026-03-09 06:30:00 +0000 UTC
	// 2026-03-10 06:30:00 +0000 UTC
}

// What a calendar spends is the same whenever one asks.
func TestPerDay(t *testing.T) {
	for _, tc := range []struct {
		expr string
		want float64
	}{
		{"@every 30m", 48}, {"0 */2 * * *", 12}, {"*/5 * * * *", 288}, {"* 9 * * *", 60}, {"CRON_TZ=Asia/Tokyo 0,30 6-9 * * 1-5", 8 * 261. / 365},
		{"0 6 * * 1", 52.0 / 365}, {"0 6 1 * *", 12.0 / 365}, {"0 6 1 1 *", 1.0 / 365}, {"0 6 1 * 1", 63.0 / 365}, {"0 6 30 2 *", 0},
	} {
		r, err := Parse(tc.expr)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, time.March, 1, 5, 59, 30, 0, time.UTC)
		for range 40 {
			if got := r.perDay(now); math.Abs(got-tc.want) > 8.01/365 { // a day more in the year
				t.Errorf("%s at %v: %.4g a day, want %.4g", tc.expr, now, got, tc.want)
			}
			now = now.Add(17 * time.Hour)
		}
	}
}
