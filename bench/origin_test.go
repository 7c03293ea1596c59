package bench

import (
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An origin serves the feeds of a press on loopback, with validators, as gzip.
type origin struct {
	press *press
	url   string
	mux   *http.ServeMux
	asks  atomic.Int64 // requests, of whatever

	added atomic.Int64 // entries that every feed has had since the first document
	docs  []atomic.Pointer[[]byte]

	full, same  atomic.Int64 // answers since the last call of reset
	under, most atomic.Int64 // requests of tickers: now, and at most at once

	mu    sync.Mutex
	asked map[int]bool
	names map[string]bool // of tickers that were asked for
}

func newOrigin(t testing.TB, feeds int) *origin {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &origin{
		press: &press{lang: theLanguage(), feeds: feeds, now: time.Now().UTC().Truncate(time.Second)},
		url:   "http://" + l.Addr().String(), mux: http.NewServeMux(), docs: make([]atomic.Pointer[[]byte], feeds), asked: map[int]bool{}, names: map[string]bool{},
	}
	o.mux.HandleFunc("GET /feed/{number}", o.feed)
	o.mux.HandleFunc("GET /bell", bell)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.asks.Add(1)
		o.mux.ServeHTTP(w, r)
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	o.print(0)
	return o
}

// print makes the documents of every feed with so many added entries.
func (o *origin) print(added int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < len(o.docs); i = int(next.Add(1) - 1) {
				doc := packed(o.press.document(i, added))
				o.docs[i].Store(&doc)
			}
		})
	}
	wg.Wait()
	o.added.Store(int64(added))
	o.reset()
}

func (o *origin) reset() {
	o.mu.Lock()
	clear(o.asked)
	o.mu.Unlock()
	o.full.Store(0)
	o.same.Store(0)
}

// round reports how many of the feeds have been asked for since the last reset.
func (o *origin) round() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.asked)
}

// entries is how many entries the first documents have together.
func (o *origin) entries() int {
	n := 0
	for i := range o.docs {
		n += o.press.outlet(i).entries
	}
	return n
}

func (o *origin) feed(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || number < 0 || number >= len(o.docs) {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	etag := fmt.Sprintf(`"%d-%d"`, number, o.added.Load())
	h["Etag"] = []string{etag}
	h["Last-Modified"] = []string{o.press.now.Add(time.Duration(o.added.Load()) * time.Second).Format(http.TimeFormat)}
	if r.Header.Get("If-None-Match") == etag {
		o.same.Add(1)
		w.WriteHeader(http.StatusNotModified)
	} else {
		doc := *o.docs[number].Load()
		h["Content-Type"] = []string{"application/xml; charset=utf-8"}
		h["Content-Encoding"] = []string{"gzip"}
		h["Content-Length"] = []string{strconv.Itoa(len(doc))}
		o.full.Add(1)
		w.Write(doc) // a client that went away is its own affair
	}
	o.mu.Lock()
	o.asked[number] = true
	o.mu.Unlock()
}

// bell is a feed that never changes. The program polls it every second, and so
// looks every second for what else is due.
func bell(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"bell"`)
	if r.Header.Get("If-None-Match") != "" {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprint(w, `<rss version="2.0"><channel><title>Bell</title><link>https://bell.example/</link><description>rings</description><item><title>It rings</title><link>https://bell.example/1</link><guid>https://bell.example/1</guid></item></channel></rss>`)
}
