//go:build linux

package trust_test

import (
	"cmp"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/wireroom/wireroom/internal/built"
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

// TestFuzz lets Go vary the inputs of each target for as many minutes as -times
// says (S10), two targets at a time and each on one processor, so that the rest
// of the programme can go on beside it.
func TestFuzz(t *testing.T) {
	if *times == 0 {
		t.Skip("the suite runs the seeds of the targets; make trust-fuzz varies them")
	}
	runs := make([]int, len(fuzzed)) // 0: the target was not run, or has a finding
	record(t, "S10", "inputs varied by Go, on one processor for each target", "trust-fuzz", func() (string, string) {
		var of, found []string
		all := 0
		for i, n := range runs {
			if all += n; n > 0 {
				of = append(of, fmt.Sprint(fuzzed[i].about, " ", n))
			} else {
				found = append(found, "a finding of "+fuzzed[i].about)
			}
		}
		return fmt.Sprintf("%d targets, %d minutes each, %d runs", len(of), *times, all),
			fmt.Sprintf("%s; runs of %s", cmp.Or(strings.Join(found, ", "), "0 findings"), strings.Join(of, ", "))
	})
	var lanes errgroup.Group
	lanes.SetLimit(2)
	for i, target := range fuzzed {
		lanes.Go(func() error {
			out, err := varied(t, target.pkg, target.name)
			if err != nil {
				t.Errorf("%s: %s in %s: %v\n%s", target.about, target.name, target.pkg, err, built.Tail(out, 40))
				return nil // the others go on
			}
			for _, m := range tried.FindAllStringSubmatch(out, -1) {
				runs[i], _ = strconv.Atoi(m[1])
			}
			return nil
		})
	}
	_ = lanes.Wait()
}

// varied runs one target. A worker that Go itself could not end in time, which
// happens on a busy machine and leaves no input behind, is no finding: the
// target is run again.
func varied(t *testing.T, pkg, name string) (out string, err error) {
	t.Helper()
	for range 3 {
		cmd := exec.Command("go", "test", "./"+pkg, "-run", "^$", "-fuzz", "^"+name+"$", "-fuzztime", fmt.Sprint(*times, "m"), "-fuzzminimizetime", "1s", "-parallel", "1")
		cmd.Dir = filepath.FromSlash(root)
		said, failed := cmd.CombinedOutput()
		if out, err = string(said), failed; err == nil || strings.Contains(out, "Failing input") || !strings.Contains(out, "context deadline exceeded") {
			break
		}
	}
	return out, err
}
