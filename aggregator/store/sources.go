package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A configured source is what the store holds of one beside its state.
type configured struct {
	id         int64
	host       string
	outlet     string
	configured int64
}

// SetSources makes the configured sources known; see aggregator.Log.
func (db *DB) SetSources(ctx context.Context, sources []news.Source, now time.Time) error {
	if err := db.engine.setSources(ctx, sources, now, nothing); err != nil {
		return fmt.Errorf("store: set sources: %w", err)
	}
	return nil
}

func nothing(context.Context, session) error { return nil }

// SetSourcesIf is SetSources together with Amend: if change returns an error
// the sources stay as they are too.
func (db *DB) SetSourcesIf(ctx context.Context, sources []news.Source, now time.Time, name string, change func(text string) (string, error)) error {
	err := db.engine.setSources(ctx, sources, now, func(ctx context.Context, tx session) error { return amend(ctx, tx, name, change) })
	if err != nil {
		return fmt.Errorf("store: set sources: %w", err)
	}
	return nil
}

func (e *sqliteEngine) setSources(ctx context.Context, sources []news.Source, now time.Time, first func(context.Context, session) error) error {
	err := e.write(ctx, func(ctx context.Context, tx session) error {
		if err := first(ctx, tx); err != nil {
			return err
		}
		added, _, _, err := compareSources(ctx, tx, sources)
		if err != nil {
			return err
		}
		if err := insert(ctx, tx, "INSERT INTO source (name, host, configured, outlet) VALUES ROWS", added); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO state (source, due, ready, token, state)
			SELECT id, ?1, ?1, 0, x'' FROM source WHERE id NOT IN (SELECT source FROM state)`, micros(now)); err != nil {
			return err
		}
		// A gap that is longer than any was granted by a clock that has been set back since.
		_, err = tx.exec(ctx, "UPDATE state SET ready = ?1 WHERE ready > ?2", micros(now), micros(now.Add(longestClaim)))
		return err
	})
	if err == nil {
		e.agenda.forget(now)
	}
	return err
}

// compareSources compares what is configured with what was. It brings the rows
// of known sources up to date and returns those of new ones, the ids of those
// that it changed, and the hosts with another set of sources than before.
func compareSources(ctx context.Context, tx session, sources []news.Source) (added [][]any, changed []int64, hosts map[string]bool, err error) {
	known := map[string]configured{}
	err = tx.each(ctx, "SELECT name, id, host, outlet, configured FROM source", nil, func(rows *sql.Rows) error {
		var name string
		var c configured
		err := rows.Scan(&name, &c.id, &c.host, &c.outlet, &c.configured)
		known[name] = c
		return err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	hosts = map[string]bool{}
	for _, src := range sources {
		text, err := sealJSON(outletOf(src))
		if err != nil {
			return nil, nil, nil, err
		}
		old, ok := known[src.Name]
		delete(known, src.Name)
		set := configured{old.id, src.Host(), string(text), 1}
		switch {
		case !ok:
			hosts[set.host] = true
			added = append(added, []any{src.Name, set.host, set.configured, []byte(set.outlet)})
		case set != old:
			hosts[old.host], hosts[set.host] = true, true
			changed = append(changed, set.id)
			if err := setSource(ctx, tx, set); err != nil {
				return nil, nil, nil, err
			}
		}
	}
	for _, gone := range known {
		if gone.configured == 0 {
			continue
		}
		gone.configured = 0
		hosts[gone.host] = true
		changed = append(changed, gone.id)
		if err := setSource(ctx, tx, gone); err != nil {
			return nil, nil, nil, err
		}
	}
	return added, changed, hosts, nil
}

// longestClaim is longer than any host is claimed, or spared after a request.
const longestClaim = time.Hour

func setSource(ctx context.Context, tx session, c configured) error {
	_, err := tx.exec(ctx, "UPDATE source SET host = ?1, outlet = ?2, configured = ?3 WHERE id = ?4",
		c.host, []byte(c.outlet), c.configured, c.id)
	return err
}

// outletOf is what readers may be shown of a source's configuration. It has
// nothing of the address that may be a secret.
func outletOf(src news.Source) news.Outlet {
	return news.Outlet{
		Source: src.Name, Title: src.Title, Feed: src.Told(), Family: src.Family, Tags: src.Tags,
		Labels: src.Labels, Priority: src.Priority, Language: src.Language, Content: src.Content,
	}
}

// outlet completes what is configured with what the feed says of itself.
func outlet(configured []byte, state []byte) (news.Outlet, error) {
	var o news.Outlet
	var s news.State
	if err := unsealJSON(configured, &o); err != nil {
		return o, fmt.Errorf("an outlet: %w", err)
	}
	if len(state) > 0 {
		if err := unsealState(state, &s); err != nil {
			return o, fmt.Errorf("the state of %s: %w", o.Source, err)
		}
	}
	if o.Title == "" {
		o.Title = s.About.Title
	}
	if o.Title == "" {
		o.Title = o.Source
	}
	if o.Language == "" {
		o.Language = s.About.Language
	}
	o.FeedID, o.Link, o.Icon, o.Rights = s.About.ID, s.About.Link, s.About.Icon, s.About.Rights
	return o, nil
}

// Outlets returns every source that the store knows, by name, as readers are
// shown it.
func (db *DB) Outlets(ctx context.Context) ([]news.Outlet, error) {
	var all []news.Outlet
	err := db.read.each(ctx, `SELECT outlet, state FROM source LEFT JOIN state ON state.source = source.id
		WHERE configured = 1 ORDER BY name`, nil, func(rows *sql.Rows) error {
		var text, state sql.RawBytes
		if err := rows.Scan(&text, &state); err != nil {
			return err
		}
		o, err := outlet(text, state)
		all = append(all, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: outlets: %w", err)
	}
	return all, nil
}

// States returns the state of every configured source, by name, without what it has
// Seen, which is most of it and has its use with a claim. One that was never polled has
// its name only.
func (db *DB) States(ctx context.Context) ([]news.State, error) {
	all, err := db.states(ctx, "configured = 1")
	if err != nil {
		return nil, fmt.Errorf("store: states: %w", err)
	}
	return all, nil
}

// Dates returns when every source is due, by name.
func (db *DB) Dates(ctx context.Context) (map[string]time.Time, error) {
	dates := map[string]time.Time{}
	err := db.read.each(ctx, "SELECT name, due FROM "+db.engine.scheduled().table, nil, func(rows *sql.Rows) error {
		var name string
		var due int64
		err := rows.Scan(&name, &due)
		dates[name] = db.engine.local(instant(due))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: dates: %w", err)
	}
	return dates, nil
}

// State returns the state of a source, configured or not, as States does; false if the
// store does not know it.
func (db *DB) State(ctx context.Context, name string) (news.State, bool, error) {
	all, err := db.states(ctx, "name = ?1", name)
	if err != nil {
		return news.State{}, false, fmt.Errorf("store: state of %s: %w", name, err)
	}
	if len(all) == 0 {
		return news.State{}, false, nil
	}
	return all[0], true, nil
}

func (db *DB) states(ctx context.Context, where string, args ...any) ([]news.State, error) {
	n := 0
	if _, err := db.read.one(ctx, "SELECT COUNT(*) FROM source WHERE "+where, args, &n); err != nil {
		return nil, err
	}
	all := make([]news.State, 0, n) // a list of thousands that grows is allocated five times over
	err := db.read.each(ctx, "SELECT name, state FROM source LEFT JOIN state ON state.source = source.id WHERE "+where+" ORDER BY name", args,
		func(rows *sql.Rows) error {
			var s news.State
			var name string
			var text sql.RawBytes
			if err := rows.Scan(&name, &text); err != nil {
				return err
			}
			if len(text) > 0 {
				if err := unsealState(text, &s); err != nil {
					return fmt.Errorf("the state of %s: %w", name, err)
				}
				s = byClock(s, db.engine.local)
			}
			s.Source, s.Seen = name, ""
			all = append(all, s)
			return nil
		})
	return all, err
}
