package poll_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// TestLargeDocumentsTakeTurns: a large document waits until what came before it has
// been read, and that does not count as its server's time; a small one does not wait.
func TestLargeDocumentsTakeTurns(t *testing.T) {
	sizes := map[string]int{"/large": 2 << 20, "/medium": 900 << 10, "/small": 100 << 10}
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte("tide "), sizes[r.URL.Path]/5))
	}}
	server := o.serve(t)
	client := poll.NewClient(poll.Options{Large: 9 << 20})
	t.Cleanup(client.Close)
	ask := func(ctx context.Context, path string) news.Answer {
		src := news.Source{Name: "tides", URL: server.URL + path, AllowPrivate: true, MaxBytes: 3 << 20, Timeout: 2 * time.Second}
		return client.Poll(ctx, src, news.State{}, time.Now())
	}
	first, second := ask(t.Context(), "/large"), ask(t.Context(), "/large")
	if len(first.Body) < 1<<21-5 || len(second.Body) != len(first.Body) {
		t.Fatalf("%d and %d bytes, %s", len(first.Body), len(second.Body), second.Error)
	}
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	if third := ask(ctx, "/large"); third.Body != nil {
		t.Error("there was room for a third large document")
	}
	stop()
	if small := ask(t.Context(), "/small"); small.Body == nil || small.Done != nil {
		t.Errorf("a small document: %s", small.Error)
	}
	// One that is not much larger than most has room of its own.
	if medium := ask(t.Context(), "/medium"); medium.Body == nil || medium.Done == nil {
		t.Errorf("a document of less than a megabyte: %s", medium.Error)
	} else {
		medium.Drop()
	}
	came := make(chan news.Answer)
	go func() { came <- ask(t.Context(), "/large") }()
	select {
	case third := <-came:
		t.Errorf("a large document did not wait: %d bytes, %s", len(third.Body), third.Error)
	case <-time.After(2500 * time.Millisecond):
		first.Drop()
		first.Drop() // once is enough
		if third := <-came; third.Body == nil {
			t.Errorf("a large document that waited for others: %s", third.Error)
		} else {
			third.Drop()
		}
	}
	second.Drop()
}

// TestWhoHasRoomWaitsForNone: what a large document leads to, such as its feed's past,
// has room of its own. Two that wait for each other's would have it too late.
func TestWhoHasRoomWaitsForNone(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte("tide "), 2<<20/5))
	}}
	server := o.serve(t)
	client := poll.NewClient(poll.Options{Large: 9 << 20})
	t.Cleanup(client.Close)
	src := news.Source{Name: "tides", URL: server.URL, AllowPrivate: true, MaxBytes: 3 << 20}
	for range 2 {
		answer := client.Poll(t.Context(), src, news.State{}, time.Now())
		defer answer.Drop()
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
	defer stop()
	for range 10 { // each is read at once
		if past := client.Get(ctx, src, server.URL+"/past", time.Now()); past.Body == nil {
			t.Fatalf("there is no room for the past of a feed: %s", past.Error)
		}
	}
}

// TestCutWhileItWaits: a server that hangs up on who has waited for room, and did not
// read on, has not failed; nor has one for whose document the lease is too short.
func TestCutWhileItWaits(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Write(bytes.Repeat([]byte("tide "), 900<<10/5))
		if r.URL.Path == "/cut" {
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
	}}
	server := o.serve(t)
	client := poll.NewClient(poll.Options{Large: 5 << 19})
	t.Cleanup(client.Close)
	ask := func(ctx context.Context, path string) news.Answer {
		src := news.Source{Name: "tides", URL: server.URL + path, AllowPrivate: true, MaxBytes: 3 << 20, Timeout: 10 * time.Second}
		return client.Poll(ctx, src, news.State{}, time.Now())
	}
	if cut := ask(t.Context(), "/cut"); cut.Body != nil || cut.Crowded {
		t.Errorf("cut off without a wait: %d bytes, crowded %v", len(cut.Body), cut.Crowded)
	}
	first := ask(t.Context(), "/")
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	if late := ask(ctx, "/"); !late.Crowded {
		t.Errorf("the lease was over while it waited: %q, and it counts", late.Error)
	}
	time.AfterFunc(1500*time.Millisecond, first.Drop)
	if cut := ask(t.Context(), "/cut"); !cut.Crowded {
		t.Errorf("cut off while it waited: %q, and it counts", cut.Error)
	}
	again := ask(t.Context(), "/") // what they had is given back
	if again.Body == nil {
		t.Error(again.Error)
	}
	again.Drop()
}
