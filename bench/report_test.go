package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func yes(reached bool) string {
	if reached {
		return "yes"
	}
	return "no"
}

// number writes a figure with three digits.
func number(f float64) string {
	if f >= 100 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}

func cpu(d time.Duration) string { return fmt.Sprintf("%.3g s", d.Seconds()) }

// table is the rows in Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| what | measured | beside | comes to | to reach | |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s%s | %s | %s |\n", r.what, r.figure, r.beside, number(r.value), r.unit, r.goal(), yes(r.reached()))
	}
	return b.String()
}

// machine is what the table was measured on.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(info), "model name"); ok {
			line, _, _ := strings.Cut(rest, "\n")
			model = strings.TrimSpace(strings.TrimLeft(line, "\t :"))
		}
	}
	load := ""
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		load, _, _ = strings.Cut(string(text), " ")
	}
	return fmt.Sprintf("%d × %s, %s, on %s, load %s at the end", runtime.NumCPU(), model, runtime.Version(), time.Now().UTC().Format(time.DateOnly), load)
}

// The marks between which the document's tables stand.
const (
	tableBegins = "<!-- table: make bench writes it -->\n"
	tableEnds   = "<!-- end of the table -->\n"
	loadBegins  = "<!-- table: make bench-load writes it -->\n"
	loadEnds    = "<!-- end of the table of loads -->\n"
	floorBegins = "<!-- table: make bench-floor writes it -->\n"
	floorEnds   = "<!-- end of the table of floors -->\n"
)

// write puts the table into performance.md in a folder, and the figure beside it.
func (r *run) write(dir string) {
	r.writeTable(dir, tableBegins, tableEnds, table(r.rows))
	if err := os.WriteFile(filepath.Join(dir, "performance.svg"), []byte(figure(r.size)), 0o666); err != nil {
		r.Fatal(err)
	}
}

// writeTable puts a table between two marks of performance.md in a folder.
func (r *run) writeTable(dir, begins, ends, table string) {
	path := filepath.Join(dir, "performance.md")
	text, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begins)
	_, after, whole := strings.Cut(rest, ends)
	if !ok || !whole {
		r.Fatalf("%s has no marks for the table", path)
	}
	page := before + begins + "\n" + machine() + "\n\n" + table + "\n" + ends + after
	if err := os.WriteFile(path, []byte(page), 0o666); err != nil {
		r.Fatal(err)
	}
}

// figure draws what an entry costs against how many there are.
func figure(points []point) string {
	const width, height, left, bottom = 640, 300, 70, 50
	var most float64
	each := func(d time.Duration, p point) float64 { return float64(d.Microseconds()) / float64(p.entries) }
	for _, p := range points {
		most = max(most, 1.15*each(p.ours, p), 1.15*each(p.probe, p))
	}
	if most == 0 {
		most = 1
	}
	first, last := points[0].entries, points[len(points)-1].entries
	x := func(p point) float64 {
		if first == last {
			return left
		}
		return left + (width-left-60)*math.Log10(float64(p.entries)/float64(first))/math.Log10(float64(last)/float64(first))
	}
	y := func(v float64) float64 { return height - bottom - (height-bottom-20)*v/most }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	b.WriteString("<title>What an entry of a first fetch costs, against how many there are</title>\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	for i := range 5 {
		v := most * float64(i) / 4
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f µs</text>`+"\n", left, y(v), width-30, left-6, y(v)+4, v)
	}
	line := func(name, colour string, of func(point) time.Duration) {
		var path strings.Builder
		for _, p := range points {
			if of(p) == 0 {
				continue
			}
			v := each(of(p), p)
			command := "L"
			if path.Len() == 0 {
				command = "M"
				fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x(p)+8, y(v)-8, colour, name)
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", command, x(p), y(v))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>`+"\n", x(p), y(v), colour)
		}
		fmt.Fprintf(&b, `<path d="%s" stroke="%s" stroke-width="2" fill="none"/>`+"\n", path.String(), colour)
	}
	line("Wireroom, to published bytes", "#06c", func(p point) time.Duration { return p.ours })
	line("the bare probe", "#c50", func(p point) time.Duration { return p.probe })
	for _, p := range points {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(p), height-bottom+18, p.entries)
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">entries of the first fetch (processor time of each)</text>`+"\n</svg>\n", width/2, height-10)
	return b.String()
}
