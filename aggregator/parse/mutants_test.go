package parse_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

// TestMutants flips bits in real feeds and cuts them off, always in the same
// places, and looks at what is made of them.
func TestMutants(t *testing.T) {
	var seeds [][]byte
	for _, folder := range []string{"news-snapshots", "rome", "node-feedparser", "newsboat"} {
		err := filepath.WalkDir(beside.Path(t, "corpora", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			body, err := os.ReadFile(path)
			if len(body) > 0 && len(body) < 60_000 {
				seeds = append(seeds, body)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mutants := 2000
	if testing.Short() || race.Enabled {
		mutants = 200
	}
	r := rand.New(rand.NewPCG(7, 11))
	for n := range mutants {
		body := append([]byte(nil), seeds[r.IntN(len(seeds))]...)
		rate := []float64{0.0005, 0.004, 0.02}[r.IntN(3)]
		for i := range body {
			if r.Float64() < rate {
				body[i] ^= 1 << r.IntN(8)
			}
		}
		if r.IntN(4) == 0 {
			body = body[:r.IntN(len(body)+1)]
		}
		feed, err := ours(news.Answer{URL: docURL, Body: body})
		if err != nil {
			continue
		}
		items := normalize.Items(news.Source{Name: "mutant"}, feed, pollTime)
		for i := range items {
			checkItem(t, &items[i])
		}
		if t.Failed() {
			t.Fatalf("mutant %d", n)
		}
	}
}
