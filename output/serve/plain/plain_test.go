package plain

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A scarce listener has no connection at first.
type scarce struct {
	failures int
	conns    []net.Conn
	closed   chan struct{}
}

var errShortage = errors.New("too many open files")

func (s *scarce) Accept() (net.Conn, error) {
	if s.failures--; s.failures >= 0 {
		return nil, errShortage
	}
	if len(s.conns) > 0 {
		c := s.conns[0]
		s.conns = s.conns[1:]
		return c, nil
	}
	<-s.closed
	return nil, net.ErrClosed
}
func (s *scarce) Close() error   { close(s.closed); return nil }
func (s *scarce) Addr() net.Addr { return &net.TCPAddr{} }

// TestShortagesAreTold: whoever accepts learns of each failure, as net/http does
// to pause, and what comes on a connection that is passed on is all there.
func TestShortagesAreTold(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	l := Listen(&scarce{failures: 2, conns: []net.Conn{there}, closed: make(chan struct{})}, Options{
		Connections: 1, First: time.Minute, Idle: time.Minute, Write: time.Minute,
		Answer:   func(string, Request) (Answer, bool) { t.Error("a request is taken for plain"); return Answer{}, false },
		Answered: func(int) {},
	})
	for range 2 {
		if _, err := l.Accept(); err != errShortage {
			t.Errorf("Accept returns %v", err)
		}
	}
	go func() {
		for _, piece := range []string{"POST / HT", "TP/1.1\r\n"} {
			_, _ = io.WriteString(here, piece) // fails where the test does
		}
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("POST / HTTP/1.1\r\n"))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "POST / HTTP/1.1\r\n" {
		t.Errorf("of what was sent is read %q (%v)", got, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l.Wait(t.Context())
	if _, err := l.Accept(); err != http.ErrServerClosed {
		t.Errorf("once closed Accept returns %v", err)
	}
}

// TestPanicsAreHeld: one request upon which the program fails costs its reader
// the connection, and nobody else anything.
func TestPanicsAreHeld(t *testing.T) {
	var log bytes.Buffer
	here, there := net.Pipe()
	next, door := net.Pipe()
	l := Listen(&scarce{conns: []net.Conn{there, door}, closed: make(chan struct{})}, Options{
		Connections: 1, First: time.Minute, Idle: time.Minute, Write: time.Minute, Log: slog.New(slog.NewTextHandler(&log, nil)),
		Answer:   func(string, Request) (Answer, bool) { panic("of a test") },
		Answered: func(int) {},
	})
	for _, c := range []net.Conn{here, next} { // the second has the place of the first
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if n, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read %d bytes (%v)", n, err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l.Wait(t.Context())
	if n := strings.Count(log.String(), "of a test"); n != 2 {
		t.Errorf("%d panics are logged: %q", n, log.String())
	}
}

// TestBrokenOffAnswersCount: an answer that its reader does not wait for is
// counted like one of net/http, and nothing more is answered to that reader.
func TestBrokenOffAnswersCount(t *testing.T) {
	here, there := net.Pipe()
	var told []int
	l := Listen(&scarce{conns: []net.Conn{there}, closed: make(chan struct{})}, Options{
		Connections: 1, First: time.Minute, Idle: time.Minute, Write: time.Minute,
		Answer: func(string, Request) (Answer, bool) {
			return Answer{Status: 200, Head: []byte("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"), Body: []byte("x")}, true
		},
		Answered: func(status int) { told = append(told, status) },
	})
	request := "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
	if _, err := io.WriteString(here, request+request); err != nil {
		t.Fatal(err)
	}
	if err := here.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l.Wait(t.Context())
	if !slices.Equal(told, []int{200}) {
		t.Errorf("counted are %v", told)
	}
}
