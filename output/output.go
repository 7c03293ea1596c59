// Package output turns filings into what readers fetch: publish, the order of
// its stages, written once.
package output

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
)

// A Picker has the filings of topics.
type Picker interface {
	// Pick returns those filings of a topic that choose takes of the latest, with
	// their members, and whether there are more than these latest. They are not
	// withdrawn, in the topic's order, and limit at most; choose is given them
	// with their leads, and without the members. Where it is nil all are taken.
	Pick(ctx context.Context, topic string, sort news.Sort, limit int, choose func(heads []news.Filed) []news.Filed) (filed []news.Filed, more bool, err error)
}

// A Shelf is where the filings of topics and the documents made from them are
// kept.
type Shelf interface {
	Picker

	// Documents returns the documents that were last saved: what is served
	// from the first moment after a restart. One without a body was damaged.
	Documents(ctx context.Context) ([]news.Document, error)

	// Leads reports whether this process is the one that publishes. It is, if
	// no other shares the shelf.
	Leads() bool

	// SaveDocuments keeps documents for the next start and for other replicas.
	// It fails if another process publishes. ShareDocuments does so if there
	// may be other replicas; what it keeps is made anew at every start.
	SaveDocuments(ctx context.Context, docs []news.Document) error
	ShareDocuments(ctx context.Context, docs []news.Document) error

	// DocumentsSince returns the documents that other processes have saved
	// since rev, which is 0 at first, and the rev to ask with next.
	DocumentsSince(ctx context.Context, rev int64) (docs []news.Document, next int64, err error)

	// Archived returns the number of the newest page of a topic's archive and
	// when it was written, 0 if it has none. Unarchived returns the filings that
	// come behind it, in the order in which they were first filed: at most most,
	// and none unless there are least. SaveArchive keeps the page after the
	// newest, of which last is the key of the last filing; a page that is kept
	// already stays as it is.
	Archived(ctx context.Context, topic string) (page int, at time.Time, err error)
	Unarchived(ctx context.Context, topic string, least, most int) ([]news.Filed, error)
	SaveArchive(ctx context.Context, topic string, page int, last string, docs []news.Document, now time.Time) error

	// States returns the state of every configured source, and Outlets how
	// readers are shown it; both in the order of the names.
	States(ctx context.Context) ([]news.State, error)
	Outlets(ctx context.Context) ([]news.Outlet, error)
}

// Publish renders topics, the order of the stages, and puts them before
// readers: those in only, or all of them where it is nil. The first error does
// not keep the other topics from being published.
func (p *Publisher) Publish(ctx context.Context, only map[string]bool) error {
	begin, c := time.Now(), p.current()
	p.settle(c)
	p.await(c)
	defer p.await(c)
	var errs []error
	first := p.listAt.IsZero()
	if first { // before topics, of which many take long: pages that were restored want their style
		if err := p.listsDue(ctx, c, true); err != nil {
			errs = append(errs, fmt.Errorf("publish the overview: %w", err))
		}
	}
	for _, topic := range c.Topics {
		if only != nil && !only[topic.Name] {
			continue
		}
		if err := p.publish(ctx, c, topic); err != nil {
			errs = append(errs, fmt.Errorf("publish %s: %w", topic.Name, err))
		}
	}
	if err := p.overview(ctx, c, only == nil && !first); err != nil {
		errs = append(errs, fmt.Errorf("publish the overview: %w", err))
	}
	if len(errs) == 0 && p.shelf.Leads() {
		p.known.Store(begin.UnixNano()) // for when it does no longer
	}
	return errors.Join(errs...)
}

// publish is the third short story: one topic, from its filings to finished
// bytes.
func (p *Publisher) publish(ctx context.Context, c Catalogue, topic news.Topic) error {
	now := time.Now()
	delete(p.stale, topic.Name) // if it fails it is tried again
	shown, _, err := Shown(ctx, p.shelf, topic, now)
	if err != nil {
		return err
	}
	ch := render.Channel{Topic: topic, Filed: shown, MaxAge: c.MaxAge}
	if topic.Token == "" {
		if ch.Archives, _, err = p.shelf.Archived(ctx, topic.Name); err != nil {
			return err
		}
		p.archive.published(ch)
	}
	press := p.presses[topic.Name]
	if press == nil {
		press = &render.Press{}
		p.presses[topic.Name] = press
	}
	docs, summary, err := press.Documents(c.Site, ch)
	if err != nil {
		return err
	}
	p.summaries[topic.Name] = summary
	if err := p.keep(ctx, docs, true); err != nil {
		return err
	}
	p.stale[topic.Name] = stale(ch, now)
	return nil
}

// stale is when a topic that was published at now is to be published anew, though
// nothing of it is filed: when something has outgrown its window, or anewEvery later.
func stale(ch render.Channel, now time.Time) time.Time {
	at := now.Add(anewEvery)
	for _, f := range ch.Filed {
		if end := f.Published.Add(ch.Topic.Window + 1); ch.Topic.Window > 0 && end.Before(at) {
			at = end
		}
	}
	return at
}

// Where a cap on each source passes some over, or a window what stands in front because
// it was changed, deeper is how many times as many filings are looked at the next time,
// and deepest how many times the topic's limit at most: one source may give hundreds at
// once, and what costs no more than this is the heads of those that are not shown.
const (
	deeper  = 10
	deepest = 100
)

// Shown returns what a topic shows at now, and those filings that were looked at, with
// their leads and perhaps without their members.
func Shown(ctx context.Context, from Picker, topic news.Topic, now time.Time) (shown, looked []news.Filed, err error) {
	if topic.MaxPerSource == 0 && (topic.Window == 0 || topic.Sort != news.SortUpdated) { // nothing is passed over
		looked, _, err = from.Pick(ctx, topic.Name, topic.Sort, topic.Limit, nil)
		return Choose(topic, looked, now), looked, err
	}
	choose := func(heads []news.Filed) []news.Filed {
		looked = heads
		return Choose(topic, heads, now)
	}
	for depth := 1; ; depth *= deeper {
		var more bool
		shown, more, err = from.Pick(ctx, topic.Name, topic.Sort, depth*topic.Limit, choose)
		if err != nil || len(shown) >= topic.Limit || !more || depth == deepest || len(looked) > 0 && outgrown(topic, looked[len(looked)-1], now) {
			return shown, looked, err
		}
	}
}

// outgrown reports whether a topic's window is over for all that stands behind a
// filing: nothing was changed before it was published.
func outgrown(topic news.Topic, f news.Filed, now time.Time) bool {
	at := f.Published
	if topic.Sort == news.SortUpdated {
		at = f.Updated
	}
	return topic.Window > 0 && now.Sub(at) > topic.Window
}

// Choose returns what of a topic's filings, in the topic's order, is shown at
// now: within its window, no more of one source than it allows, at most its
// limit.
func Choose(topic news.Topic, filed []news.Filed, now time.Time) []news.Filed {
	led := map[string]int{}
	var chosen []news.Filed
	for _, f := range filed {
		if topic.Window > 0 && now.Sub(f.Published) > topic.Window {
			continue
		}
		if led[f.Lead.Source]++; topic.MaxPerSource > 0 && led[f.Lead.Source] > topic.MaxPerSource {
			continue
		}
		if chosen = append(chosen, f); len(chosen) == topic.Limit {
			break
		}
	}
	return chosen
}
