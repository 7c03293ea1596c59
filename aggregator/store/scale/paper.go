package scale

import (
	"fmt"
	"math"
	"strings"
)

// Units are what one thing costs: in microseconds of processor time, or bytes.
type units struct {
	claim  float64 // in the database: a claim and the end of a poll
	client float64 // the same in the replica
	append float64 // an item that is stored, everywhere
	file   float64 // an item that is filed, everywhere
	bytes  float64 // that an item takes in the database
	sqlite float64 // a claim and the end of a poll on SQLite
}

// What is assumed of the world, and where it is from.
const (
	fetch304     = 800.0  // µs: a 304 over a new TLS connection
	fetch200     = 6000.0 // µs: a 200 of usual length, parsed and brought to normal form
	share304     = 0.7    // of the answers; the others are documents
	itemsADay    = 1.1    // new items a day of a source, on average: 13 a second of a million
	hostsPer     = 0.7    // hosts of a source
	requestBytes = 900.0  // sent and received for a 304
	answerBytes  = 20e3   // for a document, compressed
	windowDays   = 7.0    // that the index of stories looks back, if it is not full before
	windowItems  = 1e6    // that it holds at most
	windowBytes  = 2100.0 // of memory an item in it; see docs/sameness.md
	keptDays     = 365.0
)

// Rates are the polls a second that the square root rule asks for: the fewest
// where half an hour's lateness is enough for the lively sources, and the most
// where five minutes are.
func rates(sources float64) (least, most float64) { return 23e-6 * sources, 278e-6 * sources }

// paper computes what sources need by what was measured.
func (u units) paper() string {
	var b strings.Builder
	b.WriteString("| | 1M sources | 10M sources |\n|---|---|---|\n")
	type line struct {
		what string
		of   func(sources, polls float64) string
	}
	items := func(sources float64) float64 { return sources * itemsADay / 86400 }
	indexed := func(sources float64) float64 { return math.Min(sources*itemsADay*windowDays, windowItems) }
	fetching := func(polls float64) float64 { return polls * (share304*fetch304 + (1-share304)*fetch200) / 1e6 }
	cores := func(micros float64) string { return fmt.Sprintf("%.2f cores", micros/1e6) }
	span := func(of func(polls float64) string) func(sources, polls float64) string {
		return func(sources, _ float64) string {
			least, most := rates(sources)
			return of(least) + " to " + of(most)
		}
	}
	for _, l := range []line{
		{"polls a second", span(func(polls float64) string { return fmt.Sprintf("%.0f", polls) })},
		{"requests to one host at most", func(float64, float64) string { return "1 a second (`polling.host_gap`)" }},
		{"fetching and reading", span(func(polls float64) string { return fmt.Sprintf("%.2f cores", fetching(polls)) })},
		{"claims and ends of polls, in the database", span(func(polls float64) string { return cores(polls * u.claim) })},
		{"the same, in the replicas", span(func(polls float64) string { return cores(polls * u.client) })},
		{"new items a second", func(s, _ float64) string { return fmt.Sprintf("%.0f", items(s)) }},
		{"storing them", func(s, _ float64) string { return cores(items(s) * u.append) }},
		{"filing them, one process", func(s, _ float64) string { return cores(items(s) * u.file) }},
		{"received", span(func(polls float64) string {
			return fmt.Sprintf("%.1f MB/s", polls*(share304*requestBytes+(1-share304)*answerBytes)/1e6)
		})},
		{"rows of scheduling", func(s, _ float64) string { return fmt.Sprintf("%.1fM", s*(2+2*hostsPer)/1e6) }},
		{"rows of items, kept a year", func(s, _ float64) string { return fmt.Sprintf("%.0fM, of each six rows", s*itemsADay*keptDays/1e6) }},
		{"the database after a year", func(s, _ float64) string { return fmt.Sprintf("%.1f TB", s*itemsADay*keptDays*u.bytes/1e12) }},
		{"the index of stories looks back", func(s, _ float64) string { return fmt.Sprintf("%.0f hours", indexed(s)/items(s)/3600) }},
		{"its memory", func(s, _ float64) string { return fmt.Sprintf("%.1f GB", indexed(s)*windowBytes/1e9) }},
		{"the filer is busy with", func(s, _ float64) string { return fmt.Sprintf("%.0f %% of its time", 100*items(s)*u.file/1e6) }},
	} {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", l.what, l.of(1e6, 0), l.of(10e6, 0))
	}
	fmt.Fprintf(&b, `
Measured: a claim and the end of a poll cost %.0f µs in the database and %.0f µs in
the replica; an item costs %.0f µs to store, %.0f µs to file, and %.0f bytes.
Assumed: a 304 costs %.1f ms over a new TLS connection, a document %.0f ms;
%.0f %% of the answers are 304; a source brings %.1f new items a day; it has %.1f
hosts of its own; a 304 moves %.1f kB, a document %.0f kB; the index holds an item
in %.0f bytes for %.0f days, and a million of them at most; items are kept for %.0f days.
Polls a second are those of the square root rule, where %.0f and %.0f suit a million sources.
`, u.claim, u.client, u.append, u.file, u.bytes, fetch304/1000, fetch200/1000, 100*share304, itemsADay, hostsPer,
		requestBytes/1000, answerBytes/1000, windowBytes, windowDays, keptDays, 23.0, 278.0)
	return b.String()
}
