//go:build linux

package trust_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/built"
)

const (
	seedFeeds = 400 // real feeds that mutants are made of
	aRound    = 500 // mutants that one run of the program polls
)

// seedsOf returns feeds of the corpora, chosen at random.
func seedsOf(t *testing.T, rng *rand.Rand) (seeds [][]byte) {
	t.Helper()
	for _, folder := range []string{"news-snapshots", "feedparser", "rome", "node-feedparser", "newsboat", "rss-parser", "feed-rs", "probes"} {
		err := filepath.WalkDir(beside.Path(t, "corpora", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			body, err := os.ReadFile(path)
			if len(body) > 200 && len(body) < 100_000 {
				seeds = append(seeds, body)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rng.Shuffle(len(seeds), func(i, j int) { seeds[i], seeds[j] = seeds[j], seeds[i] })
	return seeds[:min(len(seeds), seedFeeds)]
}

// mutant flips bits of a feed, moves a piece of it, or cuts it off.
func mutant(rng *rand.Rand, seed []byte) []byte {
	body := bytes.Clone(seed)
	rate := []float64{0.0004, 0.004, 0.02}[rng.IntN(3)]
	for i := range body {
		if rng.Float64() < rate {
			body[i] ^= 1 << rng.IntN(8)
		}
	}
	switch a, b := rng.IntN(len(body)), rng.IntN(len(body)); rng.IntN(5) {
	case 0:
		body = body[:a]
	case 1:
		body = append(body[:min(a, b)], body[max(a, b):]...)
	case 2:
		body = append(body, body[min(a, b):max(a, b)]...)
	}
	return body
}

// TestMutatedFeeds lets the program poll, file and publish feeds of which bits
// were flipped and pieces moved: it neither ends nor hangs, and nothing in it
// panics (S9).
func TestMutatedFeeds(t *testing.T) {
	if *times == 0 {
		t.Skip("parse.TestMutants is the short of it; this is make trust-mutants")
	}
	rng := rand.New(rand.NewPCG(*seed, 9))
	seeds := seedsOf(t, rng)
	polled, items := 0, 0
	var most time.Duration
	record(t, "S9", "feeds of the corpora with bits flipped, pieces moved and ends cut off, polled, filed and published by the program", "trust-mutants", func() (string, string) {
		return fmt.Sprintf("%d mutants of %d feeds", polled, len(seeds)), fmt.Sprintf("0 ends, 0 hangs, 0 panics; %d items were read of them; %d of them took at most %s of a processor", items, aRound, most.Round(time.Millisecond))
	})
	for polled < *times && !t.Failed() && !enough() {
		var list [aRound][]byte
		for i := range list {
			list[i] = mutant(rng, seeds[rng.IntN(len(seeds))])
		}
		n, took := mutated(t, list[:])
		polled, items, most = polled+aRound, items+n, max(most, took)
	}
	if items < polled/10 {
		t.Errorf("%d items are too few: the mutants are noise", items)
	}
}

// mutated runs the program once over documents, and returns how many items it
// found, and what time of a processor it took.
func mutated(t *testing.T, list [][]byte) (items int, took time.Duration) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/m%d", &n); err == nil && n < len(list) {
			_, _ = w.Write(list[n])
		}
	}))
	defer web.Close()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("store: wireroom.db\nlog: {format: json}\ndefaults: {allow_private: true}\ntopics: {all: {}}\nsources:\n")
	for i := range list {
		fmt.Fprintf(&b, "  m%d: %q\n", i, fmt.Sprintf("%s/m%d", web.URL, i))
	}
	if err := os.WriteFile(filepath.Join(dir, "feeds.yaml"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), built.Program(t), "once", "--out", "public")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	hung := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	err := cmd.Run()
	hung.Stop()
	said := out.String()
	polls := strings.Count(said, `"msg":"polled"`)
	if err != nil || strings.Contains(said, "panic") || polls != len(list) {
		at := max(strings.Index(said, "panic"), 0)
		keep := filepath.Join(os.TempDir(), fmt.Sprintf("mutants-%d", time.Now().Unix()))
		for i, body := range list {
			_ = os.MkdirAll(keep, 0o755)
			_ = os.WriteFile(filepath.Join(keep, fmt.Sprint("m", i)), body, 0o644)
		}
		t.Fatalf("%v; %d of %d polled; the mutants are in %s:\n%.3000s", err, polls, len(list), keep, said[at:])
	}
	for line := range strings.Lines(said) {
		var polled struct{ New int }
		if json.Unmarshal([]byte(line), &polled) == nil {
			items += polled.New
		}
	}
	return items, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
