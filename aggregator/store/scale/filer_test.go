package scale

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/story"
	"github.com/wireroom/wireroom/aggregator/topic"
	"github.com/wireroom/wireroom/internal/garbage"
)

// A mark is how far the filer was at an instant, and what it had cost till then.
type mark struct {
	n          int
	at         time.Time
	self, them time.Duration
}

// filer files a log of as many items as its window holds, by the program's own
// filer with its index of stories, and compares what an item costs in the last tenth
// of it with what one costs of as many in a window of a hundredth.
func filer(t *testing.T, b *bench) {
	garbage.CollectEarly() // as the program does; the other parts play several, and keep books on them
	small := max(1, *window/100)
	few := fileAll(t, b, *window/10, small)
	few = few[stretch(few, small):]
	marks := fileAll(t, b, *window, 0)
	first, last := slope(few), slope(marks[stretch(marks, *window*9/10):])
	whole := slope(marks)
	size := fmt.Sprintf("%d items", *window)
	b.units.file = whole.cost
	b.bytes(t, *window)
	b.add(t, row{"G", "filer, with the index of stories", "≥ 3k items/s", fmt.Sprintf("%.0f items/s on a shared machine, its processor time allows for %.0f; %.0f µs an item", whole.rate, 2e6/whole.cost, whole.cost),
		"", size})
	b.add(t, row{"H", fmt.Sprintf("its cost an item with %d in the window, against the last tenth", small), "within 20 %",
		fmt.Sprintf("%+.0f %% (%.0f µs, %.0f µs)", 100*(last.cost/first.cost-1), first.cost, last.cost), "", size})
}

// stretch is the place of the last mark that is not beyond a number of items, and of
// the last but one of all at the most.
func stretch(marks []mark, n int) int {
	for i, m := range marks {
		if m.n > n {
			return max(0, i-1)
		}
	}
	return len(marks) - 2
}

type cost struct{ rate, cost float64 }

// slope is what an item cost between the first and the last mark.
func slope(marks []mark) cost {
	a, z := marks[0], marks[len(marks)-1]
	n := max(1, z.n-a.n)
	return cost{float64(n) / z.at.Sub(a.at).Seconds(), each(z.self-a.self+z.them-a.them, n)}
}

// fileAll stores so many items and files them in one go, with at most so many in the
// window; 0: with all.
func fileAll(t *testing.T, b *bench, items, most int) []mark {
	t.Helper()
	const perPoll = 25
	now := time.Now().Add(-24 * time.Hour)
	dsn := b.cluster.DSN(t)
	db := handles(t, dsn, 1, max(1, items/perPoll/4), now)[0]
	step := 24 * time.Hour / time.Duration(max(1, items))
	for n := 0; n < items; {
		claims, err := db.Claim(t.Context(), now, claimBatch, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			if n >= items {
				break
			}
			got := make([]news.Item, perPoll)
			for i := range got {
				got[i] = text(c.State.Source, n+i, now)
			}
			n += perPoll
			now = now.Add(perPoll * step)
			if _, err := db.Append(t.Context(), c, got, func(news.Appended) news.State { return unmodified(c.State, now, time.Second) }, now, 0); err != nil {
				t.Fatal(err)
			}
		}
		if len(claims) == 0 {
			now = now.Add(time.Second)
		}
	}
	// What storing them leaves behind to be swept up and written out is not the
	// filer's to pay, nor the first of them the dearer for it.
	for _, query := range []string{"VACUUM (ANALYZE)", "CHECKPOINT"} {
		b.cluster.Ask(t, dsn, query)
	}
	topics := []news.Topic{{Name: "all", Title: "All"}}
	rules, err := topic.Compile(topics)
	if err != nil {
		t.Fatal(err)
	}
	marks := []mark{}
	note := func(n int) {
		marks = append(marks, mark{n, time.Now(), processorTime(), b.cluster.ProcessorTime()})
	}
	plan := &aggregator.Plan{Sources: map[string]news.Source{}, Topics: topics, Rules: rules, Authority: "scale.example"}
	log := &counted{DB: db, filed: note}
	a := aggregator.New(log, poll.NewClient(poll.Options{}), plan, slog.New(slog.DiscardHandler),
		aggregator.Options{Workers: 1, Owner: "scale", Stories: story.Options{Most: most}, Filed: func([]string) {}})
	if leads, err := db.Lead(t.Context(), "scale", time.Hour); err != nil || !leads {
		t.Fatal(leads, err)
	}
	note(0)
	if err := a.FileOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	return marks
}

// A counted log counts the records that are filed.
type counted struct {
	*store.DB
	n     int
	filed func(n int)
}

func (c *counted) File(ctx context.Context, batch news.Batch) error {
	err := c.DB.File(ctx, batch)
	if c.n += len(batch.Decisions); len(batch.Decisions) > 0 {
		c.filed(c.n)
	}
	return err
}

// bytes measures what an item takes in the database.
func (b *bench) bytes(t *testing.T, n int) {
	size := b.cluster.Ask(t, b.cluster.Last(), `SELECT SUM(pg_total_relation_size(c.oid))::text FROM pg_class c
		JOIN pg_namespace s ON s.oid = c.relnamespace WHERE s.nspname = current_schema() AND c.relkind = 'r'
		AND c.relname NOT IN ('source', 'source_sched', 'host', 'host_sched')`)
	var total float64
	_, _ = fmt.Sscan(size, &total)
	b.units.bytes = total / float64(n)
	b.add(t, row{"F", "bytes an item, with its decision, words and place in a topic", "stated", fmt.Sprintf("%.0f", b.units.bytes), "", fmt.Sprintf("%d items of about 1 KB of text", n)})
}

// TestPaperHoldsAnIndex: on paper the index of stories is full with as many items as
// it is in the program.
func TestPaperHoldsAnIndex(t *testing.T) {
	if windowItems != story.DefaultMost {
		t.Errorf("an index holds %d items", story.DefaultMost)
	}
}
