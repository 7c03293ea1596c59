package aggregator_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/internal/race"
)

// TestSlowSourcesFillNoQueue polls two hundred good sources beside a thousand
// that take a connection and never answer, from the first start on.
func TestSlowSourcesFillNoQueue(t *testing.T) {
	const interval = 10 * time.Minute
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		good := make(pipeNet)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(200 * time.Millisecond)
			fmt.Fprintf(w, "<rss version='2.0'><channel><title>%s</title></channel></rss>", r.Host)
		})}
		go server.Serve(good)
		defer server.Close()
		b := &bureau{path: filepath.Join(dir, "slow.db"), dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if strings.HasPrefix(addr, "good") {
				return good.dial(ctx, network, addr)
			}
			client, server := net.Pipe()
			go io.Copy(io.Discard, server)
			return client, nil
		}}
		for i := range 1000 {
			name := fmt.Sprint("a-hanging-", i)
			b.add(name, "http://"+name+".test/", "@every 20m")
		}
		for i := range 200 {
			name := fmt.Sprint("good-", i)
			b.add(name, "http://"+name+".test/", "@every 10m")
		}
		p := newPunctuality(time.Now(), b.sources)
		b.polled = p.polled
		long := 45 * time.Minute // the bad ones come twice
		if race.Enabled {
			long = 15 * time.Minute
		}
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(long) })

		late, worst, polls := 0, time.Duration(0), 0
		for name, d := range p.late {
			if strings.HasPrefix(name, "good") {
				polls++
				worst = max(worst, d)
				if d > interval/10 {
					late++
				}
			}
		}
		t.Logf("%d polls; the latest of a good source came %s late, of an interval of %s", p.polls, worst, interval)
		if polls != 200 || late > 0 {
			t.Errorf("%d of %d good sources were late by more than a tenth of their interval, at worst by %s", late, polls, worst)
		}
	})
}

// crowded is a bureau with room for one large document at once, which that of source
// slow takes for so long; source good, of which asked is told, comes too late for it.
func crowded(dir string, long, timeout time.Duration, asked func()) *bureau {
	b := &bureau{path: filepath.Join(dir, "crowded.db"), large: 5 << 19, web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "good.test" {
			asked()
			time.Sleep(time.Second) // the other has the room
		}
		fmt.Fprintf(w, "<rss version='2.0'><channel><title>Tides</title><item><guid>1</guid><title>High water</title></item><!--%s-->", strings.Repeat(" ", 300<<10))
		w.(http.Flusher).Flush()
		if r.Host == "slow.test" {
			time.Sleep(long)
		}
		fmt.Fprint(w, "</channel></rss>")
	})}
	for _, name := range []string{"slow", "good"} {
		src := b.add(name, "http://"+name+".test/", "@every 1h")
		src.Timeout = timeout
		b.sources[name] = src
	}
	return b
}

// TestCrowdedOut: a large document for which there is no room, since another comes
// slowly, is no failure of its source, which is asked again later.
func TestCrowdedOut(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		b := crowded(dir, 4*time.Minute, 5*time.Minute, func() { asked++ })
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(10 * time.Minute)
			s, _, err := db.State(t.Context(), "good")
			if err != nil {
				t.Fatal(err)
			}
			if asked < 2 || s.Polls != 1 || s.ItemCount != 1 || s.Failures > 0 || len(s.Events) > 0 {
				t.Errorf("asked %d times, %d polls, %d items, %d failures, %v", asked, s.Polls, s.ItemCount, s.Failures, s.Events)
			}
		})
	})
}

// TestCrowdedOutIsPushedStill: what a hub has told of a source for whose document there
// was no room holds for when there is.
func TestCrowdedOutIsPushedStill(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := crowded(dir, 7*time.Minute, 10*time.Minute, func() {})
		b.run(t, func(a *aggregator.Aggregator, db *store.DB) {
			time.Sleep(150 * time.Second) // it has been crowded out once
			if err := a.Pushed(t.Context(), "good", nil, ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(12 * time.Minute)
			s, _, err := db.State(t.Context(), "good")
			if err != nil {
				t.Fatal(err)
			}
			if s.ItemCount != 1 || s.Pushes != 1 {
				t.Errorf("%d items, %d of them pushed", s.ItemCount, s.Pushes)
			}
		})
	})
}

// TestNobodyWaitsForTheStore polls a hundred sources that bring nothing, two at a time.
// What they leave is stored when there are many of them, or after a moment, for which
// the others do not wait.
func TestNobodyWaitsForTheStore(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &bureau{path: filepath.Join(dir, "store.db"), workers: 2, web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<rss version='2.0'><channel><title>%s</title></channel></rss>", r.Host)
		})}
		for i := range 100 {
			name := fmt.Sprint("empty-", i)
			b.add(name, "http://"+name+".test/", "@every 10m")
		}
		p := newPunctuality(time.Now(), b.sources)
		b.polled = p.polled
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(time.Minute) })
		if worst := slices.Max(slices.Collect(maps.Values(p.late))); p.polls != 100 || worst > 500*time.Millisecond {
			t.Errorf("%d of 100 sources were polled, the last after %s", p.polls, worst)
		}
	})
}
