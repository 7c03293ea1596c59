package story

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A calendar makes records of what is fetched at instants.
type calendar struct {
	last  int64 // record
	words *rand.Rand
	texts map[string]string
}

func newCalendar() *calendar {
	return &calendar{words: rand.New(rand.NewPCG(1, 1)), texts: map[string]string{}}
}

// record is one of what a source tells of a town, in words of no other.
func (c *calendar) record(source, town string, at time.Time) news.Record {
	if c.texts[town] == "" {
		c.texts[town] = town + " votes"
		for range 80 {
			c.texts[town] += fmt.Sprintf(" w%x", c.words.Uint32())
		}
	}
	text := c.texts[town]
	c.last++
	id := fmt.Sprint("item ", c.last)
	return news.Record{Seq: c.last, Revision: 1, Item: news.Item{
		Source: source, ID: id, Title: text[:40], Text: text, Language: "en", Published: at, FirstSeen: at, Fetched: at, Hash: id,
	}}
}

// copied reports whether an item was known for what another is.
func copied(d news.Decision) bool { return d.Kind == news.KindSame || d.Kind == news.KindCopy }

// TestClockThatWasAhead: what was recognised under a clock that was a year ahead does
// not keep stories from being recognised for a year, nor does it after a restart.
func TestClockThatWasAhead(t *testing.T) {
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	c, x := newCalendar(), New(Options{})
	var decisions []news.Decision
	add := func(source, town string, at time.Time) news.Decision {
		d := x.Add(c.record(source, town, at), news.Outlet{})
		decisions = append(decisions, d)
		return d
	}
	add("early", "Sandhead", now)
	for i := range 3 {
		add("ahead", fmt.Sprint("Ahead", i), now.AddDate(1, 0, i))
	}
	add("behind", "Wash", now)
	now = now.Add(time.Hour)
	for i, town := range []string{"Varne", "Goodwin", "Dogger"} {
		at := now.Add(time.Duration(i) * time.Minute)
		if d := add("one", town, at); d.Kind != news.KindNew {
			t.Errorf("the first from %s is %s", town, d.Kind)
		}
		if d := add("two", town, at.Add(time.Second)); !copied(d) {
			t.Errorf("the second from %s is %s", town, d.Kind)
		}
	}
	again := New(Options{})
	for _, d := range decisions {
		again.Restore(d)
	}
	if d := again.Add(c.record("three", "Varne", now.Add(time.Hour)), news.Outlet{}); !copied(d) {
		t.Errorf("after a restart a third from Varne is %s", d.Kind)
	}
}

// TestClockThatIsBehind: neither the polls of a process whose clock is a month behind
// nor old items that are read otherwise keep the others' from being recognised.
func TestClockThatIsBehind(t *testing.T) {
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct{ revision, between int }{
		"a process among others":                {1, 1},
		"one that is set within the hour":       {1, 0},
		"items that are read anew by a program": {2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c, x := newCalendar(), New(Options{})
			x.Add(c.record("one", "Varne", now), news.Outlet{})
			step := 8 * time.Minute
			if test.between > 0 || test.revision > 1 {
				step = 24 * time.Hour
			}
			for i := range 6 {
				rec := c.record("behind", fmt.Sprint("Behind", i), now.AddDate(0, -1, 0).Add(time.Duration(i)*step))
				rec.Revision = test.revision
				x.Add(rec, news.Outlet{})
				for range test.between {
					x.Add(c.record("others", fmt.Sprint("Between", i), now.Add(time.Duration(i)*time.Hour)), news.Outlet{})
				}
			}
			if d := x.Add(c.record("two", "Varne", now.Add(6*time.Hour)), news.Outlet{}); !copied(d) {
				t.Errorf("the second from Varne is %s", d.Kind)
			}
		})
	}
}
