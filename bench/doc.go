// Package bench measures what the built program costs: against a bare probe of
// the same parts on the same feeds, as it grows, and as readers see it. It is
// tests only; `make bench` runs them and writes the table in
// docs/performance.md, and the suite of every day runs them on a handful of
// feeds so that they do not rot.
//
//	text_test.go      the invented language
//	feeds_test.go     its feeds, as bytes
//	origin_test.go    the server of those feeds
//	probe_test.go     the probe: fetch, gofeed, bluemonday, SQLite, nothing else
//	child_test.go     processes, and what they take of processor and memory
//	program_test.go   the built program as one of them
//	reach_test.go     the rows of the table, in order
//	floor_test.go     the program with parts of it left out
//	report_test.go    the table and the figure
package bench
