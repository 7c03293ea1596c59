//go:build linux

package trust_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// A copy is what a reader keeps of a feed.
type copied struct {
	tag, modified string
	body          []byte
}

// fetch asks for a feed as a reader does who has it, if it has.
func (p *place) fetch(path string, has copied) (now copied, status int) {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodGet, p.at(path), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if has.tag != "" {
		req.Header.Set("If-None-Match", has.tag)
		req.Header.Set("If-Modified-Since", has.modified)
	}
	resp, err := reader.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if now.body, err = io.ReadAll(resp.Body); err != nil {
		p.t.Fatal(err)
	}
	now.tag, now.modified = resp.Header.Get("ETag"), resp.Header.Get("Last-Modified")
	return now, resp.StatusCode
}

// TestRestarts starts the program again and again. While its sources have
// nothing new, every form of a feed has the same bytes, ETag and Last-Modified as
// before, from the first moment; where they have, Last-Modified does not go back,
// the ETag changes with the bytes, and no id changes (R14).
func TestRestarts(t *testing.T) {
	t.Parallel()
	want, n, same, changed := repetitions(3), 0, 0, 0
	record(t, "R14", "restarts, half of them with news in between: bytes, ETag, Last-Modified and ids of three forms, with and without conditions", "trust-restarts", func() (string, string) {
		return fmt.Sprintf("%d restarts", n), fmt.Sprintf("%d answers were the same to the byte, and 304 on condition; %d had changed, with another ETag and no earlier Last-Modified; 0 ids changed", same, changed)
	})
	rng := rand.New(rand.NewPCG(*seed, 14))
	p, ledger := settle(t, testbed(t), trust.NewModel(rng.Uint64(), 2, 0, 1, nil)), trust.Ledger{}
	p.model.Calm(6, time.Minute) // too few entries for a page of the archive, which a feed names when it was written
	proc := p.start()
	p.ready(proc)
	has := map[string]copied{}
	for _, form := range []string{".rss", ".atom", ".json"} {
		path := "/topics/plain" + form
		await(patience, func() bool { _, ok := p.get(path); return ok })
	}
	const least = 10 // changes, on a machine that is slow to poll by some restarts more
	for ; n < want || want >= 50 && changed < least && n < 2*want; n++ {
		if n%2 == 0 { // what there is now stays
			p.settled(ledger)
			for _, form := range []string{".rss", ".atom", ".json"} {
				has["/topics/plain"+form], _ = p.fetch("/topics/plain"+form, copied{})
			}
		}
		if took, err := proc.terminate(); err != nil {
			t.Fatalf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 20))
		}
		proc = p.start()
		p.ready(proc)
		for _, later := range []bool{false, true} {
			for path, was := range has {
				now, status := p.fetchTwice(path, was)
				switch {
				case bytes.Equal(now.body, was.body) && now.tag == was.tag && now.modified == was.modified && status == http.StatusNotModified:
					same++
				case n%2 == 0 || bytes.Equal(now.body, was.body) || now.tag == was.tag || instant(t, now.modified).Before(instant(t, was.modified)):
					t.Errorf("restart %d: %s had %s of %s and has %s of %s, %d bytes and %d; on condition %d", n, path, was.tag, was.modified, now.tag, now.modified, len(was.body), len(now.body), status)
				default:
					changed++
					has[path] = now
				}
			}
			if !later {
				time.Sleep(700 * time.Millisecond) // a round of publishing
			}
		}
		if n%2 == 0 {
			p.web.Store(p.model) // there is news again
		}
		if f := p.look(ledger, false); f.Any() {
			t.Errorf("restart %d: %s", n, f)
		}
	}
	if len(ledger) > 300 || want >= 50 && changed < least {
		t.Errorf("%d entries in all, and %d changes: not what it is to be tried with", len(ledger), changed)
	}
}

// fetchTwice asks for a feed without a condition, and on that of one who has it
// as it was. Both are answered from one state of it: where it became another one
// in between, both are asked again.
func (p *place) fetchTwice(path string, was copied) (now copied, status int) {
	p.t.Helper()
	for {
		now, _ = p.fetch(path, copied{})
		_, status = p.fetch(path, was)
		if after, _ := p.fetch(path, copied{}); after.tag == now.tag {
			return now, status
		}
	}
}

func instant(t *testing.T, header string) time.Time {
	t.Helper()
	if header == "" {
		return time.Time{} // of a feed without entries
	}
	at, err := http.ParseTime(header)
	if err != nil {
		t.Error(err)
	}
	return at
}

// settled lets the sources have nothing new from now on, and waits until all of
// it is published.
func (p *place) settled(ledger trust.Ledger) {
	p.t.Helper()
	p.web.Store(p.model.Whole())
	var f trust.Findings
	if !await(patience, func() bool { f = p.look(ledger, true); return !f.Any() }) {
		p.t.Errorf("published: %s", f)
	}
	last := copied{}
	await(patience, func() bool {
		now, _ := p.fetch("/topics/plain.json", copied{})
		same := bytes.Equal(now.body, last.body)
		last = now
		time.Sleep(1500 * time.Millisecond)
		return same
	})
}
