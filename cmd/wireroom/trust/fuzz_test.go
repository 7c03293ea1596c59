package trust_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// fuzzed are the targets of the programme, by what they are about.
var fuzzed = []struct{ about, pkg, name string }{
	{"parse", "aggregator/parse", "FuzzParse"},
	{"sanitise", "aggregator/normalize", "FuzzCleanHTML"},
	{"date", "aggregator/normalize", "FuzzDate"},
	{"URL normalise", "aggregator/normalize", "FuzzAddress"},
	{"cron spec", "aggregator/config", "FuzzCron"},
	{"feeds.yaml", "aggregator/config", "FuzzParse"},
	{"OPML", "aggregator/config", "FuzzReadOPML"},
	{"regex rule", "aggregator/topic", "FuzzPattern"},
	{"JSON Feed", "aggregator/parse", "FuzzJSON"},
	{"ETag compare", "output/serve", "FuzzMatches"},
	{"Retry-After", "aggregator/poll", "FuzzRetryAfter"},
	{"charset", "aggregator/parse", "FuzzCharset"},
}

// tried is what go test says of how often it has run a target.
var tried = regexp.MustCompile(`fuzz: elapsed: \S+, execs: (\d+)`)

// TestFuzz lets Go vary the inputs of each target for as many seconds as -times
// says (S10). make fuzz gives every target of the project ten minutes.
func TestFuzz(t *testing.T) {
	if *times == 0 {
		t.Skip("the suite runs the seeds of the targets; make trust-fuzz varies them")
	}
	var all, ran int
	var found, of []string
	record(t, "S10", fmt.Sprintf("inputs varied by Go for %d s of each target; `make fuzz` is ten minutes of each", *times), "trust-fuzz", func() (string, string) {
		return fmt.Sprintf("%d targets, %d s each, %d runs", ran, *times, all), fmt.Sprintf("%d findings%s; runs of %s", len(found), strings.Join(found, ""), strings.Join(of, ", "))
	})
	for _, target := range fuzzed {
		if enough() {
			break
		}
		out, err := varied(t, target.pkg, target.name)
		n := 0
		for _, m := range tried.FindAllStringSubmatch(out, -1) {
			n, _ = strconv.Atoi(m[1])
		}
		ran, all, of = ran+1, all+n, append(of, fmt.Sprintf("%s %d", target.about, n))
		if err != nil || n == 0 {
			found = append(found, ", of "+target.about)
			t.Errorf("%s: %s in %s: %v\n%s", target.about, target.name, target.pkg, err, tail(out, 40))
		}
	}
}

// varied runs one target. A worker that Go itself could not end in time, which
// happens on a busy machine and leaves no input behind, is no finding: the
// target is run again.
func varied(t *testing.T, pkg, name string) (out string, err error) {
	t.Helper()
	for range 3 {
		cmd := exec.Command("go", "test", "./"+pkg, "-run", "^$", "-fuzz", "^"+name+"$", "-fuzztime", fmt.Sprint(*times, "s"), "-fuzzminimizetime", "1s", "-parallel", "2")
		cmd.Dir = filepath.FromSlash(root)
		said, failed := cmd.CombinedOutput()
		if out, err = string(said), failed; err == nil || strings.Contains(out, "Failing input") || !strings.Contains(out, "context deadline exceeded") {
			break
		}
	}
	return out, err
}
