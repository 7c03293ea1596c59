package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A ticker is a feed that has a new entry when it is asked to. It remembers
// when it first sent each.
type ticker struct {
	mu      sync.Mutex
	name    string
	entries []string // the newest last
	due     int      // entries to be added at the next poll
	sent    map[string]time.Time
}

func (k *ticker) add() {
	k.mu.Lock()
	k.due++
	k.mu.Unlock()
}

func (k *ticker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	lang := theLanguage()
	for ; k.due > 0; k.due-- {
		id := fmt.Sprintf("https://%s.example/%d", k.name, len(k.entries))
		k.entries = append(k.entries, id)
		k.sent[id] = time.Now()
	}
	etag := fmt.Sprintf(`"%d"`, len(k.entries))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(w, `<rss version="2.0"><channel><title>%s</title><link>https://%s.example/</link><description>ticks</description><language>en</language>`, k.name, k.name)
	for i := len(k.entries) - 1; i >= max(0, len(k.entries)-20); i-- {
		rng := randOf(k.name, i)
		e := lang.event(rng.Uint64())
		fmt.Fprintf(w, `<item><title>%s</title><link>%s</link><guid>%s</guid><pubDate>%s</pubDate><description><![CDATA[%s]]></description></item>`,
			lang.title(rng, e), k.entries[i], k.entries[i], k.sent[k.entries[i]].UTC().Format(time.RFC1123Z), lang.body(rng, e, 1000))
	}
	fmt.Fprint(w, "</channel></rss>")
}

// delay measures how long an item takes from being sent to being served in a
// topic: at rest, and while many feeds are polled every second, of which one in
// twenty has something new.
func delay(r *run) {
	o := newOrigin(r.T, 1)
	var tickers []*ticker
	var more strings.Builder
	for i := range *pollsFlag {
		k := &ticker{name: fmt.Sprintf("ticker-%04d", i), sent: map[string]time.Time{}}
		k.add()
		tickers = append(tickers, k)
		o.mux.Handle("GET /"+k.name, k)
		fmt.Fprintf(&more, "  %s: {url: %q, schedule: \"@every 1s\", min_interval: 1s}\n", k.name, o.url+"/"+k.name)
	}
	set := newSetting(r.T, o, more.String())
	set.publish("single: {stories: \"off\", limit: 2000, content: link, token: "+secret+"}", true)
	p := set.start()
	p.ready("single")
	watch := set.watch("/topics/single.json")
	defer watch.stop()
	time.Sleep(2*time.Second + *lookFlag/4) // the first round is over

	// Many: a twentieth of the feeds each second.
	p.profile("polls", fmt.Sprintf("/debug/pprof/profile?seconds=%.0f", lookFlag.Seconds()))
	polled, begin := o.asks.Load(), time.Now()
	for n := 0; time.Since(begin) < *lookFlag || !sentSince(tickers, begin); time.Sleep(time.Second / 20) {
		for range max(1, len(tickers)/400) {
			tickers[n%len(tickers)].add()
			n += 7
		}
	}
	rate := float64(o.asks.Load()-polled) / time.Since(begin).Seconds()
	busy := watch.delays(tickers, begin)
	p.stop()
	if len(busy) == 0 {
		r.Fatal("nothing was published")
	}

	// At rest: one feed.
	set = newSetting(r.T, o, fmt.Sprintf("  %s: {url: %q, schedule: \"@every 1s\", min_interval: 1s}\n", tickers[0].name, o.url+"/"+tickers[0].name))
	set.publish("single: {stories: \"off\", limit: 2000, content: link, token: "+secret+"}", true)
	p = set.start()
	p.ready("single")
	rest := set.watch("/topics/single.json")
	defer rest.stop()
	time.Sleep(3 * time.Second)
	begin = time.Now()
	for time.Since(begin) < *lookFlag/2+2*time.Second || !sentSince(tickers[:1], begin) {
		tickers[0].add()
		time.Sleep(2 * time.Second)
	}
	calm := rest.delays(tickers[:1], begin)
	p.stop()
	if len(calm) == 0 {
		r.Fatal("nothing was published")
	}
	r.add(row{what: "item seen → in the published feed, at rest", figure: fmt.Sprintf("%.2f s at most", slices.Max(calm)), beside: fmt.Sprintf("median %.2f s of %d", median(calm), len(calm)),
		value: slices.Max(calm), limit: 1, unit: " s"})
	slices.Sort(busy)
	r.add(row{what: fmt.Sprintf("the same at %.0f polls a second, p99", rate), figure: fmt.Sprintf("%.2f s", busy[len(busy)*99/100]), beside: fmt.Sprintf("median %.2f s of %d", median(busy), len(busy)),
		value: busy[len(busy)*99/100], limit: 3, unit: " s"})
}

// A watch asks for a feed again and again, and remembers when it first saw each
// of its items.
type watch struct {
	mu   sync.Mutex
	seen map[string]time.Time
	end  chan struct{}
	done chan struct{}
}

func (s *setting) watch(path string) *watch {
	w := &watch{seen: map[string]time.Time{}, end: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for last := ""; ; {
			select {
			case <-w.end:
				return
			case <-time.After(20 * time.Millisecond):
			}
			if status, etag, body := s.getUnless(path, last); status == http.StatusOK {
				last = etag
				w.note(body)
			}
		}
	}()
	return w
}

func (w *watch) note(body []byte) {
	now := time.Now()
	var feed struct {
		Items []struct {
			URL string `json:"url"`
		} `json:"items"`
	}
	if json.Unmarshal(body, &feed) != nil {
		return // the next one may be whole
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, it := range feed.Items {
		if _, ok := w.seen[it.URL]; !ok {
			w.seen[it.URL] = now
		}
	}
}

// sentSince reports whether anything was sent since begin: on a busy machine no
// poll may have come within the time that is looked at.
func sentSince(tickers []*ticker, begin time.Time) bool {
	for _, k := range tickers {
		k.mu.Lock()
		for _, at := range k.sent {
			if at.After(begin) {
				k.mu.Unlock()
				return true
			}
		}
		k.mu.Unlock()
	}
	return false
}

func (w *watch) stop() {
	close(w.end)
	<-w.done
}

// delays waits until all that was sent since begin is published, and returns
// how long each took, in seconds.
func (w *watch) delays(tickers []*ticker, begin time.Time) []float64 {
	sent := map[string]time.Time{}
	for _, k := range tickers {
		k.mu.Lock()
		for id, at := range k.sent {
			if at.After(begin) {
				sent[id] = at
			}
		}
		k.mu.Unlock()
	}
	var all []float64
	for wait := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		w.mu.Lock()
		all = all[:0]
		for id, at := range sent {
			seen, ok := w.seen[id]
			if !ok {
				if time.Since(wait) < 30*time.Second {
					break
				}
				seen = time.Now() // never: as late as can be told
			}
			all = append(all, seen.Sub(at).Seconds())
		}
		w.mu.Unlock()
		if len(all) == len(sent) {
			return all
		}
	}
}

func median(all []float64) float64 {
	all = slices.Clone(all)
	slices.Sort(all)
	return all[len(all)/2]
}
