package aggregator

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// TestReadingInTurn: a document waits until a processor is free for it, and is
// not read any more once the program ends.
func TestReadingInTurn(t *testing.T) {
	a := New(nil, poll.NewClient(poll.Options{}), &Plan{}, slog.New(slog.DiscardHandler), Options{})
	answer := news.Answer{At: time.Now(), Status: 200, Body: []byte("<rss version='2.0'><channel><title>City</title></channel></rss>")}
	src := news.Source{Name: "city", MaxBytes: 1 << 20, MaxItems: 100}
	for range cap(a.readers) {
		a.readers <- struct{}{}
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := a.inTurn(ctx, src, news.State{}, answer, nil)
		done <- err
	}()
	select {
	case <-done:
		t.Fatal("a document was read while every processor had one")
	case <-time.After(50 * time.Millisecond):
	}
	stop()
	if err := <-done; err == nil {
		t.Error("a document was read although the program ends")
	}
	<-a.readers
	if doc, err := a.inTurn(t.Context(), src, news.State{}, answer, nil); err != nil || doc.feed == nil {
		t.Errorf("a document in its turn was not read: %v", err)
	}
}

// TestReadingStops: a long document is not read to its end once the program
// ends.
func TestReadingStops(t *testing.T) {
	a := New(nil, poll.NewClient(poll.Options{}), &Plan{}, slog.New(slog.DiscardHandler), Options{})
	body := "<rss version='2.0'><channel><title>City</title>" + strings.Repeat("<item><title>One</title></item>", 3) + "</channel></rss>"
	answer := news.Answer{At: time.Now(), Status: 200, Body: []byte(body)}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if doc, err := a.read(ctx, news.Source{Name: "city", MaxBytes: 1 << 20, MaxItems: 100}, news.State{}, answer, nil); err == nil {
		t.Errorf("%d items were made although the program ends", len(doc.items))
	}
}

// TestUndatedStayInOrder: entries without dates are read as published in the
// order of their feed, none of them in the future.
func TestUndatedStayInOrder(t *testing.T) {
	a := New(nil, poll.NewClient(poll.Options{}), &Plan{}, slog.New(slog.DiscardHandler), Options{})
	body := "<rss version='2.0'><channel><title>City</title>" +
		"<item><title>Newest</title></item><item><title>Dated</title><pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate></item>" +
		"<item><title>Newer</title></item><item><title>Old</title></item></channel></rss>"
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	doc, err := a.read(t.Context(), news.Source{Name: "city", MaxBytes: 1 << 20, MaxItems: 100}, news.State{}, news.Answer{At: at, Status: 200, Body: []byte(body)}, nil)
	if err != nil || len(doc.items) != 4 {
		t.Fatalf("%d items, %v", len(doc.items), err)
	}
	for i, want := range []time.Time{at, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), at.Add(-time.Second), at.Add(-2 * time.Second)} {
		if it := doc.items[i]; !it.Published.Equal(want) || !it.FirstSeen.Equal(at) {
			t.Errorf("%s: published %v, first seen %v; want %v, %v", it.Title, it.Published, it.FirstSeen, want, at)
		}
	}
}

// TestReadBySeenAhead: entries that were last read by a clock that was ahead are
// not passed over until it has been reached.
func TestReadBySeenAhead(t *testing.T) {
	src := news.Source{Name: "city"}
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	state := news.State{Seen: "one two", SeenBy: settingsOf(src)}
	for days, want := range map[int]bool{-15: false, -13: true, 0: true, 1: false, 30000: false} {
		state.SeenAll = now.AddDate(0, 0, days)
		if got := knownBy(src, state, now) != nil; got != want {
			t.Errorf("read %d days from now: passed over %t, want %t", days, got, want)
		}
	}
}

// TestPageMaxItems: of a page without a feed as many items are read as of a feed.
func TestPageMaxItems(t *testing.T) {
	page := []byte(strings.Repeat("<li><a href=/n>A note</a></li>", 3000))
	for _, most := range []int{10, 2500} {
		src := news.Source{Name: "city", MaxItems: most, Page: &news.PageRules{Item: "li"}}
		feed, _, err := Open(src, news.State{}, news.Answer{URL: "https://city.test/", Body: page, ContentType: "text/html"}, nil)
		if err != nil || len(feed.Entries) != most || feed.Dropped != 3000-most {
			t.Errorf("max_items %d: other than that many items are read (%v)", most, err)
		}
	}
}
