package schedule

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/internal/race"
)

var (
	fullSimulation = flag.Bool("full", false, "simulate every policy at every budget, which takes about half a minute")
	figureFile     = flag.String("figure", "", "with -full: write the figure, an SVG, to this file")
)

// budgets are the polls a source and day for which the policies are compared.
var budgets = []float64{24, 7.6, 2}

// A contender is a policy with the mean delays, in minutes, that are known of
// it for the budgets.
type contender struct {
	name string
	run  func(world []publisher, budget float64) result
	want [3]float64
}

var contenders = []contender{
	{"fixed interval", func(w []publisher, b float64) result { return tune(w, b, fixed) }, [3]float64{29.5, 85.7, 315}},
	{"Miniflux entry_frequency", bestMiniflux, [3]float64{18.7, 30.5, 89}},
	{"NewsBlur tiers", func(w []publisher, b float64) result { return tune(w, b, newsblur) }, [3]float64{8.1, 25.8, 98}},
	{"Wireroom auto", func(w []publisher, b float64) result { return play(w, ours(b)) }, [3]float64{5.7, 16.8, 66}},
	{"the same, rates known", func(w []publisher, b float64) result { return tune(w, b, known) }, [3]float64{5.5, 16.2, 72}},
}

// bestMiniflux gives Miniflux the better of its default floor and a usual one.
func bestMiniflux(world []publisher, budget float64) result {
	a, b := tune(world, budget, miniflux(5*minute)), tune(world, budget, miniflux(15*minute))
	if a.delay < b.delay {
		return a
	}
	return b
}

// TestSimulation compares what auto makes of a budget with what others make of
// it. By itself it looks at one budget; -full prints the whole table.
func TestSimulation(t *testing.T) {
	if race.Enabled {
		t.Skip("millions of polls are too slow under the race detector, and nothing runs beside them")
	}
	world := newWorld()
	if !*fullSimulation {
		fixed, auto := contenders[0], contenders[3]
		checkSimulation(t, fixed, 2, fixed.run(world, budgets[2]))
		checkSimulation(t, auto, 2, auto.run(world, budgets[2]))
		return
	}
	table := &strings.Builder{}
	fmt.Fprintf(table, "%-26s", "mean delay, minutes (lost)")
	for _, b := range budgets {
		fmt.Fprintf(table, "%16.1f a day", b)
	}
	results := make([][]result, len(contenders))
	for i, c := range contenders {
		fmt.Fprintf(table, "\n%-26s", c.name)
		for j, b := range budgets {
			r := c.run(world, b)
			results[i] = append(results[i], r)
			fmt.Fprintf(table, "%12.1f (%5.2f %%)", r.delay, 100*r.lost)
			checkSimulation(t, c, j, r)
		}
	}
	t.Logf("%d sources, %d days, seed %d\n%s", worldSources, worldDays, worldSeed, table)
	for j := range budgets {
		for i := range contenders[:3] {
			if results[3][j].delay >= results[i][j].delay {
				t.Errorf("at %.1f a day, %s is no later than auto", budgets[j], contenders[i].name)
			}
		}
		if lost := results[3][j].lost; lost > 0.0033 {
			t.Errorf("at %.1f a day, auto loses %.2f %% of the items", budgets[j], 100*lost)
		}
	}
	if *figureFile != "" {
		if err := os.WriteFile(*figureFile, []byte(figure(results)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkSimulation fails where a delay is more than a tenth from what is known,
// but auto may be better, or the requests spent are not those of the budget.
func checkSimulation(t *testing.T, c contender, budget int, r result) {
	t.Helper()
	want := c.want[budget]
	if off := r.delay/want - 1; off > 0.1 || off < -0.1 && c.name != "Wireroom auto" {
		t.Errorf("%s at %.1f a day: mean delay %.1f minutes, want %.1f within a tenth", c.name, budgets[budget], r.delay, want)
	}
	if math.Abs(r.perDay/budgets[budget]-1) > 0.02 {
		t.Errorf("%s: %.2f polls a day, want %.1f", c.name, r.perDay, budgets[budget])
	}
}

// figure draws the mean delays as bars on a logarithmic scale.
func figure(results [][]result) string {
	const width, left, barHeight, top = 760, 190, 20, 56
	colours := []string{"#b8b8b8", "#8fa3b8", "#6d8bad", "#c0392b", "#e3aca6"}
	x := func(minutes float64) float64 { return math.Log2(minutes/2) / math.Log2(400/2) * (width - left - 70) }
	b := &strings.Builder{}
	groups := len(contenders)*(barHeight+4) + 40
	height := top + groups*len(budgets) + 20
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13" role="img" aria-label="Mean delay of an item by policy and budget">`+"\n", width, height)
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(b, `<text x="16" y="24" font-size="16" font-weight="bold">Mean delay of an item, in minutes, for the same number of requests</text>`+"\n")
	fmt.Fprintf(b, `<text x="16" y="42" fill="#555">%d sources over %d days, simulated; logarithmic scale, shorter is better</text>`+"\n", worldSources, worldDays)
	for j, budget := range budgets {
		y := top + j*groups + 22
		fmt.Fprintf(b, `<text x="16" y="%d" font-weight="bold">%g polls a source and day</text>`+"\n", y, budget)
		for i, c := range contenders {
			yy := y + 10 + i*(barHeight+4)
			w := x(results[i][j].delay)
			fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%.1f" y="%d">%.1f</text>`+"\n",
				left-8, yy+15, c.name, left, yy, w, barHeight, colours[i], left+w+6, yy+15, results[i][j].delay)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}
