package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestPartners gives one terse headline by two outlets, which have had texts of
// each other before, or have not, or have where many others tell of the same.
func TestPartners(t *testing.T) {
	const text = "The ferry Blue Anna was pulled off the sandbank at Morholm this morning by two tugs. Nobody was hurt, said the harbour master, and the hull is whole. It had lain there since Tuesday, when its rudder jammed in the narrow part of the sound."
	for _, c := range []struct {
		name   string
		before int // texts that both had
		others int // outlets that tell of the same in other words
		copy   bool
	}{
		{"strangers", 0, 0, false},
		{"partners", 3, 0, true},
		{"partners, and all the town tells", 3, 12, false},
	} {
		x := New(Options{})
		seq := int64(0)
		add := func(source, title, text string) news.Decision {
			seq++
			it := news.Item{Source: source, ID: fmt.Sprint(seq), Title: title, Text: text, Language: "en", Published: time.Date(2026, 3, 1, 8, int(seq), 0, 0, time.UTC)}
			return x.Add(news.Record{Seq: seq, Revision: 1, Item: it}, news.Outlet{Source: source})
		}
		for i := range c.before {
			for _, source := range []string{"herald", "courier"} {
				if d := add(source, fmt.Sprintf("Blue Anna afloat again, tide %d", i), fmt.Sprintf("Tide %d. ", i)+text); source == "courier" && d.Kind != news.KindCopy && d.Kind != news.KindSame {
					t.Fatalf("%s: text %d is a %s", c.name, i, d.Kind)
				}
			}
		}
		for i := range c.others {
			add(fmt.Sprint("outlet ", i), fmt.Sprintf("Lighthouse keepers strike %s", []string{"today", "goes on", "again", "spreads"}[i%4]), "")
		}
		add("herald", "Lighthouse keepers strike", "")
		d := add("courier", "Lighthouse keepers strike", "")
		if got := d.Kind == news.KindCopy && d.Of.Source == "herald"; got != c.copy {
			t.Errorf("%s: the headline is a %s of %q: %+v", c.name, d.Kind, d.Of.Source, d.Evidence)
		}
	}
}

// TestQuoted gives two summaries that share what somebody said, and little else.
func TestQuoted(t *testing.T) {
	const said = "“We have looked at every rope and every plank of this bridge, and we shall not open it before the last of them is sound, whatever it costs the town”"
	x := New(Options{})
	var d news.Decision
	for i, it := range []news.Item{
		{Title: "Mayor keeps the bridge shut", Text: "The mayor of Sandhead has answered those who want the old bridge opened for the summer fair. " + said + ", she told the council."},
		{Title: "No crossing until autumn, says town", Text: said + " – with these words the council's evening sitting came to its end, and with it the hopes of the ferrymen's guild."},
	} {
		it.Source, it.ID, it.Language, it.Published = fmt.Sprint(i), "1", "en", time.Date(2026, 3, 1, 8, i, 0, 0, time.UTC)
		d = x.Add(news.Record{Seq: int64(i + 1), Revision: 1, Item: it}, news.Outlet{})
	}
	if d.Kind == news.KindCopy {
		t.Errorf("a report of the same words is a copy: %.2f, %+v", d.Score, d.Evidence)
	}
}
