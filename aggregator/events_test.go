package aggregator

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestObserve lets a source live through a year of polls and looks at what is
// remembered of it.
func TestObserve(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	state := news.State{Source: "harbour"}
	poll := func(day float64, outcome news.Outcome) {
		next := state
		next.LastPoll = start.Add(time.Duration(day * 24 * float64(time.Hour)))
		next.Outcome, next.Error = outcome, ""
		if outcome.OK() {
			next.Failures = 0
		} else {
			next.Failures++
			next.Error = "the server has an error"
		}
		if outcome == news.OutcomeNew {
			next.LastNew = next.LastPoll
		}
		next.RateN, next.RateT = 14, 14 // an item a day
		state = observe(state, next)
	}
	for day := range 10 {
		poll(float64(day), news.OutcomeNew)
	}
	poll(10, news.OutcomeHTTP5xx)
	poll(10.1, news.OutcomeNew) // one failure is nothing to tell
	for i := range 5 {
		poll(11+float64(i), news.OutcomeHTTP5xx)
	}
	poll(17, news.OutcomeNotModified)
	for day := 18; day < 40; day++ {
		poll(float64(day), news.OutcomeNotModified)
	}
	poll(40, news.OutcomeNew)
	poll(41, news.OutcomeGone)
	poll(42, news.OutcomeGone)
	var kinds []news.EventKind
	for _, e := range state.Events {
		kinds = append(kinds, e.Kind)
	}
	want := []news.EventKind{news.EventBroken, news.EventRecovered, news.EventSilent, news.EventResumed, news.EventGone}
	if !slices.Equal(kinds, want) {
		t.Errorf("the events are %v, not %v", kinds, want)
	}
	if got := state.Events[0].Text; got != "It has failed 3 times in a row: the server has an error" {
		t.Errorf("broken: %s", got)
	}
	if got := state.Events[2]; got.At.Before(start.AddDate(0, 0, 18)) || got.At.After(start.AddDate(0, 0, 28)) {
		t.Errorf("silent at %s: %s", got.At, got.Text)
	}
	for range 100 {
		poll(50, news.OutcomeHTTP5xx)
		poll(50, news.OutcomeHTTP5xx)
		poll(50, news.OutcomeHTTP5xx)
		poll(50, news.OutcomeNew)
	}
	if len(state.Events) != eventsKept {
		t.Errorf("%d events are kept", len(state.Events))
	}
}

func TestTally(t *testing.T) {
	start := time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC)
	state := news.State{}
	poll := func(day, items int) {
		next := state
		next.LastPoll = start.AddDate(0, 0, day)
		next.ItemCount += int64(items)
		state = tally(state, next, news.Appended{New: items})
	}
	poll(0, 50) // the first import
	poll(0, 2)
	poll(1, 3)
	poll(1, 1)
	poll(4, 5)
	if want := []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 5}; !slices.Equal(state.Rhythm, want) {
		t.Errorf("after five days: %v, not %v", state.Rhythm, want)
	}
	poll(17, 1)
	if want := []int{5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}; !slices.Equal(state.Rhythm, want) {
		t.Errorf("after a fortnight more: %v, not %v", state.Rhythm, want)
	}
	poll(400, 1)
	if want := []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}; !slices.Equal(state.Rhythm, want) {
		t.Errorf("after a year: %v, not %v", state.Rhythm, want)
	}
}

// A clock is looked at by the wall and by the machine; the wall's may be slow
// by some milliseconds, or be put forward, without anything to be done.
func TestSetBack(t *testing.T) {
	for _, tc := range []struct {
		clock, machine time.Duration
		back           bool
	}{
		{30 * time.Second, 30 * time.Second, false}, {29500 * time.Millisecond, 30 * time.Second, false},
		{-time.Hour, 30 * time.Second, true}, {20 * time.Second, 30 * time.Second, true},
		{0, 0, false}, {time.Hour, 30 * time.Second, false}, {8 * time.Hour, time.Second, false},
	} {
		if got := setBack(tc.clock, tc.machine); got != tc.back {
			t.Errorf("%s by the wall and %s by the machine: set back %v", tc.clock, tc.machine, got)
		}
	}
}

// TestDiscreet: what has come of a source since it moved does not let it be told where
// to, if nobody is to be told.
func TestDiscreet(t *testing.T) {
	moved := news.State{Events: []news.Event{{Kind: news.EventMoved, Text: "It has moved to http://new.test/secret."}, {Kind: news.EventSilent}}}
	for unlisted, want := range map[bool]bool{false: true, true: false} {
		s := discreet(news.Source{Unlisted: unlisted}, moved)
		if told := strings.Contains(s.Events[0].Text, "secret"); told != want || len(s.Events) != 2 {
			t.Errorf("unlisted %t: %v", unlisted, s.Events)
		}
	}
}
