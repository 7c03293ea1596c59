package story

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

// The figures of docs/sameness.md are made by
//
//	go test ./aggregator/story -run TestSameness -full -write -v
//
// which reads the corpora, prints the tables and writes them, and the picture,
// into docs. Without -full a part of it is measured, to see that nothing broke.
var (
	fullRun   = flag.Bool("full", false, "measure everything, not only what is quick")
	writeDocs = flag.Bool("write", false, "write the figures into docs/sameness.md")
)

// A figure is one that is to be reached, and what was measured.
type figure struct {
	what  string
	want  float64
	floor float64 // below it the test fails: what was reached, less a little
	got   float64
}

// A report gathers figures and tables.
type report struct {
	figures []figure
	tables  strings.Builder
}

func (r *report) reach(what string, want, got, floor float64) {
	r.figures = append(r.figures, figure{what: what, want: want, got: got, floor: floor})
}

func (r *report) printf(format string, args ...any) { fmt.Fprintf(&r.tables, format, args...) }

func (p prf) String() string { return fmt.Sprintf("%.2f / %.2f / **%.2f**", p.P, p.R, p.F) }

// corpora holds the labelled corpora, read once.
type corpora struct {
	tb    testing.TB
	sets  map[string][]doc
	pairs map[string][]pair
}

var clusterSets = []string{"ecbplus", "wikinews", "allsides-2021", "uci-titles"}

func readCorpora(t *testing.T) corpora {
	c := corpora{t, map[string][]doc{}, map[string][]pair{}}
	for _, name := range clusterSets {
		c.sets[name] = readDocs(t, name+".jsonl")
	}
	for _, language := range []string{"en", "ru"} {
		c.sets[language] = readDocs(t, "telegram-"+language+".jsonl.gz")
		c.pairs[language] = readPairs(t, "telegram-"+language+"-pairs.jsonl")
	}
	return c
}

func TestSameness(t *testing.T) {
	if race.Enabled {
		t.Skip("it takes minutes under the race detector, and nothing runs beside it")
	}
	c := readCorpora(t)
	r := &report{}
	stories(c, r)
	pairsFigures(c, r)
	if *fullRun {
		othersTable(c, r)
	}
	madeFigures(c, r)
	r.summary()
	for _, f := range r.figures {
		if f.got < f.floor {
			t.Errorf("%s: %.3f, was at least %.3f", f.what, f.got, f.floor)
		}
	}
	t.Log("\n" + r.tables.String())
	if *writeDocs {
		if !*fullRun {
			t.Fatal("-write wants -full")
		}
		writeReport(t, c, r)
	}
}

// stories measures clusters by B³, in full, by title and 200 characters, and by
// title alone.
func stories(c corpora, r *report) {
	r.printf("\nStories, B³ precision / recall / F1:\n\n| set | full text | title and 200 characters | title |\n|---|---|---|---|\n")
	modes := []func(doc) string{fullText, lead, noText}
	var sum, count [3]float64
	rows := map[string]*[3]prf{}
	for _, name := range clusterSets {
		docs := c.sets[name]
		cells := [3]string{"-", "-", "-"}
		rows[name] = &[3]prf{}
		for m, text := range modes {
			if name == "uci-titles" && m != 2 {
				continue // it has titles only
			}
			run := runDocs(c.tb, docs, text)
			f := bcubed(run.stories, labels(docs))
			rows[name][m] = f
			cells[m] = f.String()
			sum[m] += f.F
			count[m]++
		}
		r.printf("| %s | %s |\n", name, strings.Join(cells[:], " | "))
	}
	r.printf("| mean of F1 | %.3f | %.3f | %.3f |\n", sum[0]/count[0], sum[1]/count[1], sum[2]/count[2])
	r.reach("stories, full text, ecbplus, B³ F1", 0.88, rows["ecbplus"][0].F, 0.88)
	r.reach("stories, full text, wikinews, B³ F1", 0.84, rows["wikinews"][0].F, 0.80)
	r.reach("stories, full text, allsides-2021, B³ F1", 0.90, rows["allsides-2021"][0].F, 0.90)
	r.reach("stories, full text, mean B³ F1", 0.90, sum[0]/count[0], 0.88)
	r.reach("stories, title and 200 characters, mean B³ F1", 0.88, sum[1]/count[1], 0.855)
	r.reach("stories, title only, mean B³ F1", 0.80, sum[2]/count[2], 0.765)
	r.reach("stories, title only, uci-titles, B³ F1", 0.80, rows["uci-titles"][2].F, 0.77)
}

// pairsFigures measures copies and stories on the labelled pairs.
func pairsFigures(c corpora, r *report) {
	r.printf("\nLabelled pairs, weighted precision / recall / F1:\n\n| language | the feed carries | copies | stories |\n|---|---|---|---|\n")
	for _, language := range []string{"en", "ru"} {
		docs, pairs := c.sets[language], c.pairs[language]
		want := map[string][6]float64{ // full text P and R, cut F1, summary against full F1, title F1, stories F1 and P
			"en": {0.99, 0.97, 0.93, 0.92, 0.82, 0.80}, "ru": {0.99, 0.97, 0.80, 0.82, 0.50, 0.94},
		}[language]
		full := runDocs(c.tb, docs, fullText)
		f, s := full.copyFigures(pairs), full.storyFigures(pairs)
		r.printf("| %s | full text | %v | %v |\n", language, f, s)
		r.reach("copies, "+language+", full text, precision", want[0], f.P, 0.93)
		r.reach("copies, "+language+", full text, recall", want[1], f.R, 0.92)
		r.reach("stories, "+language+", full text, pairs F1", want[5], s.F, 0.72)
		r.reach("stories, "+language+", full text, pair precision", map[string]float64{"en": 0.85, "ru": 0.93}[language], s.P, 0.74)
		perSecond, p99 := full.pace()
		r.printf("| %s | (%.0f items a second of the processor's time, 99 of 100 within %v, %d bytes of fingerprint an item) | | |\n", language, perSecond, p99.Round(10*time.Microsecond), full.bytes/len(docs))
		if !*fullRun {
			continue
		}
		var cuts []prf
		for _, mode := range []struct {
			name string
			text func(doc) string
		}{
			{"title and its own description", description},
			{"title and the first 200 characters", lead}, {"title and the first 350 characters", head}, {"title and the first 500 characters", longHead},
			{"title", noText},
		} {
			run := runDocs(c.tb, docs, mode.text)
			f, s := run.copyFigures(pairs), run.storyFigures(pairs)
			r.printf("| %s | %s | %v | %v |\n", language, mode.name, f, s)
			switch mode.name {
			case "title":
				r.reach("copies, "+language+", title only, F1", want[4], f.F, map[string]float64{"en": 0.79, "ru": 0.26}[language])
				r.reach("copies, "+language+", title only, precision", 0.90, f.P, 0.9)
			case "title and its own description":
				r.reach("copies, "+language+", title and its own description, F1", want[2], f.F, map[string]float64{"en": 0.92, "ru": 0.62}[language])
				r.reach("copies, "+language+", title and its own description, precision", 0.97, f.P, 0.96)
			default:
				cuts = append(cuts, f)
			}
		}
		f = meanOf(cuts...)
		r.reach("copies, "+language+", title and 200, 350, 500 characters, mean F1", want[2], f.F, map[string]float64{"en": 0.9, "ru": 0.72}[language])
		r.reach("copies, "+language+", title and 200, 350, 500 characters, mean precision", 0.97, f.P, 0.97)
		for _, summary := range []struct {
			name string
			text func(doc) string
		}{{"its own description against full text", description}, {"the first 350 characters against full text", head}} {
			var half [2]prf
			for i := range half {
				run := runDocs(c.tb, docs, mixed(summary.text, i == 1))
				half[i] = run.copyFigures(across(pairs))
			}
			f := meanOf(half[0], half[1])
			r.printf("| %s | %s | %v | - |\n", language, summary.name, f)
			r.reach("copies, "+language+", "+summary.name+", F1", want[3], f.F, 0.55)
		}
	}
}

// othersTable measures the rules of others on the same pairs, and those of
// titles on the same clusters.
func othersTable(c corpora, r *report) {
	r.printf("\nThe rules of others, on the same input:\n\n| rule | copies en, full | copies en, description | copies ru, full | stories en, full | stories ru, full | B³ F1 of titles, mean |\n|---|---|---|---|---|---|---|\n")
	type column struct {
		pairs   []pair
		yes, no string
		of      map[string]*features
	}
	byID := func(language string, text func(doc) string) map[string]*features {
		need := map[string]*features{}
		for _, p := range c.pairs[language] {
			need[p.A], need[p.B] = nil, nil
		}
		for _, d := range c.sets[language] {
			if _, wanted := need[d.ID]; wanted {
				need[d.ID] = featuresOf(d, text(d))
			}
		}
		return need
	}
	enFull, enDesc, ruFull := byID("en", fullText), byID("en", description), byID("ru", fullText)
	columns := []column{
		{c.pairs["en"], "D", "RSX", enFull}, {c.pairs["en"], "D", "RSX", enDesc}, {c.pairs["ru"], "D", "RSX", ruFull},
		{c.pairs["en"], "DPCS", "RX", enFull}, {c.pairs["ru"], "DPCS", "RX", ruFull},
	}
	titles := map[string][]*features{}
	for _, name := range clusterSets {
		for _, d := range c.sets[name] {
			titles[name] = append(titles[name], featuresOf(doc{Title: d.Title}, ""))
		}
	}
	for _, rule := range others() {
		r.printf("| %s ", rule.name)
		for _, col := range columns {
			f := weighted(col.pairs, col.yes, col.no, func(a, b string) bool { return rule.match(col.of[a], col.of[b]) })
			r.printf("| %.2f ", f.F)
		}
		if !strings.Contains(rule.name, "title") {
			r.printf("| - |\n")
			continue
		}
		mean := 0.0
		for _, name := range clusterSets {
			mean += bcubed(clustersBy(rule, titles[name]), labels(c.sets[name])).F / float64(len(clusterSets))
		}
		r.printf("| %.2f |\n", mean)
	}
	r.printf("| TF-IDF cosine, best threshold in hindsight ")
	for i, col := range columns {
		docs, text := c.sets["en"], fullText
		if i == 2 || i == 4 {
			docs = c.sets["ru"]
		}
		if i == 1 {
			text = description
		}
		best := 0.0
		for _, point := range thresholds(cosines(docs, text, col.pairs), col.pairs, col.yes, col.no) {
			best = max(best, point.F)
		}
		r.printf("| %.2f ", best)
	}
	r.printf("| - |\n")
}

// madeFigures measures copies that are made.
func madeFigures(c corpora, r *report) {
	n := 40
	if *fullRun {
		n = 300
	}
	r.printf("\nMade copies, recall (precision):\n\n| made by | en | ru |\n|---|---|---|\n")
	languages := []string{"en", "ru"}
	found := map[string]map[string]prf{}
	for _, language := range languages {
		docs := c.sets[language]
		if !*fullRun {
			docs = docs[:1500]
		}
		found[language] = madeCopies(c.tb, docs, n)
	}
	for _, kind := range makings {
		r.printf("| %s ", kind.name)
		least, precise := 1.0, 1.0
		for _, language := range languages {
			f := found[language][kind.name]
			r.printf("| %.3f (%.3f) ", f.R, f.P)
			least, precise = min(least, f.R), min(precise, f.P)
		}
		r.printf("|\n")
		r.reach("made copies, "+kind.name+", recall", kind.least, least, kind.least-0.12)
		r.reach("made copies, "+kind.name+", precision", 0.99, precise, 0.97)
	}
}

// summary puts what is to be reached, and what was, first.
func (r *report) summary() {
	tables := r.tables.String()
	r.tables.Reset()
	r.printf("| figure | to reach | reached | |\n|---|---|---|---|\n")
	slices.SortStableFunc(r.figures, func(a, b figure) int {
		return cmp.Compare(strings.SplitN(a.what, ",", 2)[0], strings.SplitN(b.what, ",", 2)[0])
	})
	for _, f := range r.figures {
		mark := "yes"
		if f.got < f.want-0.0005 {
			mark = "no"
		}
		r.printf("| %s | %.2f | %.3f | %s |\n", f.what, f.want, f.got, mark)
	}
	r.tables.WriteString(tables)
}

const (
	figuresBegin = "<!-- figures: written by the command above -->"
	figuresEnd   = "<!-- end of figures -->"
)

func writeReport(t *testing.T, c corpora, r *report) {
	root := beside.Root(t)
	path := filepath.Join(root, "docs", "sameness.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), figuresBegin)
	_, after, end := strings.Cut(rest, figuresEnd)
	if !found || !end {
		t.Fatalf("%s has no place for figures", path)
	}
	text := before + figuresBegin + "\n\n" + r.tables.String() + "\n" + figuresEnd + after
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "docs", "sameness.svg"), []byte(picture(c)), 0o644); err != nil {
		t.Fatal(err)
	}
}
