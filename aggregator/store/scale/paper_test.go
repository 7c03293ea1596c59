package scale

import (
	"strings"
	"testing"
)

// TestPaper computes with round numbers.
func TestPaper(t *testing.T) {
	u := units{claim: 100, client: 100, append: 1000, file: 1000, bytes: 2000}
	got := u.paper()
	for _, want := range []string{
		"| polls a second | 23 to 278 | 230 to 2780 |",
		"| claims and ends of polls, in the database | 0.00 cores to 0.03 cores | 0.02 cores to 0.28 cores |",
		"| new items a second | 13 | 127 |",
		"| the database after a year | 0.8 TB | 8.0 TB |",
		"| the index of stories looks back | 22 hours | 2 hours |",
		"| its memory | 2.1 GB | 2.1 GB |",
		"| the filer is busy with | 1 % of its time | 13 % of its time |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}
