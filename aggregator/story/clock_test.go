package story

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestClockThatWasAhead: what was recognised under a clock that was a year ahead does
// not keep stories from being recognised for a year, nor does it after a restart.
func TestClockThatWasAhead(t *testing.T) {
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	seq := int64(0)
	record := func(source, text string, at time.Time) news.Record {
		seq++
		id := fmt.Sprint("item ", seq)
		return news.Record{Seq: seq, Revision: 1, Item: news.Item{
			Source: source, ID: id, Title: text[:40], Text: text, Language: "en", Published: at, FirstSeen: at, Fetched: at, Hash: id,
		}}
	}
	r := rand.New(rand.NewPCG(1, 1))
	texts := map[string]string{}
	text := func(town string) string { // of words that no other town has
		if texts[town] == "" {
			texts[town] = town + " votes"
			for range 80 {
				texts[town] += fmt.Sprintf(" w%x", r.Uint32())
			}
		}
		return texts[town]
	}
	x := New(Options{})
	var decisions []news.Decision
	add := func(x *Index, rec news.Record) news.Decision {
		d := x.Add(rec, news.Outlet{})
		decisions = append(decisions, d)
		return d
	}
	add(x, record("early", text("Sandhead"), now))
	for i := range 3 {
		add(x, record("ahead", text(fmt.Sprint("Ahead", i)), now.AddDate(1, 0, i)))
	}
	now = now.Add(time.Hour)
	for i, town := range []string{"Varne", "Goodwin", "Dogger"} {
		at := now.Add(time.Duration(i) * time.Minute)
		if d := add(x, record("one", text(town), at)); d.Kind != news.KindNew {
			t.Errorf("the first from %s is %s", town, d.Kind)
		}
		if d := add(x, record("two", text(town), at.Add(time.Second))); d.Kind != news.KindSame && d.Kind != news.KindCopy {
			t.Errorf("the second from %s is %s", town, d.Kind)
		}
	}
	again := New(Options{})
	for _, d := range decisions {
		again.Restore(d)
	}
	if d := again.Add(record("three", text("Varne"), now.Add(time.Hour)), news.Outlet{}); d.Kind != news.KindSame && d.Kind != news.KindCopy {
		t.Errorf("after a restart a third from Varne is %s", d.Kind)
	}
}
