package websub

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A page is what was logged.
type page struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// TestCallbacksAreNotLogged: who knows the address of a reader's callback can send it
// what he likes, and so the log names its host alone, of requests that fail too.
func TestCallbacksAreNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, b := fresh()
		var log page
		const callback = "https://reader.example/call/canary?token=canary"
		if err := b.Subscribe(t.Context(), news.Subscription{Topic: topic, Callback: callback, Until: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		hub, err := NewHub(t.Context(), Options{
			Log: slog.New(slog.NewTextHandler(&log, nil)), Book: b, Document: s.document, Retry: []time.Duration{time.Second},
			Client: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") })},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); hub.Run(ctx) }()
		s.change("two")
		hub.Publish(topic)
		post(hub, form("subscribe", callback))
		time.Sleep(time.Minute)
		stop()
		<-done
		if said := log.text.String(); strings.Count(said, "no route to host") != 2 || strings.Contains(said, "canary") {
			t.Errorf("it is logged:\n%s", said)
		}
	})
}
