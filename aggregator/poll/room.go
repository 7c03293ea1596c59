package poll

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// Large documents are few, but may come all at once: sixty long podcasts of 9 MB
// each at a first start, faster than they can be read, or a hundred that come
// slowly. So room is taken for what is beyond largeFrom, until it has been read. Most
// of them are not much larger: those that prove to be take other room from hugeFrom
// on, for as much as they may have, so that few of these keep none of those waiting.
const (
	largeFrom = 256 << 10
	hugeFrom  = 1 << 20

	// roomWait bounds the wait for room, in case those who have it wait in turn
	// for a poll that waits.
	roomWait = 2 * time.Minute

	// longWait is a wait after which a server may have had enough of who does not
	// read on. That it hangs up then is not its failure.
	longWait = time.Second
)

var errNoRoom = errors.New("too many other large documents were on their way or waited to be read")

// A room is for so many bytes of large documents at once; of size 0 it is for any
// number. Who has waited longest comes first.
type room struct {
	*semaphore.Weighted
	size int64
}

func newRoom(size int64) room { return room{semaphore.NewWeighted(size), size} }

// rooms are for the large documents of one kind, and for the largest of them.
type rooms struct{ large, huge room }

func newRooms(size int64) rooms { return rooms{newRoom(size * 2 / 5), newRoom(size * 3 / 5)} }

// take waits, in a pause of the time of ctx, until there is room for n bytes; for more
// than there ever is, until there is nothing else. What it returns is to be released.
func (r room) take(ctx *timed, n int64) (taken int64, err error) {
	defer ctx.pause()()
	patient, stop := context.WithTimeout(ctx, roomWait)
	defer stop()
	n = min(n, r.size)
	if r.Acquire(patient, n) == nil {
		return n, nil
	}
	if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) { // a lease is over no later than patience
		return 0, err
	}
	return 0, errNoRoom
}

// collect reads a whole body of at most limit bytes. It is gathered in a buffer
// that is used again, so that only the document's own size is allocated; a large one
// stays where it was gathered. The time in which it waits for room does not count.
// What is taken of it is to be given back by done, when the document has been read.
func (c *Client) collect(ctx *timed, in *rooms, r io.Reader, limit int64) (data []byte, done func(), err error) {
	buf, ok := c.buffers.Get().(*bytes.Buffer)
	if !ok {
		buf = new(bytes.Buffer)
	}
	defer func() {
		if buf.Cap() <= 1<<20 { // the few large ones are not worth keeping
			buf.Reset()
			c.buffers.Put(buf)
		}
	}()
	_, err = io.CopyN(buf, r, largeFrom)
	if err == nil && in.large.size > 0 {
		data, done, err = in.collect(ctx, buf, r, limit)
		if err != nil && ctx.waited > longWait && ctx.Err() == nil && !errors.Is(err, ErrTooLarge) && !errors.Is(err, errNoRoom) {
			err = fmt.Errorf("%w: %w", errNoRoom, err)
		}
		return data, done, err
	}
	if err == nil {
		_, err = buf.ReadFrom(r)
	}
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	data = make([]byte, buf.Len()) // not nil, even if there is nothing in it
	copy(data, buf.Bytes())
	return data, nil, nil
}

// collect reads the rest of a body that is large.
func (rs *rooms) collect(ctx *timed, head *bytes.Buffer, r io.Reader, limit int64) (data []byte, done func(), err error) {
	in := rs.large
	taken, err := in.take(ctx, min(limit, hugeFrom))
	if err != nil {
		return nil, nil, err
	}
	whole := bytes.NewBuffer(make([]byte, 0, 2*largeFrom))
	whole.Write(head.Bytes())
	if _, err = io.CopyN(whole, r, hugeFrom-largeFrom); err == nil {
		more, err := rs.huge.take(ctx, limit)
		in.Release(taken)
		if err != nil {
			return nil, nil, err
		}
		in, taken = rs.huge, more
		if _, err := whole.ReadFrom(r); err != nil {
			in.Release(taken)
			return nil, nil, err
		}
	} else if err != io.EOF {
		in.Release(taken)
		return nil, nil, err
	}
	if n := int64(whole.Len()); n < taken { // its length is known by now
		in.Release(taken - n)
		taken = n
	}
	return whole.Bytes(), sync.OnceFunc(func() { in.Release(taken) }), nil
}

// A timed context ends when its time is up, in which pauses do not count.
type timed struct {
	context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	waited time.Duration // in pauses, for who makes them

	mu  sync.Mutex
	end time.Time
}

func withTime(ctx context.Context, long time.Duration) *timed {
	t := &timed{end: time.Now().Add(long)}
	t.Context, t.cancel = context.WithCancelCause(ctx)
	t.timer = time.AfterFunc(long, func() { t.cancel(context.DeadlineExceeded) })
	return t
}

// Deadline returns when its time is up.
func (t *timed) Deadline() (time.Time, bool) {
	outer, bounded := t.Context.Deadline()
	t.mu.Lock()
	defer t.mu.Unlock()
	if bounded && outer.Before(t.end) {
		return outer, true
	}
	return t.end, true
}

// Err returns why it has ended.
func (t *timed) Err() error {
	if t.Context.Err() == nil {
		return nil
	}
	return context.Cause(t.Context)
}

// pause stops its time until it is resumed.
func (t *timed) pause() (resume func()) {
	if !t.timer.Stop() {
		return func() {} // it is up
	}
	start := time.Now()
	return func() {
		t.mu.Lock()
		long := time.Since(start)
		t.waited += long
		t.end = t.end.Add(long)
		left := time.Until(t.end)
		t.mu.Unlock()
		t.timer.Reset(left)
	}
}

// stop ends it, and what it holds.
func (t *timed) stop() {
	t.timer.Stop()
	t.cancel(nil)
}
