package websub

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestDeadSubscribersHoldUpNobody: hundreds of callbacks that do not answer any more, or
// never did, each of a host of its own, keep none waiting that does.
func TestDeadSubscribersHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := fresh()
		until := time.Now().Add(longestLease)
		for i := range 300 {
			if err := b.Subscribe(t.Context(), news.Subscription{Topic: topic, Callback: fmt.Sprintf("https://dead%d.example/", i), Until: until}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Subscribe(t.Context(), news.Subscription{Topic: topic, Callback: "https://live.example/", Until: until}); err != nil {
			t.Fatal(err)
		}
		arrived := make(chan time.Time, 100)
		client := &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "live.example" {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			arrived <- time.Now()
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
		})}
		hub, err := NewHub(t.Context(), Options{Log: slog.New(slog.DiscardHandler), Client: client, Book: b, Document: s.document})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); hub.Run(ctx) }()
		for i := range 20 {
			s.change(fmt.Sprint("change ", i))
			published := time.Now()
			for j := range 100 {
				post(hub, form("subscribe", fmt.Sprintf("https://void%d-%d.example/", i, j)))
			}
			hub.Publish(topic)
			if late := (<-arrived).Sub(published); i > 0 && late > time.Second { // by then it is known who is dead
				t.Errorf("change %d arrives after %s", i, late)
			}
			time.Sleep(time.Until(published.Add(2 * time.Minute)))
		}
		cancel()
		<-done
	})
}
