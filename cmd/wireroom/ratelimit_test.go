package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/wireroom/wireroom/aggregator/poll"
)

// TestRateLimit: who asks for more than rate_limit allows is told to wait, a minute's
// worth at once being allowed; who comes by a private network is not.
func TestRateLimit(t *testing.T) {
	for limit, refusals := range map[string]map[string]bool{
		"rate_limit: 1": {"203.0.113.9:5": true, "10.0.0.9:5": false},
		"rate_limit: 0": {"203.0.113.9:5": false},
	} {
		dir := t.TempDir()
		at := overrides{config: filepath.Join(dir, "feeds.yaml"), store: filepath.Join(dir, "wireroom.db")}
		write(t, at.config, fmt.Sprintf("server: {%s}\nsources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n", limit))
		cfg, err := at.load(nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := assemble(t.Context(), cfg, at.load, slog.New(slog.DiscardHandler), poll.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer p.close()
		for remote, refuses := range refusals {
			refused := 0
			for i := range 200 {
				r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
				r.RemoteAddr = remote
				w := httptest.NewRecorder()
				if p.handler.ServeHTTP(w, r); w.Code == http.StatusTooManyRequests {
					if refused++; i < 60 || w.Header().Get("Retry-After") == "" {
						t.Errorf("%s: %s was refused at request %d, Retry-After %q", limit, remote, i, w.Header().Get("Retry-After"))
					}
				}
			}
			if refused > 0 != refuses {
				t.Errorf("%s: of 200 requests of %s %d were refused", limit, remote, refused)
			}
		}
	}
}
