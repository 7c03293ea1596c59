//go:build linux

package trust

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

var item = regexp.MustCompile(`(?s)<guid[^>]*>([^<]*)</guid>.*?<link>([^<]*)</link>.*?CDATA\[(.*?)\]\]>`)

// poll polls a source of a model until it has brought a number of documents, and
// returns the records that a perfect program would have.
func poll(t *testing.T, m *Model, name string, documents int) (records []news.Record) {
	t.Helper()
	known, tag := map[string]string{}, ""
	for documents > 0 {
		r := httptest.NewRequest(http.MethodGet, "/"+name, nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			continue
		}
		tag = w.Header().Get("ETag")
		documents--
		for _, found := range item.FindAllStringSubmatch(w.Body.String(), -1) {
			if known[found[1]] != found[3] {
				known[found[1]] = found[3]
				records = append(records, news.Record{Item: news.Item{Source: name, ID: found[1], GUID: found[1], URL: found[2], HTML: found[3]}})
			}
		}
	}
	return records
}

// TestModelCatches plants every kind of difference, and expects each to be
// found: the programme would prove nothing without.
func TestModelCatches(t *testing.T) {
	m := NewModel(7, 1, 0, 1, nil)
	plain, desk := poll(t, m, "plain-0", 12), poll(t, m, "desk-0", 12)
	if f := m.Compare(append(plain, desk...), true); f.Any() || len(plain) < 12 || len(desk) < 12 {
		t.Fatalf("of a perfect program with %d and %d records: %s", len(plain), len(desk), f)
	}
	with := func(more ...news.Record) []news.Record {
		return append(append(append([]news.Record{}, plain...), desk...), more...)
	}
	alike := plain[3]
	alike.Item.ID = "another"
	torn := with()
	torn[2].Item.HTML = torn[2].Item.HTML[:20]
	revised := 0
	for i, r := range desk {
		if strings.Contains(r.Item.HTML, "revision 2") {
			revised = i
			break
		}
	}
	for name, test := range map[string]struct {
		records []news.Record
		found   func(Findings) []string
	}{
		"lost":             {append(with()[:4:4], with()[5:]...), func(f Findings) []string { return f.Lost }},
		"revision lost":    {append(append([]news.Record{}, plain...), append(desk[:revised:revised], desk[revised+1:]...)...), func(f Findings) []string { return f.Lost }},
		"twice":            {with(plain[3]), func(f Findings) []string { return f.Doubled }},
		"under another id": {with(alike), func(f Findings) []string { return f.Doubled }},
		"torn":             {torn, func(f Findings) []string { return f.Torn }},
		"never sent":       {with(news.Record{Item: news.Item{Source: "plain-0", ID: "x", GUID: "x"}}), func(f Findings) []string { return f.Torn }},
	} {
		if f := m.Compare(test.records, true); len(test.found(f)) == 0 {
			t.Errorf("%s: not found: %s", name, f)
		}
	}
	m.Freeze()
	ledger, feed := Ledger{}, func(id string) []byte {
		var b strings.Builder
		for _, r := range plain {
			b.WriteString(`,{"id":"` + id + r.Item.ID + `","url":"` + r.Item.URL + `"}`)
		}
		return []byte(`{"items":[` + b.String()[1:] + `]}`)
	}
	good := feed("tag:")
	if f := m.Published(ledger, Plain, good, true); f.Any() {
		t.Errorf("of a perfect feed: %s", f)
	}
	if f := m.Published(ledger, Plain, feed("tag:other:"), true); len(f.Moved) != len(plain) {
		t.Errorf("ids that changed: %s", f)
	}
	if f := m.Published(Ledger{}, Plain, good[:len(good)-40], true); len(f.Torn) == 0 {
		t.Errorf("a torn feed: %s", f)
	}
	if f := m.Published(Ledger{}, Plain, []byte(`{"items":[]}`), true); len(f.Lost) == 0 {
		t.Errorf("an empty feed: %s", f)
	}
}

func TestRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trust.md")
	for _, row := range []Row{{Part: "R10", Result: "first"}, {Part: "S1"}, {Part: "R2", Result: "a | b\nc"}, {Part: "R10", Result: "second"}} {
		if err := Record(path, row); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "|---|---|---|---|---|---|---|\n")
	var parts []string
	for line := range strings.Lines(rows) {
		parts = append(parts, partOf(line))
	}
	if got := strings.Join(parts, " "); got != "R2 R10 S1" || strings.Contains(rows, "first") || !strings.Contains(rows, "a / b c") {
		t.Errorf("the table is\n%s", text)
	}
}
