package story

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/beside"
)

// doc is an item of a corpus.
type doc struct {
	ID, Story, Title, Desc, Text, Source, Lang, URL string
	Time                                            time.Time
}

// pair is two items of a corpus that were labelled by reading.
type pair struct {
	A, B, Label, Stratum string
	StratumPairs         int `json:"stratum_pairs"`
	Sampled              int
}

func (p pair) weight() float64 { return float64(p.StratumPairs) / float64(p.Sampled) }

func readLines(tb testing.TB, path string, each func([]byte)) {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			tb.Fatal(err)
		}
	}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		each(scanner.Bytes())
	}
	if err := scanner.Err(); err != nil {
		tb.Fatal(err)
	}
}

// readDocs reads a corpus in the order of arrival.
func readDocs(tb testing.TB, name string) []doc {
	tb.Helper()
	var docs []doc
	start := time.Date(2019, 11, 1, 0, 0, 0, 0, time.UTC)
	readLines(tb, beside.Path(tb, "corpora", "stories", name), func(line []byte) {
		var raw struct {
			ID, Story, Title, Desc, Text, Source, Site, Lang, URL string
			Time                                                  instant
		}
		if err := json.Unmarshal(line, &raw); err != nil {
			tb.Fatal(err)
		}
		d := doc{raw.ID, raw.Story, raw.Title, raw.Desc, raw.Text, raw.Source, raw.Lang, raw.URL, raw.Time.Time}
		if d.Time.IsZero() {
			d.Time = start // undated corpora: all at once
		}
		if raw.Site != "" {
			d.Source = raw.Site
			d.Lang = strings.TrimSuffix(strings.TrimPrefix(name, "telegram-"), ".jsonl.gz")
		}
		docs = append(docs, d)
	})
	slices.SortStableFunc(docs, func(a, b doc) int { return a.Time.Compare(b.Time) })
	return docs
}

func readPairs(tb testing.TB, name string) []pair {
	tb.Helper()
	var pairs []pair
	readLines(tb, beside.Path(tb, "corpora", "stories", name), func(line []byte) {
		var p pair
		if err := json.Unmarshal(line, &p); err != nil {
			tb.Fatal(err)
		}
		pairs = append(pairs, p)
	})
	return pairs
}
