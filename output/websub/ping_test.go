package websub

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestHubIsToldAgain: what an outside hub could not be told is told again, together
// with what has changed since; and what it was told is not.
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
			{time.Second, "one"}, {11 * time.Second, "one"}, {30 * time.Second, "one two"}, {40 * time.Second, "one two"}, {100 * time.Second, "one two"},
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
