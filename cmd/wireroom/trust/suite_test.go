//go:build linux

package trust_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/internal/built"
)

// A held is what the suite holds by tests of its own.
type held struct {
	part, what string
	tests      map[string][]string // by package
	args       map[string][]string // further arguments of a package's tests
	whole      string              // of the set in the specification, of which the corpora hold a part: all of that is run
}

// suite are the parts of the programme that are tests of the suite.
var suite = []held{
	{part: "R8", what: "no test of these packages leaves a goroutine behind (goleak)",
		tests: map[string][]string{"aggregator": {"Test.*"}, "aggregator/poll": {"Test.*"}, "output": {"Test.*"}, "output/serve": {"Test.*"}, "output/websub": {"Test.*"}}},
	{part: "R9", what: "reload: good and bad files, deleted, cut, written byte by byte, renamed, links swapped, files mounted, not to be read, many at once, at the end",
		tests: map[string][]string{"cmd/wireroom": {"TestReload", "TestReloads", "TestReloadMounted", "TestReloadUnreadable"}}},
	{part: "R10", what: "time: cron cases, a year in twelve zones, clocks set forth and back, long sleeps",
		whole: "26 cron cases",
		tests: map[string][]string{"aggregator/config": {"TestCronCorpus", "TestCronAccepted", "TestCronLeapDay"}, "aggregator/schedule": {"TestOneYearInTwelveZones", "TestCronTime"}, "aggregator": {"TestClockSetBack", "TestLongSleep"}}},
	{part: "R13", what: "overload: 1,000 feeds due at once, 1,000 readers of whom a tenth does not read; no more than the workers at once, memory, no feed left out; of R16 that slow readers and slow heads are let go, and that sources that misbehave fill no queue",
		tests: map[string][]string{"bench": {"TestLoad"}, "output/serve": {"TestSlowReadersAreLetGo", "TestLongHeadersAreRefused", "TestManyReadersOneWriter"}, "aggregator": {"TestSlowSourcesFillNoQueue"}}, args: map[string][]string{"bench": {"-due", "1000", "-readers", "1000", "-look", "10s"}}},
	{part: "S1", what: "the sanitiser on every input of the suites: nothing active in two modes of a parser, bluemonday finds nothing more, of S3 that it is idempotent and a parser sees what was written, of S4 the time",
		whole: "4,732 inputs",
		tests: map[string][]string{"aggregator/normalize": {"TestSanitiserSuites", "TestSanitiserOnHostileFeeds"}}},
	{part: "S5", what: "what is harmless is kept: all text, elements and attributes of feedparser's acceptable cases and of real feeds, but for links to addresses that are none",
		tests: map[string][]string{"aggregator/normalize": {"TestHarmlessIsKept", "TestCleanHTML"}}},
	{part: "S7", what: "addresses of networks that are not asked for: literals, encodings, redirects, names that change, for each kind of fetch",
		whole: "336 addresses",
		tests: map[string][]string{"aggregator/poll": {"TestThreat1_SSRFTargets", "TestThreat2_RedirectsIntoTheNetwork", "TestThreat3_TheCheckedAddressIsTheDialledOne", "TestGuard_PrivateNetworksAreForTheirEntryOnly"}, "cmd/wireroom": {"TestForbiddenAddresses"}}},
	{part: "S8", what: "hostile feeds: none ends the program, each in 2 s and 64 MB, what was stored stays",
		whole: "110 feeds",
		tests: map[string][]string{"aggregator/parse": {"TestHostileFeeds"}, "cmd/wireroom": {"TestHostileSources", "TestBadSources"}, "output/render": {"TestHostileFeeds", "TestHostilePages"}}},
	{part: "S11", what: "servers that misbehave in every way, all at once, beside good ones",
		whole: "101 behaviours",
		tests: map[string][]string{"aggregator/poll": {"TestThreat16_MisbehavioursAllAtOnceBesideGoodSources", "TestThreat16_OneQueueForGoodAndBad"}}},
	{part: "S12", what: "canaries in the place of every secret, at every level of the log, in metrics, pages, feeds, lists and errors",
		tests: map[string][]string{"cmd/wireroom": {"TestSecretsStayInside"}, "aggregator/poll": {"TestThreat32_SecretsStayInside"}}},
	{part: "S13", what: "headers and questions that change nothing of an answer",
		tests: map[string][]string{"output/serve": {"TestS13CachePoisoning"}}},
	{part: "S14", what: "configurations that attack, and broken ones, refused with file, line and reason",
		whole: "71 files",
		tests: map[string][]string{"aggregator/config": {"TestHostileConfig", "TestBad", "TestHostileLists"}}},
	{part: "S15", what: "who may dial, and which packages may import which: no other",
		tests: map[string][]string{"aggregator": {"TestLayout", "TestLayoutCatches"}}},
	{part: "S16", what: "WebSub: forged questions and pushes, signatures, leases, hosts spared",
		tests: map[string][]string{"cmd/wireroom": {"TestRule28To32_TheSubscriber"}, "output/websub": {"Test.*"}}},
	{part: "S17", what: "72 hours before a server that keeps a score, with 22 restarts: validators, Retry-After, least intervals, cookies",
		tests: map[string][]string{"aggregator": {"TestScoreOfThreeDays", "TestTwentyRestartsInAnHour"}}},
}

var only = flag.String("only", "", "the one part of the suite that TestSuite runs; empty: all")

// TestSuite runs the parts that are tests of the suite and records each.
func TestSuite(t *testing.T) {
	if *times == 0 {
		t.Skip("the suite has these tests itself; make trust-suite notes what comes of them")
	}
	for _, h := range suite {
		if *only != "" && *only != h.part {
			continue
		}
		t.Run(h.part, func(t *testing.T) {
			passed, names, count := 0, []string(nil), ""
			record(t, h.part, h.what, "trust-suite", func() (string, string) {
				if count = fmt.Sprintf("%d cases", passed); h.whole != "" {
					count += ", among them all that the corpora hold of the specification's " + h.whole
				}
				return count, "passed: " + strings.Join(names, ", ")
			})
			for _, pkg := range slices.Sorted(maps.Keys(h.tests)) {
				n, said := h.run(t, pkg)
				passed += n
				for _, name := range h.tests[pkg] {
					line := link(t, pkg, name)
					if said[name] != "" {
						line += " (" + said[name] + ")"
					}
					names = append(names, line)
				}
			}
		})
	}
}

// told is what a test says of itself in its end.
var told = regexp.MustCompile(`^    \w+_test\.go:\d+: (.*)\n$`)

// run runs tests of a package and returns how many cases passed, tests without
// others in them, and what each test said last.
func (h held) run(t *testing.T, pkg string) (cases int, last map[string]string) {
	t.Helper()
	args := []string{"test", "-json", "-count=1", "-timeout", "30m", "-run", "^(" + strings.Join(h.tests[pkg], "|") + ")$", "./" + pkg}
	if more := h.args[pkg]; len(more) > 0 {
		args = append(append(args, "-args"), more...)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	passed, within, said, failed := map[string]bool{}, map[string]bool{}, map[string]string{}, []string(nil)
	last = map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var e struct{ Action, Test, Output string }
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		said[e.Test] += e.Output
		if e.Action == "fail" {
			failed = append(failed, e.Test) // "": of the package
		}
		if m := told.FindStringSubmatch(e.Output); m != nil {
			last[e.Test] = m[1]
		}
		if at := strings.LastIndex(e.Test, "/"); at > 0 {
			within[e.Test[:at]] = true
		}
		passed[e.Test] = passed[e.Test] || e.Action == "pass" && e.Test != ""
	}
	for name, ok := range passed {
		if ok && !within[name] {
			cases++
		}
	}
	if err != nil || cases == 0 {
		t.Errorf("%s: %v", pkg, err)
		for _, name := range failed {
			t.Logf("%s %s\n%s", pkg, name, built.Tail(said[name], 40))
		}
	}
	return cases, last
}

// link links a test from the table; a pattern of several, their package.
func link(t *testing.T, pkg, name string) string {
	t.Helper()
	if strings.Contains(name, "*") {
		return fmt.Sprintf("[all of %s](../%s)", pkg, pkg)
	}
	files, err := filepath.Glob(filepath.Join(root, pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "func "+name+"(") {
			return fmt.Sprintf("[%s](../%s/%s)", name, pkg, filepath.Base(file))
		}
	}
	t.Errorf("%s has no %s", pkg, name)
	return name
}
