package websub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Pings tell hubs of somebody else of changes, and again where that fails, as long as
// a delivery is tried again. Their methods are safe for concurrent use.
type Pings struct {
	log    *slog.Logger
	client *http.Client
	ending chan struct{}
	end    time.Time // once ending is closed: when nobody waits any longer
	work   sync.WaitGroup

	mu     sync.Mutex
	untold map[string]*untold // by hub
}

// pingLimit is how long a hub may take to answer that it was told: an end of the program
// waits for it.
const pingLimit = 3 * time.Second

// mostInVain is how many requests in a row a hub may refuse before it is no longer tried
// which of the topics it takes: it may take none.
const mostInVain = 50

// An untold hub is one that is to be told of changes, is being told, or was.
type untold struct {
	topics  map[string]bool
	more    chan struct{} // there are more of them
	telling bool          // somebody tells it

	// Only who tells it touches these.
	inVain  int             // requests that it refused in a row
	refused map[string]bool // topics that it refuses by themselves
}

// NewPings returns pings by a client.
func NewPings(log *slog.Logger, client *http.Client) *Pings {
	return &Pings{log: log, client: client, ending: make(chan struct{}), untold: map[string]*untold{}}
}

// Tell tells a hub that documents changed, once they can be fetched, which is when
// ready is closed; nil: they can. It does not block.
func (p *Pings) Tell(hub string, ready <-chan struct{}, topics ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.untold[hub]
	if u == nil {
		u = &untold{topics: map[string]bool{}, more: make(chan struct{}, 1), refused: map[string]bool{}}
		p.untold[hub] = u
	}
	if !u.telling {
		u.telling = true
		p.work.Go(func() {
			if ready != nil {
				<-ready
			}
			p.tell(hub, u)
		})
	}
	for _, t := range topics {
		u.topics[t] = true
	}
	select {
	case u.more <- struct{}{}:
	default:
	}
}

// Close returns when what is under way has ended. Nothing is tried again.
func (p *Pings) Close() {
	p.end = time.Now().Add(pingLimit)
	close(p.ending)
	p.work.Wait()
}

// tell tells a hub of everything, until it was told or that is given up. What it could
// not be told is kept apart from what has changed since: it may refuse the one for good,
// and with it all that is named beside it. That it takes the other shows that it answers
// again, which is one reason to tell it of the one before its time, and no more than one.
func (p *Pings) tell(hub string, u *untold) {
	late, said := map[string]bool{}, false // that it could not be told
	var due time.Time                      // when it is told of what is late
	answers := false
	for try := 0; ; {
		topics := p.take(u, late)
		again := len(topics) == 0
		if again {
			topics = slices.Sorted(maps.Keys(late))
		}
		if len(topics) == 0 || again && p.ends() {
			return
		}
		if again && !p.wait(u, due) {
			continue
		}
		missed, err := p.name(hub, u, topics)
		for _, t := range topics {
			delete(late, t)
		}
		for _, t := range missed {
			late[t] = true
		}
		if err == nil {
			if !again && !answers {
				due = time.Time{}
			}
			if len(late) == 0 {
				try, said = 0, false
			}
			answers = true
			continue
		}
		if !said {
			p.log.Warn("a hub could not be told of a change, and is told again; readers learn of it when they poll, too", "hub", hub, "error", err)
			said = true
		}
		if again && try == len(defaultRetry) {
			p.log.Warn("a hub could not be told of a change, which is given up", "hub", hub, "error", err)
			clear(late)
			clear(u.refused) // when they change the next time it may take them
			try, u.inVain = 0, 0
			continue
		}
		if !again {
			try, answers = 0, len(missed) < len(topics)
		}
		due = time.Now().Add(defaultRetry[try])
		try++
	}
}

// name names topics to a hub, and returns those that it did not take. What it has refused
// is named apart from the others, for a hub may refuse a whole request for one topic.
func (p *Pings) name(hub string, u *untold, topics []string) (missed []string, err error) {
	var refused, others []string
	for _, t := range topics {
		if u.refused[t] {
			refused = append(refused, t)
		} else {
			others = append(others, t)
		}
	}
	if len(others) > 0 {
		missed, err = p.divide(hub, u, others)
	}
	if len(refused) == 0 {
		return missed, err
	}
	wrong := p.ping(hub, refused)
	if wrong != nil {
		return slices.Concat(missed, refused), cmp.Or(err, wrong)
	}
	u.inVain = 0
	for _, t := range refused {
		delete(u.refused, t)
	}
	return missed, err
}

// divide does so with topics of which none is known to be refused: where the hub refuses
// several, it is asked for each half of them.
func (p *Pings) divide(hub string, u *untold, topics []string) (missed []string, err error) {
	if err = p.ping(hub, topics); err == nil {
		u.inVain = 0
		return nil, nil
	}
	if !errors.As(err, new(refusal)) {
		return topics, err
	}
	if u.inVain++; u.inVain > mostInVain {
		return topics, err
	}
	if len(topics) == 1 {
		u.refused[topics[0]] = true
		return topics, err
	}
	missed, err = p.divide(hub, u, topics[:len(topics)/2])
	more, wrong := p.divide(hub, u, topics[len(topics)/2:])
	return slices.Concat(missed, more), cmp.Or(err, wrong)
}

func (p *Pings) ping(hub string, topics []string) error {
	limit := pingLimit
	if p.ends() {
		limit = time.Until(p.end)
	}
	ctx, stop := context.WithTimeout(context.Background(), limit)
	defer stop()
	return Ping(ctx, p.client, hub, topics...)
}

// wait returns true at an instant, and false before when more has changed, or all ends.
func (p *Pings) wait(u *untold, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-p.ending:
		return false
	case <-u.more:
		return false
	case <-timer.C:
		return true
	}
}

func (p *Pings) ends() bool {
	select {
	case <-p.ending:
		return true
	default:
		return false
	}
}

// take returns what has changed since a hub was last told. Of that it is late no longer;
// if there is neither, it is told of everything.
func (p *Pings) take(u *untold, late map[string]bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-u.more:
	default:
	}
	topics := slices.Sorted(maps.Keys(u.topics))
	clear(u.topics)
	for _, t := range topics {
		delete(late, t)
	}
	u.telling = len(topics)+len(late) > 0
	return topics
}

// A refusal is the error of a hub that does not want to be told so, now or later.
type refusal struct{ error }

// Ping tells a hub of somebody else that documents changed. The specification
// leaves open how; this is what hubs in use understand.
func Ping(ctx context.Context, client *http.Client, hub string, topics ...string) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	form := url.Values{"hub.mode": {"publish"}, "hub.url": topics, "hub.topic": topics}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, hub, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("websub: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", userAgent)
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("websub: %w", err)
	}
	defer resp.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
	if resp.StatusCode/100 == 2 {
		return nil
	}
	err = fmt.Errorf("websub: the hub answered %d: %.200q", resp.StatusCode, reason)
	if code := resp.StatusCode; code/100 == 4 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests {
		return refusal{err}
	}
	return err
}
