package websub

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestHubIsToldAgain: what an outside hub could not be told is told again, and what has
// changed since at once; what it was told is not.
func TestHubIsToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var away atomic.Bool
		away.Store(true)
		type ping struct {
			after  time.Duration
			topics string
		}
		var got []ping
		client := &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			if err := r.ParseForm(); err != nil {
				return nil, err
			}
			got = append(got, ping{time.Since(start), strings.Join(r.PostForm["hub.url"], " ")})
			status := http.StatusNoContent
			if away.Load() {
				status = http.StatusServiceUnavailable
			}
			return &http.Response{StatusCode: status, Body: io.NopCloser(&bytes.Buffer{}), Request: r}, nil
		})}
		var said bytes.Buffer
		p := NewPings(slog.New(slog.NewTextHandler(&said, nil)), client)
		written := make(chan struct{})
		p.Tell("https://hub.example/", written, "one")
		time.Sleep(time.Second)
		close(written)
		time.Sleep(29 * time.Second)
		p.Tell("https://hub.example/", nil, "two")
		time.Sleep(30 * time.Second)
		away.Store(false)
		time.Sleep(time.Hour)
		p.Tell("https://hub.example/", nil, "one")
		time.Sleep(time.Hour)
		away.Store(true)
		p.Tell("https://hub.example/", nil, "two")
		time.Sleep(time.Second)
		p.Close()
		want := []ping{
			{time.Second, "one"}, {11 * time.Second, "one"}, {30 * time.Second, "two"}, {40 * time.Second, "one two"}, {100 * time.Second, "one two"},
			{time.Hour + time.Minute, "one"}, {2*time.Hour + time.Minute, "two"},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the hub was told %v, not %v", got, want)
		}
		if n := strings.Count(said.String(), "could not be told"); n != 2 {
			t.Errorf("it is said %d times:\n%s", n, &said)
		}
	})
}

// TestHubThatRefusesOne: a hub that takes no request which names one of the topics is told
// of the others all the same, as often as they change, and is left alone with that one.
func TestHubThatRefusesOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told, refused := 0, 0
		client := &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			if err := r.ParseForm(); err != nil {
				return nil, err
			}
			status := http.StatusNoContent
			if slices.Contains(r.PostForm["hub.url"], "none") {
				refused++
				status = http.StatusNotFound
			} else {
				told += len(r.PostForm["hub.url"])
			}
			return &http.Response{StatusCode: status, Body: io.NopCloser(&bytes.Buffer{}), Request: r}, nil
		})}
		p := NewPings(slog.New(slog.DiscardHandler), client)
		p.Tell("https://hub.example/", nil, "none")
		for range 500 {
			time.Sleep(5 * time.Second)
			p.Tell("https://hub.example/", nil, "one", "two")
		}
		time.Sleep(24 * time.Hour)
		p.Close()
		if told != 1000 {
			t.Errorf("a hub was told of %d changes of 1000", told)
		}
		if refused > 12 {
			t.Errorf("it has refused %d requests", refused)
		}
	})
}

// TestHubThatRefusesOneOfARound: of topics that change at once, as those of one source do,
// a hub that refuses one is told of the others all the same, at the end of the program,
// too; one that refuses everything is not asked more often for that.
func TestHubThatRefusesOneOfARound(t *testing.T) {
	const rounds = 200
	for _, refuses := range []string{"none", ""} {
		synctest.Test(t, func(t *testing.T) {
			told, refused := map[string]int{}, 0
			client := &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
				if err := r.ParseForm(); err != nil {
					return nil, err
				}
				time.Sleep(100 * time.Millisecond) // as a hub takes, and others change
				status := http.StatusNoContent
				if slices.ContainsFunc(r.PostForm["hub.url"], func(address string) bool { return strings.HasPrefix(address, refuses) }) {
					refused++
					status = http.StatusNotFound
				} else {
					for _, address := range r.PostForm["hub.url"] {
						told[address]++
					}
				}
				return &http.Response{StatusCode: status, Body: io.NopCloser(&bytes.Buffer{}), Request: r}, nil
			})}
			check := func(times, most int) {
				t.Helper()
				for _, address := range []string{"one.rss", "two.atom", "three.json"} {
					if refuses != "" && told[address] != times {
						t.Errorf("a hub was told of %d changes of %s of %d", told[address], address, times)
					}
				}
				if refused > most {
					t.Errorf("a hub that refuses %q has refused %d requests of %d rounds", refuses, refused, times)
				}
			}
			round := func(p *Pings, ready <-chan struct{}) {
				for _, topic := range []string{"one", "two", "none", "three"} {
					p.Tell("https://hub.example/", ready, topic+".rss", topic+".atom", topic+".json")
				}
			}
			p, written := NewPings(slog.New(slog.DiscardHandler), client), make(chan struct{})
			round(p, written)
			close(written)
			p.Close()
			check(1, 30)
			p = NewPings(slog.New(slog.DiscardHandler), client)
			for range rounds - 1 {
				round(p, nil)
				time.Sleep(time.Minute)
			}
			time.Sleep(24 * time.Hour)
			p.Close()
			check(rounds, 3*rounds)
		})
	}
}
