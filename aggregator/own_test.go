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
