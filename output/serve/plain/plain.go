// Package plain answers plain requests on kept connections by itself, and leaves
// all others to net/http.
//
// Most readers ask for one document again and again, in a request of a few lines
// that arrives in one piece. For those net/http makes a dozen objects, and writes
// the head and the body of its answer by themselves; here the answer is made
// beforehand and written at once. Whatever is not plainly such a request goes to
// net/http with all that has come on its connection, and stays there: what is
// hard to read, or wrong, is read in one place only.
package plain

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"
)

// most is how much, in bytes, is read of a connection at once: a longer request
// is not plain.
const most = 2 << 10

// further is how many bytes net/http waits for, after an answer, before it holds
// that a further request has begun: a connection that ends before is no error.
const further = 4

// grace is how long the first request of a connection may take to arrive once the
// listener is closed.
const grace = 500 * time.Millisecond

// Options say what a Listener answers, and how long it waits.
type Options struct {
	// Answer returns the answer to a plain request, or false to leave it to
	// net/http. Remote is the address of who asks, as in http.Request.
	Answer func(remote string, r Request) (Answer, bool)

	// Answered is told of the status of each answer that was given.
	Answered func(status int)

	Log         *slog.Logger  // is told of panics
	Connections int           // that are open at once, those of net/http among them
	First, Idle time.Duration // how long the first request may be awaited, and the next
	Write       time.Duration // how long an answer may take
}

// An Answer is what is sent. Its bytes are not changed.
type Answer struct {
	Status int
	Head   []byte // the status line and the fields, but for Date, which comes last
	Body   []byte
}

// A Listener answers plain requests on the connections of another listener. The
// connections that it gives are those with other requests.
type Listener struct {
	net.Listener
	opts   Options
	slots  chan struct{} // one for each open connection
	others chan net.Conn
	failed chan error
	ending chan struct{} // closed when nobody is let in any more
	done   chan struct{} // closed when none is given to Accept any more
	close  func()        // closes done

	mu    sync.Mutex
	ended bool
	open  map[net.Conn]bool // that are read here, and whether a request was answered
	talks sync.WaitGroup    // one for each of them, and for accept
}

// Listen answers plain requests on the connections of l from now on.
func Listen(l net.Listener, opts Options) *Listener {
	front := &Listener{
		Listener: l, opts: opts, slots: make(chan struct{}, opts.Connections), others: make(chan net.Conn),
		failed: make(chan error), ending: make(chan struct{}), done: make(chan struct{}), open: map[net.Conn]bool{},
	}
	front.close = sync.OnceFunc(func() { close(front.done) })
	front.talks.Go(front.accept)
	return front
}

// Accept returns the next connection with a request that is not plain; at the end
// http.ErrServerClosed, which Serve returns then.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.others:
		return c, nil
	case err := <-l.failed:
		return nil, err
	case <-l.done:
		return nil, http.ErrServerClosed
	}
}

// Close ends the listening, and Accept.
func (l *Listener) Close() error {
	err := l.end()
	l.close()
	return err
}

// end ends the listening. Readers that have nothing under way are let go, and the
// others once they are answered.
func (l *Listener) end() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil
	}
	l.ended = true
	close(l.ending)
	for c, answered := range l.open { // whoever waits for a request waits no more
		_ = c.SetReadDeadline(l.last(answered))
	}
	return l.Listener.Close()
}

// last returns until when a connection is read after Close. Who has just come has
// a request under way; who was answered would send another to the next process.
func (l *Listener) last(answered bool) time.Time {
	if answered {
		return time.Unix(1, 0)
	}
	return time.Now().Add(min(grace, l.opts.First))
}

// Wait ends the listening and returns when all that came is answered and every
// connection closed, those given by Accept too, which goes on until Close; when
// ctx is done it breaks off those that are read here. Connections that were given
// are waited for since net/http drops a request that it reads once it is shut
// down.
func (l *Listener) Wait(ctx context.Context) {
	_ = l.end() // who cannot be told not to listen is told so by Close
	stop := context.AfterFunc(ctx, func() {
		l.close()
		l.mu.Lock()
		defer l.mu.Unlock()
		for c := range l.open {
			_ = c.Close()
		}
	})
	defer stop()
	l.talks.Wait()
	for range cap(l.slots) { // who has them all has waited for everybody
		select {
		case l.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// accept lets connections in until the listener is closed. Accept is told of an
// error, and nothing is accepted until it is asked again: whoever asks pauses
// where there is a shortage.
func (l *Listener) accept() {
	for {
		select {
		case l.slots <- struct{}{}:
		case <-l.ending:
			return
		}
		c, err := l.Listener.Accept()
		if err == nil {
			l.let(&conn{Conn: c, release: sync.OnceFunc(func() { <-l.slots })})
			continue
		}
		<-l.slots
		select {
		case <-l.ending: // which is why
			return
		default:
		}
		select {
		case l.failed <- err:
		case <-l.ending:
			return
		}
	}
}

// let begins to read a connection, perhaps one that came as the listener was
// closed.
func (l *Listener) let(c *conn) {
	l.mu.Lock()
	l.open[c] = false
	l.mu.Unlock()
	l.talks.Go(func() {
		other := false
		defer func() {
			if fault := recover(); fault != nil { // as net/http does: one reader's is not everybody's
				l.opts.Log.Error("a request could not be answered", "panic", fault, "stack", string(debug.Stack()))
			}
			l.mu.Lock()
			delete(l.open, c)
			l.mu.Unlock()
			if other {
				select {
				case l.others <- c:
					return
				case <-l.done:
				}
			}
			_ = c.Close()
		}()
		c.rest, other = l.talk(c)
	})
}

// talk answers the plain requests of a connection until it ends; or until
// another one comes, of which it returns what was read.
func (l *Listener) talk(with *conn) (rest []byte, other bool) {
	var (
		c        = with.Conn // itself, whose pieces can be written in one call
		buffer   = make([]byte, most)
		head     []byte
		both     [2][]byte
		pieces   net.Buffers
		remote   = c.RemoteAddr().String()
		answered = false
		least    = 1 // bytes of a request without which it is not looked at
	)
	for wait := l.opts.First; ; wait = l.opts.Idle {
		_ = c.SetReadDeadline(time.Now().Add(wait)) // fails where the connection is gone, as reading will
		select {
		case <-l.ending: // perhaps before the deadline was set
			if answered {
				return nil, false
			}
			_ = c.SetReadDeadline(l.last(false))
		default:
		}
		have := copy(buffer, rest)
		n, err := c.Read(buffer[have:])
		if n == 0 && err != nil {
			return nil, false
		}
		for rest = buffer[:have+n]; len(rest) >= least; {
			r, size := parse(rest)
			if size == 0 {
				return rest, true
			}
			a, ok := l.opts.Answer(remote, r)
			if !ok {
				return rest, true
			}
			rest, least = rest[size:], further
			now := time.Now()
			head = append(append(head[:0], a.Head...), "Date: "...)
			head = append(now.UTC().AppendFormat(head, http.TimeFormat), "\r\n\r\n"...)
			_ = c.SetWriteDeadline(now.Add(l.opts.Write))
			if len(a.Body) == 0 {
				_, err = c.Write(head)
			} else { // in one call to the system
				both = [...][]byte{head, a.Body}
				pieces = both[:]
				_, err = pieces.WriteTo(c)
			}
			l.opts.Answered(a.Status) // to its end or not, as a handler is counted
			if err != nil {
				return nil, false
			}
		}
	}
}

// A conn is a connection of which some has been read already.
type conn struct {
	net.Conn
	rest    []byte
	release func()
}

// Read gives what has been read already, then what comes.
func (c *conn) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.rest)
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		c.rest = nil // and its buffer may go
	}
	return n, nil
}

// Close closes the connection, and another may come for it.
func (c *conn) Close() error {
	defer c.release()
	return c.Conn.Close()
}

// parse returns the plain request that b begins with and its size; 0: b does not
// begin with one, or not with the whole.
func parse(b []byte) (Request, int) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return Request{}, 0
	}
	r, ok := read(string(b[:end+2]))
	if !ok {
		return Request{}, 0
	}
	return r, end + 4
}
