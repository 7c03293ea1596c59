package aggregator

import (
	"sync"
	"time"
)

const (
	// slowAfter is how long a poll may wait for the network before its seat is
	// given to another.
	slowAfter = 500 * time.Millisecond

	// slowTimes bounds the polls that have given up their seats, as a multiple
	// of the seats. What they cost is a connection each, and what of a document
	// has come: the client has room for few large ones.
	slowTimes = 32
)

// seats bound the polls under way. A poll works in a seat; while it waits for
// a server that takes its time it stands outside, so that a thousand servers
// that never answer keep nobody else waiting.
type seats struct {
	idle    chan struct{} // a token for each idle seat
	outside chan struct{} // a token for each poll that may yet stand outside
	freed   chan<- struct{}
}

func newSeats(n int, freed chan<- struct{}) *seats {
	s := &seats{idle: make(chan struct{}, n), outside: make(chan struct{}, n*slowTimes), freed: freed}
	for range cap(s.idle) {
		s.idle <- struct{}{}
	}
	for range cap(s.outside) {
		s.outside <- struct{}{}
	}
	return s
}

// take takes a seat, when there is one.
func (s *seats) take() *seat {
	<-s.idle
	return &seat{seats: s}
}

// A seat is a poll's place among those under way.
type seat struct {
	seats *seats

	mu      sync.Mutex
	waiting *time.Timer // while the poll waits for others
	left    bool        // while another has the seat
}

// leave ends a poll.
func (s *seat) leave() {
	if s.left {
		s.seats.outside <- struct{}{}
	} else {
		s.seats.idle <- struct{}{}
	}
	wake(s.seats.freed)
}

// yield gives the seat to another for the rest of the poll, which has nothing to do
// but to wait. If too many stand outside already it is kept.
func (s *seat) yield() {
	select {
	case <-s.seats.outside:
		s.left = true
		s.seats.idle <- struct{}{}
		wake(s.seats.freed)
	default:
	}
}

// wait calls f, which waits for others. If that takes longer than patience,
// somebody else has the seat meanwhile, and wait returns when there is a seat
// again.
func (s *seat) wait(patience time.Duration, f func()) {
	s.mu.Lock()
	s.waiting = time.AfterFunc(patience, s.stand)
	s.mu.Unlock()
	f()
	s.mu.Lock()
	s.waiting.Stop()
	s.waiting = nil
	left := s.left
	s.left = false
	s.mu.Unlock()
	if left {
		<-s.seats.idle
		s.seats.outside <- struct{}{}
	}
}

// stand gives the seat to another for as long as the poll waits. If too many
// stand outside already it tries again.
func (s *seat) stand() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil || s.left {
		return
	}
	if s.yield(); !s.left {
		s.waiting.Reset(slowAfter)
	}
}
