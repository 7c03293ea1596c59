package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/topic"
	"github.com/wireroom/wireroom/internal/built"
	"github.com/wireroom/wireroom/internal/garbage"
)

// What a row of the table cannot come below is shown by what is left of the program
// when parts of it are left out: it collects alone, then it files as well, though in
// no topic, so that nothing is published, and then it is whole.

// partEnv makes the test's own binary a part of the program.
const partEnv = "WIREROOM_PART"

// A part is how much of the program there is.
type part string

const (
	collecting part = "collecting" // polls, and stores in the log what is new
	filing     part = "filing"     // and puts it into stories, and into the index of words
)

// TestFloor measures them, one after the other, beside the probe.
func TestFloor(t *testing.T) {
	built.Program(t)
	r := &run{T: t}
	o := newOrigin(t, *feedsFlag)
	probe := r.probeCosts(o)
	alone, filed := r.partCosts(o, collecting), r.partCosts(o, filing)
	whole, _, _ := r.costs(newSetting(t, o, ""), "whole")

	var b strings.Builder
	b.WriteString("| what is left of the program | first fetch | new2 |\n|---|---|---|\n")
	ratio := func(a, b time.Duration) string { return number(float64(a)/float64(b)) + "×" }
	for _, row := range []struct {
		what string
		costs
	}{{"it collects, and files nothing", alone}, {"it files too, in stories and words, in no topic", filed}, {"all of it, with ten topics", whole}} {
		fmt.Fprintf(&b, "| %s | %s, %s | %s, %s |\n", row.what, cpu(row.first), ratio(row.first, probe.first), cpu(row.new2), ratio(row.new2, probe.new2))
	}
	fmt.Fprintf(&b, "| the probe; of new2 the plain one | %s | %s |\n", cpu(probe.first), cpu(probe.new2))
	fmt.Print(b.String())
	if *writeFlag != "" {
		r.writeTable(*writeFlag, floorBegins, floorEnds, b.String())
	}
}

// partCosts measures a part of the program as costs measures all of it, but for 304s, which bring
// nothing to file.
func (r *run) partCosts(o *origin, what part) (c costs) {
	o.print(0)
	p := startPoller(r.T, partEnv, o.url, strconv.Itoa(len(o.docs)), filepath.Join(r.TempDir(), "part.db"), string(what))
	c.first = p.poll(1)
	c.new2 = o.new2(func() time.Duration { return p.poll(1) })
	o.print(0)
	return c
}

// runPart reads lines from in, and answers each when it has polled every feed once, with
// what the processor took to make them due, which the program is spared. The arguments
// are those of partCosts.
func runPart(in io.Reader, out io.Writer, args []string) error {
	origin, file, what := args[0], args[2], part(args[3])
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	garbage.CollectEarly()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	db, err := store.Open(ctx, file, log)
	if err != nil {
		return err
	}
	defer db.Close()
	plan, err := partPlan(origin, n)
	if err != nil {
		return err
	}
	if err := db.SetSources(ctx, slices.Collect(maps.Values(plan.Sources)), time.Now()); err != nil {
		return err
	}
	client := poll.NewClient(poll.Options{})
	defer client.Close()
	a := aggregator.New(db, client, plan, log, aggregator.Options{Workers: 32, Owner: "bench", Filed: func([]string) {}})
	if what == filing {
		ended := make(chan struct{})
		go func() { defer close(ended); a.File(ctx) }()
		defer func() { stop(); <-ended }()
	}
	for lines := bufio.NewScanner(in); lines.Scan(); {
		begin, due := processorTime(), map[string]time.Time{}
		for name := range plan.Sources {
			due[name] = time.Now()
		}
		if err := db.SetDue(ctx, due); err != nil {
			return err
		}
		spared := processorTime() - begin
		if err := a.CollectOnce(ctx); err != nil {
			return err
		}
		stats, err := db.Stats(ctx)
		for ; err == nil && stats.Unfiled > 0 && what == filing; stats, err = db.Stats(ctx) {
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil || stats.Items == 0 {
			return fmt.Errorf("%d items are stored: %w", stats.Items, err)
		}
		fmt.Fprintln(out, spared.Nanoseconds())
	}
	return nil
}

// partPlan is what the program makes of the same sources without a topic.
func partPlan(origin string, feeds int) (*aggregator.Plan, error) {
	var b strings.Builder
	b.WriteString("polling: {budget: 1440}\ndefaults: {schedule: \"@every 12h\", allow_private: true}\n")
	sources(&b, origin, feeds)
	b.WriteString("topics: {all: {}}\n") // a configuration must have one; the plan has none
	cfg, err := config.Parse("feeds.yaml", []byte(b.String()), os.LookupEnv)
	if err != nil {
		return nil, err
	}
	rules, err := topic.Compile(nil)
	if err != nil {
		return nil, err
	}
	plan := &aggregator.Plan{Sources: map[string]news.Source{}, Rules: rules, HostGap: time.Second, Budget: 1440, Authority: "bench.example"}
	for _, src := range cfg.Sources {
		plan.Sources[src.Name] = src
	}
	return plan, nil
}
