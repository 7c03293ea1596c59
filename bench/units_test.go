package bench

import (
	"math"
	"os/exec"
	"regexp"
	"strconv"
)

// units runs the benchmarks of packages that have a row of their own.
func units(r *run) {
	if !*unitsFlag {
		r.Skip("the benchmarks of the packages run with -units")
	}
	r.unit("200 topics of 10 words, an item of the origin", ".", "BenchmarkTopics", "cpu-µs/item", 1, 20, " µs")
	r.unit("publishing one changed item in a topic of 100 whole texts", "../output", "BenchmarkPublishOneChange/full", "cpu-µs/change", 1e3, 3, " ms")
}

// unit adds what a benchmark of a package reports, the least of several runs.
func (r *run) unit(what, dir, benchmark, metric string, scale, limit float64, unit string) {
	cmd := exec.Command("go", "test", dir, "-run", "^$", "-bench", "^"+benchmark+"$", "-count", "5", "-benchtime", "1s")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	best := math.Inf(1)
	for _, m := range regexp.MustCompile(`([\d.]+) `+regexp.QuoteMeta(metric)).FindAllSubmatch(out, -1) {
		if f, err := strconv.ParseFloat(string(m[1]), 64); err == nil {
			best = min(best, f/scale)
		}
	}
	if math.IsInf(best, 1) {
		r.Fatalf("%v reports no %s:\n%s", cmd, metric, out)
	}
	r.add(row{what: what, figure: number(best) + unit, beside: benchmark, value: best, limit: limit, unit: unit})
}
