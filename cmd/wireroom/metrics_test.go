package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/wireroom/wireroom/internal/built"
)

// harbour is a server that has a feed of three items at /harbour, and nothing else.
func harbour(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/harbour" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, bulletin("harbour", 3))
	}))
	t.Cleanup(server.Close)
	return server
}

// TestMetrics scrapes the running program: the numbers are there, they are
// right, and Prometheus's own linter has nothing against their names.
func TestMetrics(t *testing.T) {
	t.Parallel()
	origin := harbour(t)
	dir, addr, admin := t.TempDir(), built.FreeAddress(t), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q, admin: %q}\nstore: wireroom.db\n"+
		"defaults: {allow_private: true}\nsources:\n  harbour: %s/harbour\n  nowhere: %s/nowhere\ntopics:\n  all: {}\n", addr, admin, origin.URL, origin.URL))
	start(t, dir, built.Program(t), "serve", "--store", "wireroom.db")
	var scrape []byte
	// A poll is counted before what it found is stored, so everything is
	// waited for, not the counters alone.
	for _, want := range []string{
		`wireroom_polls_total{outcome="new"} 1`, `wireroom_polls_total{outcome="http_4xx"} 1`,
		`wireroom_items_total{kind="new"} 3`, `wireroom_source_failures{source="nowhere"} 1`, `wireroom_sources{outcome="new"} 1`,
		`wireroom_source_last_success_timestamp_seconds{source="harbour"} 1`, `wireroom_store_items 3`, `wireroom_build_info{version="`,
		`wireroom_config_last_reload_successful 1`, `go_goroutines `, `process_resident_memory_bytes `,
	} {
		await(t, 30*time.Second, "a scrape with "+want, func() bool {
			scrape, _ = get("http://" + admin + "/metrics")
			return strings.Contains(string(scrape), want)
		})
	}
	problems, err := promlint.New(bytes.NewReader(scrape)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "wireroom_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	if _, ok := get("http://" + admin + "/debug/pprof/heap"); !ok {
		t.Error("no profile of the heap is served")
	}
	if body, _ := get("http://" + admin + "/debug/pprof/cmdline"); strings.Contains(string(body), "wireroom.db") {
		t.Errorf("the command line, which may hold a password, is told: %q", body)
	}
	if _, ok := get("http://" + addr + "/metrics"); ok {
		t.Error("readers are served metrics")
	}
}
