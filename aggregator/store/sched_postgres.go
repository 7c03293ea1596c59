package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Many processes claim from one database, and polls end by the thousand a
// second: what SQLite does source by source is done here for many at once. See
// migrations/postgres/00002_replicas.sql for the rows.

const (
	// endsAtOnce is how many polls are stored in one transaction at most, and
	// endTurns how many such transactions a process has under way. Those that
	// wait for their turn make up the next.
	endsAtOnce = 256
	endTurns   = 2

	// recordsAtOnce bounds the records of one such transaction, unless it is
	// for one poll.
	recordsAtOnce = 4096
)

func (e *postgresEngine) claim(ctx context.Context, now time.Time, limit int, lease time.Duration) (claims []news.Claim, err error) {
	now = e.clock(now)
	from, err := e.begins(ctx, now)
	if err != nil || from > micros(now) {
		return nil, err
	}
	err = e.jot(ctx, func(ctx context.Context, tx session) error {
		// Hosts are locked in one statement and their sources looked up in the
		// next, which sees what was committed before the locks were had.
		var hosts []int64
		err := tx.each(ctx, "SELECT host FROM host_sched WHERE next BETWEEN ?1 AND ?2 ORDER BY next, host LIMIT ?3 FOR UPDATE SKIP LOCKED",
			[]any{from, micros(now), limit}, func(rows *sql.Rows) error {
				var host int64
				err := rows.Scan(&host)
				hosts = append(hosts, host)
				return err
			})
		if err != nil || len(hosts) == 0 {
			claims = nil
			return err
		}
		claims, err = e.take(ctx, tx, hosts, now, lease)
		return err
	})
	return claims, err
}

// take leases locked hosts and returns the claims upon their earliest sources,
// in the order of the hosts. They share a token, as the polls that end together do.
func (e *postgresEngine) take(ctx context.Context, tx session, hosts []int64, now time.Time, lease time.Duration) ([]news.Claim, error) {
	byHost := make(map[int64]news.Claim, len(hosts))
	err := tx.each(ctx, `UPDATE host_sched h SET ready = ?1, next = ?1, token = (SELECT nextval('claims')), holder = COALESCE(s.source, 0)
		FROM unnest(?3::bigint[]) AS taken (host) LEFT JOIN LATERAL (
			SELECT source, state FROM source_sched WHERE host = taken.host AND configured = 1 AND due <= ?2 ORDER BY due, source LIMIT 1
		) s ON TRUE
		WHERE h.host = taken.host RETURNING h.host, h.holder, h.token, (SELECT pg_current_xact_id()::text::bigint), s.state,
			CASE WHEN s.state IS NULL THEN COALESCE((SELECT name FROM source WHERE id = h.holder), '') ELSE '' END`,
		[]any{micros(now.Add(lease)), micros(now), hosts}, func(rows *sql.Rows) error {
			var host, by int64
			var c news.Claim
			var name string
			var state []byte
			if err := rows.Scan(&host, &c.ID, &c.Token, &by, &state, &name); err != nil || c.ID == 0 {
				return err // none of its sources is due
			}
			if c.State.Source = name; state != nil { // which has the name too, and spares the look at another table
				if err := unsealState(state, &c.State); err != nil {
					return fmt.Errorf("the state of source %d: %w", c.ID, err)
				}
				c.State = byClock(c.State, e.local)
			}
			byHost[host] = c
			e.hosts.Store(c.ID, heldHost{host, int64(int32(by))})
			return nil
		})
	claims := make([]news.Claim, 0, len(byHost))
	for _, host := range hosts {
		if c, ok := byHost[host]; ok {
			claims = append(claims, c)
		}
	}
	return claims, err
}

func (e *postgresEngine) due(ctx context.Context, now time.Time) (n int, err error) {
	_, err = e.read.one(ctx, "SELECT COUNT(*) FROM source_sched WHERE configured = 1 AND due <= ?1", []any{micros(e.clock(now))}, &n)
	return n, err
}

func (e *postgresEngine) next(ctx context.Context, _ time.Time) (time.Time, error) {
	var earliest int64
	found, err := e.read.one(ctx, "SELECT next FROM host_sched WHERE next >= ?1 ORDER BY next LIMIT 1", []any{e.floor.at.Load()}, &earliest)
	if err != nil || !found {
		return time.Time{}, err
	}
	return e.local(instant(earliest)), nil
}

// end stores a poll together with others that end now.
func (e *postgresEngine) end(ctx context.Context, p *poll) error {
	return e.ends.wait(ctx, &write{poll: p, durable: len(p.fresh) > 0})
}

// endAll stores polls in one transaction. If that fails each has one of its
// own, so that none fails for another.
func (e *postgresEngine) endAll(ctx context.Context, batch []*write) {
	for len(batch) > 0 {
		now, later := apart(batch)
		err := e.endTogether(ctx, now)
		if err != nil && len(now) > 1 && ctx.Err() == nil {
			for _, w := range now {
				w.err = e.endTogether(ctx, []*write{w})
			}
		} else if err != nil {
			for _, w := range now {
				w.err = err
			}
		}
		batch = later
	}
}

// apart returns the writes of a batch that may share a transaction: one of each
// source, and not too many records. The others are for later.
func apart(batch []*write) (now, later []*write) {
	seen := make(map[int64]bool, len(batch))
	records := 0
	for _, w := range batch {
		records += len(w.poll.fresh)
		if seen[w.poll.source] || records > recordsAtOnce && len(now) > 0 {
			later = append(later, w)
			continue
		}
		seen[w.poll.source] = true
		now = append(now, w)
	}
	return now, later
}

// A hostSched is a row of host_sched.
type hostSched struct{ ready, holder, token int64 }

// endTogether stores polls in one transaction. The claims that are lost are
// told so, and the others stored.
func (e *postgresEngine) endTogether(ctx context.Context, batch []*write) error {
	run := e.jot
	if slices.ContainsFunc(batch, func(w *write) bool { return w.durable }) {
		run = e.write
	}
	for _, w := range batch {
		w.err = nil
	}
	untouched := func(ctx context.Context, tx session) error { return e.endUntouched(ctx, tx, batch) }
	if err := run(ctx, untouched); !errors.Is(err, errTouched) {
		return err
	}
	return run(ctx, func(ctx context.Context, tx session) error {
		hosts, err := e.lockHosts(ctx, tx, batch)
		if err != nil {
			return err
		}
		var held []*poll // whose claims are not lost, as far as the hosts tell
		for _, w := range batch {
			// A claim is lost too if its source is claimed again.
			if h := hosts[w.poll.host]; h != nil && (h.holder != w.poll.source || h.token <= w.poll.token) {
				held = append(held, w.poll)
			}
		}
		ends, err := e.settle(held)
		if err != nil {
			return err
		}
		alive, err := e.endClaims(ctx, tx, ends)
		if err != nil {
			return err
		}
		var polls []*poll
		for _, w := range batch {
			w.err = news.ErrLostClaim
			if alive[w.poll.source] {
				w.err = nil
				polls = append(polls, w.poll)
			}
		}
		if err := storeItems(ctx, tx, e, polls...); err != nil {
			return err
		}
		return e.freeHosts(ctx, tx, polls, hosts)
	})
}

// lockHosts locks the hosts of polls, in one order for all, and returns them.
func (e *postgresEngine) lockHosts(ctx context.Context, tx session, batch []*write) (map[int64]*hostSched, error) {
	var unknown, ids []int64
	for _, w := range batch {
		if host, ok := e.hosts.Load(w.poll.source); ok {
			w.poll.host = host.(heldHost).id
		} else {
			unknown = append(unknown, w.poll.source)
		}
	}
	if len(unknown) > 0 {
		found := map[int64]int64{}
		err := tx.each(ctx, "SELECT source, host FROM source_sched WHERE source = ANY(?1)", []any{unknown}, func(rows *sql.Rows) error {
			var source, host int64
			err := rows.Scan(&source, &host)
			found[source] = host
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, w := range batch {
			if host, ok := found[w.poll.source]; ok {
				w.poll.host = host
			}
		}
	}
	for _, w := range batch {
		ids = append(ids, w.poll.host)
	}
	hosts := make(map[int64]*hostSched, len(ids))
	err := tx.each(ctx, "SELECT host, ready, holder, token FROM host_sched WHERE host = ANY(?1) ORDER BY host FOR UPDATE",
		[]any{ids}, func(rows *sql.Rows) error {
			var host int64
			var h hostSched
			err := rows.Scan(&host, &h.ready, &h.holder, &h.token)
			hosts[host] = &h
			return err
		})
	return hosts, err
}

// ended are the columns that ends of polls are written of, a poll a place.
type ended struct {
	sources, hosts, tokens, dues []int64
	states                       [][]byte
}

// settle asks polls what they leave.
func (e *postgresEngine) settle(polls []*poll) (ended, error) {
	var all ended
	for _, p := range polls {
		state, due, err := p.settled(e)
		if err != nil {
			return ended{}, err
		}
		all.sources, all.hosts, all.tokens = append(all.sources, p.source), append(all.hosts, p.host), append(all.tokens, p.token)
		all.dues, all.states = append(all.dues, micros(e.clock(due))), append(all.states, state)
	}
	return all, nil
}

// endClaims writes the states of those polls whose claims are not lost, and
// returns their sources. A claim is good for one end, and lost once another claim
// upon the source has ended.
func (e *postgresEngine) endClaims(ctx context.Context, tx session, all ended) (map[int64]bool, error) {
	alive := map[int64]bool{}
	if len(all.sources) == 0 {
		return alive, nil
	}
	err := tx.each(ctx, `UPDATE source_sched s SET due = d.due, state = d.state, last = (SELECT nextval('claims'))
		FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bytea[]) AS d (source, host, token, due, state)
		WHERE s.source = d.source AND s.host = d.host AND s.last < d.token RETURNING s.source`,
		[]any{all.sources, all.hosts, all.tokens, all.dues, all.states}, func(rows *sql.Rows) error {
			var source int64
			err := rows.Scan(&source)
			alive[source] = true
			return err
		})
	for _, source := range all.sources {
		if !alive[source] {
			e.hosts.Delete(source) // it may have another host by now
		}
	}
	return alive, err
}

// freeHosts frees the hosts of polls, unless another source of them is being
// polled.
func (e *postgresEngine) freeHosts(ctx context.Context, tx session, polls []*poll, hosts map[int64]*hostSched) error {
	changed := map[int64]bool{}
	for _, p := range polls {
		h, free := hosts[p.host], micros(e.clock(p.free))
		if changed[p.host] = true; h.holder == p.source {
			h.ready, h.holder = free, 0
		} else {
			h.ready = max(h.ready, free)
		}
	}
	var ids, ready, holders []int64
	for _, host := range slices.Sorted(maps.Keys(changed)) {
		ids, ready, holders = append(ids, host), append(ready, hosts[host].ready), append(holders, hosts[host].holder)
	}
	return tx.each(ctx, `UPDATE host_sched h SET ready = d.ready, holder = d.holder, next = `+nextOf("d")+`
		FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[]) AS d (host, ready, holder) WHERE h.host = d.host RETURNING h.next`,
		[]any{ids, ready, holders}, e.lowerTo)
}

// lowerTo scans when a host is due and makes sure that it is found then.
func (e *postgresEngine) lowerTo(rows *sql.Rows) error {
	var next sql.NullInt64
	err := rows.Scan(&next)
	if next.Valid {
		e.floor.lower(next.Int64)
	}
	return err
}

// nextOf is when the earliest source of a host may be polled. The row named has the
// host and when it is ready.
func nextOf(row string) string {
	return "(SELECT GREATEST(s.due, " + row + ".ready) FROM source_sched s WHERE s.host = " + row + ".host AND s.configured = 1 ORDER BY s.due LIMIT 1)"
}

// setNextOf sets it for each of the hosts that a query selects.
var setNextOf = "UPDATE host_sched SET next = " + nextOf("host_sched") + " WHERE host IN (%s) RETURNING next"

func (e *postgresEngine) setDue(ctx context.Context, due map[string]time.Time) error {
	var names []string
	var dues []int64
	for _, name := range slices.Sorted(maps.Keys(due)) {
		names, dues = append(names, name), append(dues, micros(e.clock(due[name])))
	}
	return e.jot(ctx, func(ctx context.Context, tx session) error {
		// The hosts are locked first, as where polls end.
		var hosts []int64
		err := tx.each(ctx, `SELECT h.host FROM host_sched h WHERE h.host IN (
				SELECT s.host FROM source JOIN source_sched s ON s.source = source.id WHERE source.name = ANY(?1))
			ORDER BY h.host FOR UPDATE`, []any{names}, func(rows *sql.Rows) error {
			var host int64
			err := rows.Scan(&host)
			hosts = append(hosts, host)
			return err
		})
		if err != nil || len(hosts) == 0 {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE source_sched s SET due = d.due
			FROM unnest(?1::text[], ?2::bigint[]) AS d (name, due) JOIN source ON source.name = d.name
			WHERE s.source = source.id AND NOT EXISTS (SELECT 1 FROM host_sched h WHERE h.host = s.host AND h.holder = s.source)`,
			names, dues); err != nil {
			return err
		}
		return tx.each(ctx, fmt.Sprintf(setNextOf, "SELECT unnest(?1::bigint[])"), []any{hosts}, e.lowerTo)
	})
}

func (e *postgresEngine) setSources(ctx context.Context, sources []news.Source, now time.Time, first func(context.Context, session) error) error {
	at := micros(e.clock(now))
	err := e.write(ctx, func(ctx context.Context, tx session) error {
		// A million sources are compared between two statements, on a busy machine
		// for longer than a transaction may otherwise be silent.
		if _, err := tx.exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = '2min'"); err != nil {
			return err
		}
		// Processes that start together do this one after another.
		var n int64
		if _, err := tx.one(ctx, "SELECT cursor FROM filer WHERE id = 1 FOR UPDATE", nil, &n); err != nil {
			return err
		}
		if err := first(ctx, tx); err != nil {
			return err
		}
		added, changed, hosts, err := compareSources(ctx, tx, sources)
		if err != nil {
			return err
		}
		if err := insert(ctx, tx, "INSERT INTO source (name, host, configured, outlet) VALUES ROWS", added); err != nil {
			return err
		}
		var rows [][]any
		names := slices.Sorted(maps.Keys(hosts))
		for _, name := range names {
			rows = append(rows, []any{name})
		}
		if err := insert(ctx, tx, "INSERT INTO host (name) VALUES ROWS ON CONFLICT DO NOTHING", rows); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO host_sched (host, ready) SELECT id, ?1 FROM host WHERE name = ANY(?2)
			ON CONFLICT DO NOTHING`, at, names); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO source_sched (source, host, configured, due)
			SELECT s.id, h.id, s.configured, ?1 FROM source s JOIN host h ON h.name = s.host
			WHERE s.id = ANY(?2) OR NOT EXISTS (SELECT 1 FROM source_sched k WHERE k.source = s.id)
			ON CONFLICT (source) DO UPDATE SET host = excluded.host, configured = excluded.configured`, at, changed); err != nil {
			return err
		}
		if err := tx.each(ctx, fmt.Sprintf(setNextOf, "SELECT id FROM host WHERE name = ANY(?1)"), []any{names}, e.lowerTo); err != nil {
			return err
		}
		// Hosts that are claimed for longer than anybody claims them, by a
		// clock that was wrong, are free.
		var freed []int64
		if err := tx.each(ctx, "UPDATE host_sched SET ready = ?1, holder = 0 WHERE ready > ?2 RETURNING host",
			[]any{at, at + int64(longestClaim/time.Microsecond)}, func(rows *sql.Rows) error {
				var host int64
				err := rows.Scan(&host)
				freed = append(freed, host)
				return err
			}); err != nil || len(freed) == 0 {
			return err
		}
		return tx.each(ctx, fmt.Sprintf(setNextOf, "SELECT unnest(?1::bigint[])"), []any{freed}, e.lowerTo)
	})
	e.hosts.Clear()
	return err
}

// clockSlack is how far this machine's clock may be from the database's and
// count as the same.
const clockSlack = time.Second

// clock returns an instant of this machine's clock by that of the database,
// which all processes share: a clock that is wrong must not end the claims of
// others. local is the way back.
func (e *postgresEngine) clock(t time.Time) time.Time {
	if t.IsZero() || t.Year() == 9999 {
		return t
	}
	return t.Add(time.Duration(e.ahead.Load()))
}

func (e *postgresEngine) local(t time.Time) time.Time {
	if t.IsZero() || t.Year() == 9999 {
		return t
	}
	return t.Add(-time.Duration(e.ahead.Load()))
}

// compareClocks measures how far the database's clock is ahead of this
// machine's.
func (e *postgresEngine) compareClocks(ctx context.Context) error {
	before := time.Now()
	var at int64
	_, err := e.read.one(ctx, "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint", nil, &at)
	if err != nil {
		return err
	}
	took := time.Since(before)
	ahead := time.UnixMicro(at).Sub(before.Round(0).Add(took / 2))
	if ahead.Abs() < clockSlack+took {
		ahead = 0
	}
	e.ahead.Store(int64(ahead))
	return nil
}
