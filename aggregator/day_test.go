package aggregator_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// A newsroom is a server on a network in memory. Every source has a feed that
// grows by one entry an hour.
type newsroom struct {
	mu    sync.Mutex
	polls map[string][]time.Time // host → when it was polled
	start time.Time
}

func (n *newsroom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	n.polls[r.Host] = append(n.polls[r.Host], time.Now())
	n.mu.Unlock()
	hours := int(time.Since(n.start) / time.Hour)
	if r.Host == "broken.test" {
		http.Error(w, "out of order", http.StatusInternalServerError)
		return
	}
	etag := fmt.Sprintf(`"%d"`, hours)
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprintf(w, "<rss version='2.0'><channel><title>%s</title>", r.Host)
	for h := hours; h >= max(0, hours-9); h-- {
		fmt.Fprintf(w, "<item><guid>%s-%d</guid><title>Bulletin %d of %s</title><link>http://%s/%d</link><pubDate>%s</pubDate></item>",
			r.Host, h, h, r.Host, r.Host, h, n.start.Add(time.Duration(h)*time.Hour).Format(time.RFC1123Z))
	}
	fmt.Fprint(w, "</channel></rss>")
}

// A pipeNet is a network of one server that every name leads to.
type pipeNet chan net.Conn

func (p pipeNet) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipeNet) Close() error   { close(p); return nil }
func (p pipeNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(203, 0, 113, 1), Port: 80} }

func (p pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestDay runs the whole aggregator for a day of fake time: the real
// schedules, the real store, a network in memory.
func TestDay(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		room := &newsroom{polls: map[string][]time.Time{}, start: time.Now()}
		b := &bureau{
			path: filepath.Join(dir, "day.db"), web: room,
			topics: []news.Topic{{Name: "all", Limit: 1000}, {Name: "hourly", From: []string{"hourly"}, Limit: 10}},
		}
		for name, spec := range map[string]string{
			"hourly": "7 * * * *", "tenth": "*/10 * * * *", "daily": "CRON_TZ=Asia/Tehran 0 6 * * *", "often": "@every 20m", "broken": "*/10 * * * *",
		} {
			b.add(name, "http://"+name+".test/feed", spec)
		}
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(24*time.Hour - time.Second)
			checkDay(t, db, room)
		})
	})
}

// checkDay holds a day's polls against the schedules, and what was filed
// against what was published.
func checkDay(t *testing.T, db *store.DB, room *newsroom) {
	t.Helper()
	room.mu.Lock()
	defer room.mu.Unlock()
	// One poll at the start, and then by the schedule.
	for name, want := range map[string]int{"hourly": 1 + 24, "tenth": 1 + 143, "daily": 1 + 1, "often": 1 + 71} {
		if got := len(room.polls[name+".test"]); got < want-1 || got > want+1 {
			t.Errorf("%s was polled %d times in a day; scheduled: %d", name, got, want)
		}
	}
	if got := len(room.polls["broken.test"]); got > 30 {
		t.Errorf("a broken source was polled %d times in a day", got)
	}
	for _, at := range room.polls["hourly.test"][1:] {
		if min := at.UTC().Minute(); min < 7 || min > 8 {
			t.Errorf("hourly was polled at %s", at)
		}
	}
	filed, err := db.Latest(t.Context(), "all", news.SortPublished, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, f := range filed {
		titles = append(titles, f.Members[0].Record.Item.Title)
	}
	for _, name := range []string{"hourly", "tenth", "often"} {
		n := 0
		for _, title := range titles {
			if strings.HasSuffix(title, "of "+name+".test") {
				n++
			}
		}
		if n != 24 {
			t.Errorf("%d bulletins of %s were filed, of 24", n, name)
		}
	}
	states, err := db.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		if s.Source == "broken" && (s.Outcome != news.OutcomeHTTP5xx || s.Error == "" || s.Failures < 2) {
			t.Errorf("broken: %+v", s)
		}
	}
}
