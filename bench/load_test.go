package bench

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	dueFlag     = flag.Int("due", 30, "feeds that are due at once")
	readersFlag = flag.Int("readers", 30, "readers at once")
)

// The bounds of memory are those of the table; what a good reader may wait is
// twice what it waits when nobody else is there, and no feed may go without its
// turn.
const (
	steadyMB = 120
	peakMB   = 200
)

// readEvery is how often a reader of the crowd asks.
const readEvery = 10 * time.Second

// TestLoad lets many feeds be due at once, again and again, while many readers
// ask for a topic, and some of them hold their connections and do not read.
func TestLoad(t *testing.T) {
	r := &run{T: t}
	o := newOrigin(t, 8)
	tickers, more := o.tickers(*dueFlag)
	set := newSetting(t, o, more)
	p := set.start()
	p.ready("all")

	all := []string{sourceName(0)}
	for _, k := range tickers {
		all = append(all, k.name)
	}
	begin := time.Now()
	p.wait(func() bool { return o.served() == len(tickers) && set.filed() })
	first := time.Since(begin)
	_, peak := p.memory()
	r.add(row{what: fmt.Sprintf("%d feeds due at once: memory, peak", *dueFlag), figure: fmt.Sprintf("%d MB", peak>>20),
		beside: fmt.Sprintf("all polled and filed after %.1f s", first.Seconds()), value: float64(peak >> 20), limit: peakMB, unit: " MB"})
	r.add(row{what: "polls under way at once, at most", figure: fmt.Sprint(o.most.Load()), beside: "32 workers", value: float64(o.most.Load()), limit: 32 * 33})

	path := "/topics/all.atom"
	alone := set.ask(50, path, *lookFlag/2)
	r.Logf("50 readers alone: median %.1f ms, p99 %.1f ms", 1000*median(alone), 1000*p99(alone))

	// All at once: feeds due, readers, and readers that do not read.
	var stop atomic.Bool
	var asked, failed atomic.Int64
	var crowd sync.WaitGroup
	_, etag, _ := set.get(path)
	for range *readersFlag {
		crowd.Go(func() {
			for wait := rand.N(readEvery); !stop.Load(); wait = readEvery {
				for end := time.Now().Add(wait); time.Now().Before(end) && !stop.Load(); {
					time.Sleep(time.Second / 2)
				}
				asked.Add(1)
				if !set.look(path, etag) {
					failed.Add(1)
				}
			}
		})
	}
	for range *readersFlag / 10 {
		crowd.Go(func() { set.dawdle(path, &stop) })
	}
	for _, k := range tickers {
		k.add()
	}
	o.forget()
	set.dueNames(all)
	begin = time.Now()
	together := set.ask(50, path, *lookFlag/2)
	p.wait(func() bool { return o.served() == len(tickers) && set.filed() })
	took := time.Since(begin)
	now, peak := p.memory()
	stop.Store(true)
	crowd.Wait()
	r.add(row{what: fmt.Sprintf("and %d readers, %d of them slow: memory, peak", *readersFlag, *readersFlag/10), figure: fmt.Sprintf("%d MB", peak>>20),
		beside: fmt.Sprintf("%d MB at the end", now>>20), value: float64(peak >> 20), limit: peakMB, unit: " MB"})
	r.add(row{what: "readers of those that were not answered within a minute", figure: fmt.Sprintf("%d of %d", failed.Load(), asked.Load()),
		value: 100 * float64(failed.Load()) / float64(max(1, asked.Load())), limit: 0, unit: " %"})
	r.add(row{what: "feeds left without a poll, of those", figure: fmt.Sprint(len(tickers) - o.served()), beside: fmt.Sprintf("all polled and filed after %.1f s", took.Seconds()),
		value: float64(len(tickers) - o.served()), limit: 0})
	r.add(row{what: "p99 of 50 good readers, of the machine that they share with the others", figure: fmt.Sprintf("%.0f ms", 1000*p99(together)),
		beside: fmt.Sprintf("alone %.0f ms", 1000*p99(alone)), value: p99(together) / p99(alone), limit: 2, unit: "×"})
	time.Sleep(*lookFlag / 2)
	now, _ = p.memory()
	r.add(row{what: "memory afterwards", figure: fmt.Sprintf("%d MB", now>>20), value: float64(now >> 20), limit: steadyMB, unit: " MB"})
	p.stop()
	fmt.Print(table(r.rows))
	// What a busy machine does not change must hold; the rest is for the table.
	left, most := len(tickers)-o.served(), o.most.Load()
	if most > 32*33 || left > 0 || failed.Load() > 0 || peak>>20 > peakMB {
		r.Error("not all of it holds")
	}
	r.Logf("%d polls at once at most, %d feeds without a poll, %d of %d readers without an answer, %d MB at most", most, left, failed.Load(), asked.Load(), peak>>20)
	if *writeFlag != "" {
		r.writeTable(*writeFlag, loadBegins, loadEnds, table(r.rows))
	}
}

func p99(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)*99/100]
}

// tickers makes so many feeds, each with one entry at first, and configures them.
func (o *origin) tickers(n int) ([]*ticker, string) {
	var all []*ticker
	var sources strings.Builder
	for i := range n {
		k := &ticker{name: fmt.Sprintf("ticker-%04d", i), sent: map[string]time.Time{}}
		k.add()
		all = append(all, k)
		o.mux.Handle("GET /"+k.name, o.crowd(k))
		fmt.Fprintf(&sources, "  %s: {url: %q}\n", k.name, o.url+"/"+k.name)
	}
	return all, sources.String()
}

// crowd counts how many requests a handler has at once, and which tickers were
// asked for.
func (o *origin) crowd(k *ticker) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := o.under.Add(1)
		for most := o.most.Load(); n > most && !o.most.CompareAndSwap(most, n); most = o.most.Load() {
		}
		k.ServeHTTP(w, r)
		o.under.Add(-1)
		o.mu.Lock()
		o.names[k.name] = true
		o.mu.Unlock()
	})
}

func (o *origin) served() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.names)
}

func (o *origin) forget() {
	o.mu.Lock()
	clear(o.names)
	o.mu.Unlock()
}

// wait returns when a condition holds.
func (r *running) wait(done func() bool) {
	r.t.Helper()
	for begin := time.Now(); !done() && r.awake(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begin) > patience {
			r.t.Fatal("it does not come to an end")
		}
	}
}

// ask lets so many readers ask for a path for a while, each at least once and
// on a connection of its own, and returns how long the answers took, in seconds.
func (s *setting) ask(readers int, path string, long time.Duration) []float64 {
	var mu sync.Mutex
	var all []float64
	var wg sync.WaitGroup
	end := time.Now().Add(long)
	for range readers {
		wg.Go(func() {
			transport := &http.Transport{DisableKeepAlives: true}
			client := &http.Client{Transport: transport, Timeout: time.Minute}
			for once := true; once || time.Now().Before(end); once = false {
				req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
				if err != nil {
					return
				}
				req.Header.Set("Authorization", "Bearer "+secret)
				begin := time.Now()
				resp, err := client.Do(req)
				if err != nil {
					s.t.Errorf("a reader: %v", err)
					return
				}
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusOK {
					s.t.Errorf("a reader: %s %v", resp.Status, err)
				}
				mu.Lock()
				all = append(all, time.Since(begin).Seconds())
				mu.Unlock()
				time.Sleep(20 * time.Millisecond)
			}
		})
	}
	wg.Wait()
	return all
}

// look is a reader that has read the feed as it was with that ETag, and asks
// whether there is anything new, on a connection of its own. It reports whether
// it was answered.
func (s *setting) look(path, etag string) bool {
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		return false
	}
	req.Close = true
	req.Header.Set("Authorization", "Bearer "+secret)
	req.Header.Set("If-None-Match", etag)
	resp, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && (resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNotModified)
}

// dawdle is a reader that asks, and hardly reads.
func (s *setting) dawdle(path string, stop *atomic.Bool) {
	for !stop.Load() {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			return
		}
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", path, secret)
		in := bufio.NewReaderSize(conn, 16)
		for !stop.Load() {
			if _, err := in.ReadByte(); err != nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		conn.Close()
	}
}
