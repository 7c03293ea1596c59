package aggregator

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// pushes are what the hubs of sources have told since the sources were last
// asked. Its zero value is empty.
type pushes struct {
	mu     sync.Mutex
	by     map[string]push
	looked time.Time // through all of them, for what is late
}

// A push is what a hub has told of one source.
type push struct {
	at          time.Time
	body        []byte // what it sent, where it proved that it did
	contentType string
	silent      bool      // the hub tells of the source no longer
	due         time.Time // when the source was last made due for it; zero: it is due by itself
}

// take returns what was told of a source, once.
func (p *pushes) take(source string) (push, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	told, ok := p.by[source]
	delete(p.by, source)
	return told.fresh(), ok
}

// pushFresh is how old a body may be that is read in the place of a poll. It is
// older if another process has polled the source instead.
const pushFresh = time.Minute

func (p push) fresh() push {
	if time.Since(p.at) > pushFresh {
		p.body = nil
	}
	return p
}

// look returns what take would.
func (p *pushes) look(source string) (push, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	told, ok := p.by[source]
	return told.fresh(), ok
}

// put adds what was told. Of two bodies neither is the whole, and so the
// source is to be polled for both.
func (p *pushes) put(source string, told push) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if before, ok := p.by[source]; ok {
		told.silent = told.silent || before.silent
		told.body = nil
	}
	if p.by == nil {
		p.by = map[string]push{}
	}
	told.at = time.Now()
	p.by[source] = told
	if told.body != nil { // if another process polls the source nobody takes it
		time.AfterFunc(pushFresh, func() { p.drop(source, told.at) })
	}
}

// drop forgets the body that was put at an instant.
func (p *pushes) drop(source string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if told, ok := p.by[source]; ok && told.at.Equal(at) {
		told.body = nil
		p.by[source] = told
	}
}

// Pushed takes what a hub told: that a source has changed, and with body what
// it has changed to. The source is due at once, or as soon as its server may be
// asked; a body is read in the place of a poll.
func (a *Aggregator) Pushed(ctx context.Context, source string, body []byte, contentType string) error {
	a.pushes.put(source, push{body: body, contentType: contentType, due: time.Now()})
	return a.dueNow(ctx, source)
}

// Unleased takes that no hub tells of a source any longer: polling alone must
// bring what it has.
func (a *Aggregator) Unleased(ctx context.Context, source string) error {
	states, err := a.log.States(ctx)
	if err != nil {
		return err
	}
	relied := func(s news.State) bool { return s.Source == source && s.Pushes > 0 }
	if !slices.ContainsFunc(states, relied) {
		return nil
	}
	a.pushes.put(source, push{silent: true, due: time.Now()})
	return a.dueNow(ctx, source)
}

// toldMeanwhile makes a source due of which a hub has told while it was polled: what is claimed
// could not be made due then.
func (a *Aggregator) toldMeanwhile(ctx context.Context, source string) {
	if _, told := a.pushes.look(source); !told {
		return
	}
	if err := a.dueNow(ctx, source); err != nil {
		a.logger.Error("what a hub told during a poll waits for the next one", "source", source, "error", err)
	}
}

// unheard is how long after a source was made due it is looked whether anybody asked it.
const unheard = 30 * time.Second

// late returns what was told so long ago that the sources should have been asked. It
// looks once a second: after a start thousands may be left to their schedules.
func (p *pushes) late(now time.Time) map[string]push {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.looked).Abs() < time.Second {
		return nil
	}
	p.looked = now
	late := map[string]push{}
	for source, told := range p.by {
		if !told.due.IsZero() && now.Sub(told.due) >= unheard {
			late[source] = told
		}
	}
	return late
}

// dueAt notes that a source was made due at an instant, unless more was told since.
func (p *pushes) dueAt(source string, told push, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now, ok := p.by[source]; ok && now.at.Equal(told.at) {
		now.due = at
		p.by[source] = now
	}
}

// forget forgets what was told of a source, unless more was told since.
func (p *pushes) forget(source string, told push) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by[source].at.Equal(told.at) {
		delete(p.by, source)
	}
}

// tellAgain makes those sources due again that nobody has asked since their hubs told:
// another process was polling them then, and does not know. What was told of a source
// that another one has asked since is forgotten, but for that it is told of no longer,
// which only this one can take to heart.
func (a *Aggregator) tellAgain(ctx context.Context, now time.Time) {
	due := map[string]time.Time{}
	for source, told := range a.pushes.late(now) {
		src, ok := a.plan.Load().Sources[source]
		state, known, err := a.log.State(ctx, source)
		switch {
		case err != nil:
			a.pushes.dueAt(source, told, now) // it is looked later
		case !ok || !known || state.LastPoll.After(told.at) && (!told.silent || state.Pushes == 0):
			a.pushes.forget(source, told)
		default:
			due[source] = now
			if until := a.notYet(src, state, now); !until.IsZero() {
				due[source] = until
			}
			a.pushes.dueAt(source, told, due[source])
		}
	}
	if len(due) == 0 {
		return
	}
	if err := a.log.SetDue(ctx, due); err != nil && ctx.Err() == nil {
		a.logger.Error("what hubs told is not heard yet", "sources", len(due), "error", err)
	}
}

func (a *Aggregator) dueNow(ctx context.Context, source string) error {
	err := a.log.SetDue(ctx, map[string]time.Time{source: time.Now()})
	wake(a.freed)
	return err
}

// ask returns the answer of a source: what its hub sent, or else what a poll
// brings. pushed says that a hub had told of it.
func (a *Aggregator) ask(ctx context.Context, src news.Source, state news.State, seat *seat) (answer news.Answer, told push, pushed bool) {
	told, pushed = a.pushes.take(src.Name)
	if told.body == nil {
		patience := slowAfter
		if state.Outcome == news.OutcomeTimeout {
			patience = 0
		}
		seat.wait(patience, func() { answer = a.client.Poll(ctx, src, state, time.Now()) })
		return answer, told, pushed
	}
	return news.Answer{
		At: time.Now(), URL: poll.Address(src, state), Status: 200,
		Body: told.body, ContentType: told.contentType, BodyHash: state.BodyHash,
		Validators: state.Validators, FreshUntil: state.FreshUntil, RetryAt: state.RetryAt, Partial: true,
		Hubs: state.About.Hubs, Self: state.About.Self, // what a push says of them decides nothing
	}, told, true
}

// countPushes returns the state with the pushes in a row that brought news
// before a poll did.
func countPushes(next news.State, told push, pushed bool, n news.Appended) news.State {
	switch {
	case told.silent:
		next.Pushes = 0
	case n.New > 0 && pushed:
		next.Pushes++
	case n.New > 0:
		next.Pushes = 0
	}
	return next
}
