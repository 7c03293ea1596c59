package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
)

// A heldHost is a host as a claim left it: by is the number of the transaction that
// wrote its row, as PostgreSQL keeps it in the row's xmin, in 32 bits.
type heldHost struct{ id, by int64 }

// errTouched says that a host is not as a claim upon it left it, and is to be locked
// and looked at.
var errTouched = errors.New("a host was written since it was claimed")

// endUntouched stores polls whose hosts nobody has written since they were claimed,
// which are nearly all: nothing of them has to be locked and read first. Whoever
// claims a host, sets it free, or changes when a source of it is due, writes its row
// too, and so has it another xmin, also where that happens while we wait for the row.
//
// Hosts are written before their sources and in their order, as everybody locks them,
// so that nobody waits for one who waits for him. So when a source will be due is
// taken from what is about to be written of it, and of its host's others from the table.
func (e *postgresEngine) endUntouched(ctx context.Context, tx session, batch []*write) error {
	by := make(map[int64]int64, len(batch)) // host → who claimed it
	polls := make([]*poll, len(batch))
	for i, w := range batch {
		held, ok := e.hosts.Load(w.poll.source)
		if !ok {
			return errTouched
		}
		h := held.(heldHost)
		w.poll.host, by[h.id], polls[i] = h.id, h.by, w.poll
	}
	if len(by) < len(batch) {
		return errTouched // two of one host
	}
	slices.SortFunc(polls, func(a, b *poll) int { return cmp.Compare(a.host, b.host) })
	ends, err := e.settle(polls)
	if err != nil {
		return err
	}
	var bys, ready []int64
	for _, p := range polls {
		bys, ready = append(bys, by[p.host]), append(ready, micros(e.clock(p.free)))
	}
	freed := 0
	err = tx.each(ctx, `UPDATE host_sched h SET ready = d.ready, holder = 0, next = GREATEST(d.ready, LEAST(d.due, (
			SELECT s.due FROM source_sched s WHERE s.host = d.host AND s.configured = 1 AND s.source <> d.source ORDER BY s.due LIMIT 1)))
		FROM unnest(?1::bigint[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[]) AS d (host, source, token, by, ready, due)
		WHERE h.host = d.host AND h.holder = d.source AND h.token = d.token AND h.xmin = d.by::integer RETURNING h.next`,
		[]any{ends.hosts, ends.sources, ends.tokens, bys, ready, ends.dues}, func(rows *sql.Rows) error {
			freed++
			return e.lowerTo(rows)
		})
	if err != nil {
		return err
	}
	if freed < len(batch) {
		return errTouched
	}
	alive, err := e.endClaims(ctx, tx, ends)
	if err != nil {
		return err
	}
	if len(alive) < len(batch) {
		return errTouched
	}
	return storeItems(ctx, tx, e, polls...)
}
