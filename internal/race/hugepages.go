package race

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

var anonHugePages = regexp.MustCompile(`AnonHugePages: +(\d+) kB`)

// InHugePages returns how many bytes of the test's process lie in huge pages. Where
// the kernel does not say, the test is skipped.
func InHugePages(tb testing.TB) int {
	tb.Helper()
	text, err := os.ReadFile("/proc/self/smaps_rollup")
	if err != nil {
		tb.Skip(err)
	}
	found := anonHugePages.FindSubmatch(text)
	if found == nil {
		tb.Skip("the kernel counts no huge pages")
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		tb.Fatal(err)
	}
	return n << 10
}
