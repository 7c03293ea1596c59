package story

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

// run is what an index made of a corpus.
type run struct {
	stories []string          // in the order of the items
	story   map[string]string // by id
	copies  map[string]string
	kind    map[string]news.Kind
	took    []time.Duration // of the processor's time, for each item
	bytes   int             // of all sketches
}

func runDocs(tb testing.TB, docs []doc, text func(doc) string) run {
	return runIndex(tb, New(Options{}), docs, text)
}

func runIndex(tb testing.TB, x *Index, docs []doc, text func(doc) string) run {
	r := run{story: map[string]string{}, copies: map[string]string{}, kind: map[string]news.Kind{}}
	into := map[string]string{} // absorbed story → the one that it is part of
	for i, d := range docs {
		rec := news.Record{Seq: int64(i + 1), Revision: 1, Item: news.Item{
			Source: d.Source, ID: d.ID, URL: d.URL, Canonical: d.URL, Title: d.Title, Text: text(d), Language: d.Lang, Published: d.Time,
		}}
		start := race.Spent(tb)
		got := x.Add(rec, news.Outlet{Title: d.Source})
		r.took = append(r.took, race.Spent(tb)-start)
		r.story[d.ID], r.copies[d.ID], r.kind[d.ID] = got.Story, got.Copies, got.Kind
		for _, id := range got.Absorbs {
			into[id] = got.Story
		}
		r.bytes += len(got.Sketch)
	}
	for _, d := range docs { // a reader sees the stories as they are in the end
		for into[r.story[d.ID]] != "" {
			r.story[d.ID] = into[r.story[d.ID]]
		}
		r.stories = append(r.stories, r.story[d.ID])
	}
	return r
}

// pace is how many items a second of the processor's time were decided upon, and
// the time within which 99 of 100 were.
func (r *run) pace() (perSecond float64, p99 time.Duration) {
	sum := time.Duration(0)
	for _, t := range r.took {
		sum += t
	}
	sorted := slices.Sorted(slices.Values(r.took))
	return float64(len(r.took)) / sum.Seconds(), sorted[len(sorted)*99/100]
}

// What a feed carries of an item.
func fullText(d doc) string    { return d.Text }
func description(d doc) string { return d.Desc }
func noText(doc) string        { return "" }

// head is a summary that a feed made by cutting: the first 350 characters.
func head(d doc) string { return cut(d.Text, 350) }

// lead is the first 200 characters.
func lead(d doc) string { return cut(d.Text, 200) }

func longHead(d doc) string { return cut(d.Text, 500) }

func cut(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// mixed gives a summary of every other item, and the full text of the rest.
func mixed(summary func(doc) string, odd bool) func(doc) string {
	return func(d doc) string {
		if odd == halfOf(d.ID) {
			return summary(d)
		}
		return d.Text
	}
}

func halfOf(id string) bool { return id[len(id)-1]%2 == 1 }

// across returns the pairs of which one item is a summary when mixed.
func across(pairs []pair) []pair {
	return slices.DeleteFunc(slices.Clone(pairs), func(p pair) bool { return halfOf(p.A) == halfOf(p.B) })
}

// copyFigures compares found copies with labelled pairs. D is the same text;
// P, part of it, and C, a correction, are counted neither way.
func (r *run) copyFigures(pairs []pair) prf {
	return weighted(pairs, "D", "RSX", func(a, b string) bool { return r.copies[a] == r.copies[b] })
}

// storyFigures compares found stories with labelled pairs. By the pairs
// themselves S is the same event in other words, and R another event of the
// same affair.
func (r *run) storyFigures(pairs []pair) prf {
	return weighted(pairs, "DPCS", "RX", func(a, b string) bool { return r.story[a] == r.story[b] })
}

func labels(docs []doc) []string {
	out := make([]string, len(docs))
	for i, d := range docs {
		out[i] = d.Story
	}
	return out
}

// meanOf is the mean of measurements of parts of a set, or of ways to cut it.
func meanOf(list ...prf) prf {
	var p, r float64
	for _, m := range list {
		p += m.P / float64(len(list))
		r += m.R / float64(len(list))
	}
	return newPRF(p, r)
}

func TestBCubed(t *testing.T) {
	got := bcubed([]string{"a", "a", "a", "b"}, []string{"x", "x", "y", "y"})
	if p, r := (2*2.0/3+1.0/3+1)/4, (1+1+0.5+0.5)/4; math.Abs(got.P-p) > 1e-9 || math.Abs(got.R-r) > 1e-9 {
		t.Errorf("precision %f, recall %f; want %f, %f", got.P, got.R, p, r)
	}
}
