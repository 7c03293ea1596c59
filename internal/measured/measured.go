// Package measured writes into a document what tests have measured.
package measured

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Write puts text between the two markers of a document that bear a name.
func Write(tb testing.TB, path, name, text string) {
	tb.Helper()
	edit(tb, path, name, func(string) string { return text })
}

// Row puts a row into the table between the two markers of a document that bear
// a name, in the place of the row with the same first cell. Rows are in the order
// of their first cells.
func Row(tb testing.TB, path, name, row string) {
	tb.Helper()
	edit(tb, path, name, func(text string) string {
		before, rules, _ := strings.Cut(text, "\n|---")
		rule, rest, _ := strings.Cut(rules, "\n")
		rows := []string{row}
		for line := range strings.Lines(rest) {
			if line = strings.TrimSpace(line); line != "" && first(line) != first(row) {
				rows = append(rows, line)
			}
		}
		slices.SortFunc(rows, func(a, b string) int { return strings.Compare(first(a), first(b)) })
		return before + "\n|---" + rule + "\n" + strings.Join(rows, "\n") + "\n"
	})
}

// first is the first cell of a row.
func first(row string) string {
	cell, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
	return strings.TrimSpace(cell)
}

// edit changes what stands between two markers. Several processes may do so at
// once.
func edit(tb testing.TB, path, name string, change func(text string) string) {
	tb.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	if err := lock(f); err != nil {
		tb.Fatal(err)
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->"
	before, rest, ok := strings.Cut(string(doc), begin)
	text, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		tb.Fatalf("%s has no place for %q", path, name)
	}
	if err := os.WriteFile(path, []byte(before+begin+change(text)+end+after), 0o644); err != nil {
		tb.Fatal(err)
	}
}
