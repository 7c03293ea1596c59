package websub

import (
	"context"
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
	work   sync.WaitGroup

	mu     sync.Mutex
	untold map[string]*untold // by hub; one that is not there was told of everything
}

// pingLimit is how long a hub may take to answer that it was told: an end of the program
// waits for it.
const pingLimit = 3 * time.Second

// An untold hub is one that is to be told of changes, or is being told.
type untold struct {
	topics map[string]bool
	more   chan struct{} // there are more of them
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
		u = &untold{topics: map[string]bool{}, more: make(chan struct{}, 1)}
		p.untold[hub] = u
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
		topics := p.take(hub, u, late)
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
		ctx, stop := context.WithTimeout(context.Background(), pingLimit)
		err := Ping(ctx, p.client, hub, topics...)
		stop()
		if err == nil {
			if again {
				clear(late)
			} else if !answers {
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
			try = 0
			continue
		}
		if !again {
			try, answers = 0, false
		}
		for _, t := range topics {
			late[t] = true
		}
		due = time.Now().Add(defaultRetry[try])
		try++
	}
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
func (p *Pings) take(hub string, u *untold, late map[string]bool) []string {
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
	if len(topics)+len(late) == 0 {
		delete(p.untold, hub)
	}
	return topics
}

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
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("websub: the hub answered %d: %.200q", resp.StatusCode, reason)
	}
	return nil
}
