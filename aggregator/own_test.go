package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestLeaveIsNoAddress: sources that may live on a private network, as the defaults
// allow it to all, and live on a public host, share it as others do.
func TestLeaveIsNoAddress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.db")
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := map[string][]time.Time{}
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked[r.Host] = append(asked[r.Host], time.Now())
			mu.Unlock()
			fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour</title></channel></rss>")
		}}
		b := &bureau{path: path, web: book}
		for n := range 3 {
			for _, host := range []string{"harbour.test", "192.168.1.20", "board.lan"} {
				src := b.add(fmt.Sprint(host[:5], n), fmt.Sprintf("http://%s/%d", host, n), "@every 1h")
				src.AllowPrivate = true
				b.sources[src.Name] = src
			}
		}
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(time.Minute) })
		for host, least := range map[string]time.Duration{"harbour.test": 2 * time.Second, "192.168.1.20": 0, "board.lan": 0} {
			times := asked[host]
			if len(times) != 3 || times[2].Sub(times[0]) < least || least == 0 && times[2].Sub(times[0]) > 500*time.Millisecond {
				t.Errorf("%s was asked at %v", host, times)
			}
		}
	})
}

// TestPagesOfAnOwnFeed: a feed on the user's own network, as a program there makes it
// of others, leads to pages of servers that have their pause.
func TestPagesOfAnOwnFeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.db")
	synctest.Test(t, func(t *testing.T) {
		var free time.Time
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.Host == "harbour.test" {
				if time.Now().Before(free) {
					t.Errorf("%s is asked for %s too early", r.URL.Path, time.Until(free))
				}
				free = time.Now().Add(time.Second)
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, article, r.URL.Path)
				return
			}
			fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour</title>")
			for n := range 3 {
				fmt.Fprintf(w, "<item><guid>%d</guid><title>Note %[1]d</title><link>http://harbour.test/%[1]d</link><description>The ferry waits.</description></item>", n)
			}
			fmt.Fprint(w, "</channel></rss>")
		}}
		b := &bureau{path: path, web: book}
		src := b.add("harbour", "http://192.168.1.20/", "@every 1h")
		src.AllowPrivate, src.FullText = true, true
		b.sources["harbour"] = src
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(30 * time.Minute) })
		if len(book.visits) != 4 {
			t.Errorf("asked for %v", book.visits)
		}
	})
}
