package websub

import (
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

func TestLeasesAreBounded(t *testing.T) {
	for given, want := range map[string]time.Duration{"": defaultLease, "1": leastLease, "2147483647": longestLease} {
		req, problem := parseRequest(url.Values{
			"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.callback": {"https://r.example/"}, "hub.lease_seconds": {given},
		})
		if problem != "" || req.lease != want {
			t.Errorf("lease %q: %v %q, want %v", given, req.lease, problem, want)
		}
	}
}

// TestClockSetForward sets the clock ahead for some minutes: no lease that has
// not ended by a right one is forgotten.
func TestClockSetForward(t *testing.T) {
	s, b := fresh()
	now := time.Now()
	b.subs[[2]string{topic, "https://r.example/"}] = news.Subscription{Topic: topic, Callback: "https://r.example/", Until: now.Add(time.Hour)}
	hub, err := NewHub(t.Context(), Options{Log: slog.New(slog.DiscardHandler), Client: http.DefaultClient, Book: b, Document: s.document})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{30 * 24 * time.Hour, 30*24*time.Hour + 30*time.Minute, 30 * time.Minute, 2 * time.Hour, 2*time.Hour + 30*time.Minute} {
		if hub.sweep(t.Context(), now.Add(at)); len(b.list()) == 0 {
			t.Fatalf("%s on it is forgotten", at)
		}
	}
	if hub.sweep(t.Context(), now.Add(3*time.Hour)); len(b.list()) > 0 {
		t.Error("it is never forgotten")
	}
}
