package serve

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A pipes is a listener of connections in memory.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// Threat 37: a reader who dawdles is let go, and nobody waits for it.
func TestSlowReadersAreLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
		doc.Body = []byte(strings.Repeat("x", 4<<20))
		s := serving(t, Options{}, doc)
		server := HTTPServer(s.Handler(), slog.New(slog.DiscardHandler))
		door := make(pipes)
		go func() { _ = server.Serve(door) }()
		dial := func() net.Conn {
			here, there := net.Pipe()
			door <- there
			return here
		}
		silent, half, idle, deaf := dial(), dial(), dial(), dial()
		start := time.Now()
		// end says when a reader was let go.
		end := func(c net.Conn) <-chan time.Duration {
			ended := make(chan time.Duration, 1)
			go func() {
				_, _ = io.Copy(io.Discard, c)
				ended <- time.Since(start)
			}()
			return ended
		}
		silentEnd := end(silent)
		send := func(c net.Conn, text string) {
			if _, err := io.WriteString(c, text); err != nil {
				t.Error(err)
			}
		}
		send(half, "GET / HTTP/1.1\r\nHost: h\r\nX-")
		halfEnd := end(half)
		send(idle, "GET /topics/city.rss HTTP/1.1\r\nHost: h\r\n\r\n")
		send(deaf, "GET /topics/city.rss HTTP/1.1\r\nHost: h\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(idle), nil)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil || n != 4<<20 || time.Since(start) > 0 {
			t.Errorf("beside slow ones %d bytes came within %v: %v", n, time.Since(start), err)
		}
		idleEnd := end(idle)
		time.Sleep(2 * idleTimeout) // in which deaf does not read a byte
		deafEnd := end(deaf)
		for name, c := range map[string]struct {
			ended <-chan time.Duration
			limit time.Duration
		}{
			"silent": {silentEnd, readTimeout}, "in the middle of a header": {halfEnd, readTimeout}, "idle": {idleEnd, idleTimeout},
		} {
			if took := <-c.ended; took > c.limit+time.Second {
				t.Errorf("a reader who is %s is held for %v", name, took)
			}
		}
		if took := <-deafEnd; took > 2*idleTimeout+time.Second {
			t.Errorf("a reader who does not read is held for %v", took)
		}
		close(door)
		_ = server.Close()
	})
}

func TestLongHeadersAreRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := HTTPServer(serving(t, Options{}).Handler(), slog.New(slog.DiscardHandler))
	go func() { _ = server.Serve(Limit(listener)) }()
	defer server.Close()
	req, err := http.NewRequest("GET", "http://"+listener.Addr().String()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", strings.Repeat("x", 100<<10))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %d", resp.StatusCode)
	}
}
