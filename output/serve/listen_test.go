package serve

import (
	"bufio"
	"context"
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
func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// entrances are the two ways to a server: through Front, and to net/http alone.
var entrances = map[string]func(*Server, net.Listener) net.Listener{
	"front":          func(s *Server, l net.Listener) net.Listener { return s.Front(l, func(int) {}) },
	"net/http alone": func(_ *Server, l net.Listener) net.Listener { return Limit(l) },
}

// Threat 37: a reader who dawdles is let go, and nobody waits for it.
func TestSlowReadersAreLetGo(t *testing.T) {
	for name, enter := range entrances {
		t.Run(name, func(t *testing.T) { slowReaders(t, enter) })
	}
}

func slowReaders(t *testing.T, enter func(*Server, net.Listener) net.Listener) {
	synctest.Test(t, func(t *testing.T) {
		doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
		doc.Body = []byte(strings.Repeat("x", 4<<20))
		s := serving(t, Options{}, doc)
		server := HTTPServer(s.Handler(), slog.New(slog.DiscardHandler))
		door := make(pipes)
		entrance := enter(s, door)
		go func() { _ = server.Serve(entrance) }()
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
		Shutdown(t.Context(), server, entrance)
	})
}

// TestAnswersUnderWayAreGiven: at the end of the program a reader who waits for
// nothing is let go at once, one who is being answered gets all of it, and one who
// does not read is broken off in time.
func TestAnswersUnderWayAreGiven(t *testing.T) {
	for name, enter := range entrances {
		t.Run(name, func(t *testing.T) { answersUnderWay(t, enter) })
	}
}

func answersUnderWay(t *testing.T, enter func(*Server, net.Listener) net.Listener) {
	synctest.Test(t, func(t *testing.T) {
		const size = 4 << 20
		doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
		doc.Body = []byte(strings.Repeat("x", size))
		s := serving(t, Options{}, doc)
		server := HTTPServer(s.Handler(), slog.New(slog.DiscardHandler))
		door := make(pipes)
		entrance := enter(s, door)
		served := make(chan error)
		go func() { served <- server.Serve(entrance) }()
		// begin asks for the document and reads the head of the answer, n times.
		begin := func(n int) (net.Conn, *http.Response) {
			here, there := net.Pipe()
			door <- there
			r := bufio.NewReader(here)
			for i := range n {
				if _, err := io.WriteString(here, "GET /topics/city.rss HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
				resp, err := http.ReadResponse(r, nil)
				if err != nil {
					t.Fatal(err)
				}
				if i == n-1 {
					return here, resp
				}
				_, _ = io.Copy(io.Discard, resp.Body)
			}
			panic("n is above 0")
		}
		idle, last := begin(2)
		_, _ = io.Copy(io.Discard, last.Body)
		_, reading := begin(2)
		_, deaf := begin(1)
		time.Sleep(20 * time.Second) // so that no connection counts as a new one
		start := time.Now()
		over := make(chan time.Duration)
		go func() {
			end, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			Shutdown(end, server, entrance)
			over <- time.Since(start)
		}()
		if _, err := idle.Read(make([]byte, 1)); err == nil || time.Since(start) > time.Second {
			t.Errorf("a reader who waits for nothing is let go after %v (%v)", time.Since(start), err)
		}
		time.Sleep(time.Second)
		if n, err := io.Copy(io.Discard, reading.Body); n != size || err != nil {
			t.Errorf("of an answer under way came %d bytes: %v", n, err)
		}
		if took := <-over; took < time.Second || took > 4*time.Second {
			t.Errorf("the end takes %v", took)
		}
		if n, err := io.Copy(io.Discard, deaf.Body); err == nil || n == size {
			t.Error("who does not read is waited for without end")
		}
		if err := <-served; err != http.ErrServerClosed {
			t.Errorf("Serve returns %v", err)
		}
	})
}

// TestRequestsUnderWayAreAnswered: who has begun to ask when the program ends is
// answered, by net/http as well.
func TestRequestsUnderWayAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serving(t, Options{}, document("/topics/city.rss", "application/rss+xml; charset=utf-8"))
		server := HTTPServer(s.Handler(), slog.New(slog.DiscardHandler))
		door := make(pipes)
		entrance := s.Front(door, func(int) {})
		go func() { _ = server.Serve(entrance) }()
		here, there := net.Pipe()
		door <- there
		send := func(text string) {
			if _, err := io.WriteString(here, text); err != nil {
				t.Error(err)
			}
		}
		send("GET /topics/city.rss HTTP/1.1\r\nHost: h\r\n")
		synctest.Wait() // net/http has it, since it is in pieces
		go Shutdown(t.Context(), server, entrance)
		time.Sleep(time.Second)
		send("\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(here), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK || !resp.Close {
			t.Errorf("answered %s (%v), and kept: %v", resp.Status, err, !resp.Close)
		}
	})
}

// TestConnectionsAreBounded: those that wait to be let in are, once others end,
// whoever answers those.
func TestConnectionsAreBounded(t *testing.T) {
	for name, enter := range entrances {
		t.Run(name, func(t *testing.T) { connectionsBounded(t, enter) })
	}
}

func connectionsBounded(t *testing.T, enter func(*Server, net.Listener) net.Listener) {
	synctest.Test(t, func(t *testing.T) {
		s := serving(t, Options{}, document("/a", "text/plain; charset=utf-8"))
		server := HTTPServer(s.Handler(), slog.New(slog.DiscardHandler))
		door := make(pipes)
		entrance := enter(s, door)
		go func() { _ = server.Serve(entrance) }()
		let := 0
		var held []net.Conn
		dial := func() bool {
			here, there := net.Pipe()
			select {
			case door <- there:
			case <-time.After(time.Second):
				return false
			}
			let++
			held = append(held, here)
			return true
		}
		for dial() {
			if let > 4 {
				continue // the others are silent
			}
			target := "/a"
			if let%2 == 0 {
				target = "/none" // net/http answers
			}
			if _, err := io.WriteString(held[let-1], "GET "+target+" HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if _, err := http.ReadResponse(bufio.NewReader(held[let-1]), nil); err != nil {
				t.Fatal(err)
			}
		}
		if let != maxConnections {
			t.Errorf("%d connections are let in", let)
		}
		for _, c := range held[:2] {
			_ = c.Close()
			synctest.Wait()
			if !dial() {
				t.Error("nobody is let in for one who went")
			}
		}
		if dial() {
			t.Error("one more is let in than went")
		}
		for _, c := range held {
			_ = c.Close()
		}
		Shutdown(t.Context(), server, entrance)
	})
}

func TestLongHeadersAreRefused(t *testing.T) {
	for name, enter := range entrances {
		t.Run(name, func(t *testing.T) { longHeaders(t, enter) })
	}
}

func longHeaders(t *testing.T, enter func(*Server, net.Listener) net.Listener) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serving(t, Options{})
	server := HTTPServer(s.Handler(), slog.New(slog.DiscardHandler))
	entrance := enter(s, listener)
	go func() { _ = server.Serve(entrance) }()
	defer Shutdown(t.Context(), server, entrance)
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
