package aggregator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// TestCutOff lets two processes poll the same sources, of which one reaches
// nobody for five hours: the sources are hardly put off.
func TestCutOff(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const n = 40
		var answered atomic.Int64
		b := &bureau{path: filepath.Join(dir, "cut.db"), web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answered.Add(1)
			quietFeed(w, r)
		})}
		for i := range n {
			b.add(fmt.Sprint("source", i), fmt.Sprintf("http://host%d.test/", i), "@every 10m")
		}
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(30 * time.Minute)
			var log bytes.Buffer
			cut := b.beside(t, db, slog.New(slog.NewTextHandler(&log, nil)))
			ctx, stop := context.WithCancel(t.Context())
			var loop sync.WaitGroup
			loop.Go(func() { cut.Collect(ctx) })
			before := answered.Load()
			const hours = 5
			time.Sleep(hours * time.Hour)
			stop()
			loop.Wait()
			if polls := answered.Load() - before; polls < hours*6*n*98/100 {
				t.Errorf("beside a process that is cut off, %d polls of %d", polls, hours*6*n)
			}
			if !strings.Contains(log.String(), "no source answers, as if") {
				t.Errorf("it does not know that it is cut off:\n%s", log.String())
			}
			states, err := db.States(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range states {
				if s.Failures > 1 {
					t.Errorf("%s has failed %d times", s.Source, s.Failures)
				}
			}
		})
	})
}

// TestCutOffFromTheStart: a first start without a network says so, and that of a few
// misspelt addresses, or of some that are dead among others, does not.
func TestCutOffFromTheStart(t *testing.T) {
	for name, c := range map[string]struct {
		dead, well int
		told       bool
	}{"no network": {dead: 15, told: true}, "few": {dead: 3, told: true}, "misspelt": {dead: 2}, "an old list": {dead: 30, well: 1}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				network := make(pipeNet)
				b := &bureau{path: filepath.Join(dir, "start.db"), web: http.HandlerFunc(quietFeed), handler: slog.NewTextHandler(&log, nil)}
				server := &http.Server{Handler: b.web}
				go server.Serve(network)
				defer server.Close()
				b.dial = func(ctx context.Context, kind, addr string) (net.Conn, error) {
					if strings.HasPrefix(addr, "well") {
						return network.dial(ctx, kind, addr)
					}
					time.Sleep(time.Second)
					return nil, errors.New("network is unreachable")
				}
				for i := range c.dead {
					b.add(fmt.Sprint("dead", i), fmt.Sprintf("http://dead%d.test/", i), "@every 10m")
				}
				for i := range c.well {
					b.add(fmt.Sprint("well", i), fmt.Sprintf("http://well%d.test/", i), "@every 10m")
				}
				b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(time.Minute) })
				if told := strings.Contains(log.String(), "no source answers, as if"); told != c.told {
					t.Errorf("told: %t\n%s", told, log.String())
				}
			})
		})
	}
}

// TestCutOffAsksAgain: a process that is cut off and finds nothing due, since
// others have taken it, looks again soon.
func TestCutOffAsksAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &bureau{path: filepath.Join(dir, "cut.db"), web: http.HandlerFunc(quietFeed)}
		for i := range 3 {
			b.add(fmt.Sprint("source", i), fmt.Sprintf("http://host%d.test/", i), "@every 10m")
		}
		b.run(t, func(_ *aggregator.Aggregator, _ *store.DB) { time.Sleep(time.Minute) })
		tried := make(chan time.Time, 1000)
		b.dial = func(context.Context, string, string) (net.Conn, error) {
			tried <- time.Now()
			return nil, errors.New("network is unreachable")
		}
		b.workers = 1
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(12 * time.Minute) // all three give no answer
			for range 2 {                // the second time it is known when it looks
				time.Sleep(time.Second) // until the poll has ended
				due := time.Now().Add(6 * time.Second)
				if err := db.SetDue(t.Context(), map[string]time.Time{"source0": due, "source1": due.Add(time.Hour), "source2": due.Add(time.Hour)}); err != nil {
					t.Fatal(err)
				}
				for len(tried) > 0 {
					<-tried
				}
				if late := (<-tried).Sub(due); late < 0 || late > 2*time.Second {
					t.Errorf("a source was tried %s after it was due", late)
				}
			}
		})
	})
}

// TestCutOffIsOver: what could not be reached while this machine had no network is
// asked as soon as it has one again, and so that is looked for, but not often.
func TestCutOffIsOver(t *testing.T) {
	for name, c := range map[string]struct {
		sources  int
		schedule string
		from, to time.Duration // without network
		within   time.Duration // all are answered after that
	}{
		"from the start":   {3, "auto", 0, 80 * time.Second, 90 * time.Second},
		"for an hour":      {3, "auto", 0, time.Hour, 6 * time.Minute},
		"at the full hour": {4, "0 * * * *", 30 * time.Minute, 32 * time.Minute, 3 * time.Minute}, // it begins at 29 minutes past
		"in between":       {30, "@every 10m", 15 * time.Minute, 75 * time.Minute, 6 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				if half := time.Now().Truncate(time.Hour).Add(89 * time.Minute); c.schedule == "0 * * * *" {
					time.Sleep(time.Until(half))
				}
				var away atomic.Bool
				var tried atomic.Int64
				answered := map[string]time.Time{}
				var mu sync.Mutex
				network := make(pipeNet)
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					answered[r.Host] = time.Now()
					mu.Unlock()
					quietFeed(w, r)
				})}
				go server.Serve(network)
				defer server.Close()
				b := &bureau{path: filepath.Join(dir, "cut.db"), dial: func(ctx context.Context, kind, addr string) (net.Conn, error) {
					if away.Load() {
						tried.Add(1)
						return nil, errors.New("network is unreachable")
					}
					return network.dial(ctx, kind, addr)
				}}
				for i := range c.sources {
					b.add(fmt.Sprint("source", i), fmt.Sprintf("http://host%d.test/", i), c.schedule)
				}
				away.Store(c.from == 0)
				b.run(t, func(*aggregator.Aggregator, *store.DB) {
					time.Sleep(c.from)
					away.Store(true)
					time.Sleep(c.to - c.from)
					away.Store(false)
					back := time.Now()
					time.Sleep(c.within)
					mu.Lock()
					defer mu.Unlock()
					for i := range c.sources {
						if at := answered[fmt.Sprintf("host%d.test", i)]; at.Before(back) {
							t.Errorf("source%d was not asked again within %s", i, c.within)
						}
					}
				})
				// A source on auto is asked four times an hour at most.
				most := int64(2*c.sources) + int64((c.to-c.from).Hours()*4*float64(c.sources))
				if c.schedule == "auto" && tried.Load() > most {
					t.Errorf("without a network it has asked %d times, not %d at most", tried.Load(), most)
				}
			})
		})
	}
}

// TestAnsweredIsNotAskedAgain: a source that refuses has answered. It is not asked again
// at once with those that did not.
func TestAnsweredIsNotAskedAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var away atomic.Bool
		asked := map[string][]time.Time{}
		network := make(pipeNet)
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked[r.Host] = append(asked[r.Host], time.Now())
			again := len(asked[r.Host]) > 1
			mu.Unlock()
			if again {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			quietFeed(w, r)
		})}
		go server.Serve(network)
		defer server.Close()
		b := &bureau{path: filepath.Join(dir, "refused.db"), dial: func(ctx context.Context, kind, addr string) (net.Conn, error) {
			if away.Load() {
				return nil, errors.New("network is unreachable")
			}
			return network.dial(ctx, kind, addr)
		}}
		const least = 10 * time.Minute
		for i := range 3 {
			name := fmt.Sprint("source", i)
			src := b.add(name, fmt.Sprintf("http://host%d.test/", i), "@every 30m")
			src.MinInterval = least
			b.sources[name] = src
		}
		b.run(t, func(*aggregator.Aggregator, *store.DB) {
			time.Sleep(time.Minute)
			away.Store(true)
			time.Sleep(time.Hour)
			away.Store(false)
			time.Sleep(20 * time.Minute)
		})
		for host, at := range asked {
			for i := 1; i < len(at); i++ {
				if pause := at[i].Sub(at[i-1]); pause < least {
					t.Errorf("%s was asked again after %s", host, pause)
				}
			}
		}
	})
}

// TestFileIsNoNetwork: that a file can be read is no answer of the network's. A process
// that nothing else answers is cut off all the same, and looks for when that is over.
func TestFileIsNoNetwork(t *testing.T) {
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "tides.xml"), []byte("<rss version='2.0'><channel><title>Tides</title></channel></rss>"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	synctest.Test(t, func(t *testing.T) {
		var tried atomic.Int64
		b := &bureau{path: filepath.Join(dir, "file.db"), files: files, dial: func(context.Context, string, string) (net.Conn, error) {
			tried.Add(1)
			return nil, errors.New("network is unreachable")
		}}
		b.add("file", "file:tides.xml", "@every 1m")
		for i := range 3 {
			b.add(fmt.Sprint("source", i), fmt.Sprintf("http://host%d.test/", i), "auto")
		}
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(time.Hour) })
		if n := tried.Load(); n < 10 || n > 18 { // as where there is no such source: one of them after a minute at first, and five later
			t.Errorf("without a network it has asked %d times in an hour", n)
		}
	})
}

// beside is a process that shares the store of a bureau and reaches nobody.
func (b *bureau) beside(t *testing.T, db *store.DB, logger *slog.Logger) *aggregator.Aggregator {
	t.Helper()
	rules, err := topic.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := poll.NewClient(poll.Options{DialContext: func(context.Context, string, string) (net.Conn, error) {
		time.Sleep(time.Second) // as long as it takes to find that nobody answers
		return nil, errors.New("network is unreachable")
	}})
	plan := &aggregator.Plan{Sources: b.sources, Rules: rules, HostGap: time.Second, Authority: "test.example"}
	return aggregator.New(db, client, plan, logger, aggregator.Options{Workers: 32, Owner: "cut", Filed: func([]string) {}})
}
