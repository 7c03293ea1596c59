//go:build linux

package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/built"
)

// nextTables is a migration as a later version may have one, for which it takes
// a while.
const nextTables = `-- +goose Up
CREATE TABLE later AS SELECT seq, at FROM log;
SELECT pg_sleep(1);
ALTER TABLE source_sched ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
CREATE INDEX source_later ON source (host);
`

const nextVersion = 6 // the schema that nextTables makes

// upgraded is P6: replicas are replaced by those of a later version, one while
// the others go on, then two at once.
func upgraded(t *testing.T) {
	next := built.Edited(t, nil, map[string]string{fmt.Sprintf("aggregator/store/migrations/postgres/%05d_next.sql", nextVersion): nextTables})
	x := gather(t, 3, newPresses(t, "127.0.0.1"), storetest.Postgres(t))
	old := x.replicas[0].bin
	x.begin()
	errors, requests := 0, 0
	for i := range *tries {
		stop := x.read()
		x.replace(next, x.replicas[i%3], x.replicas[(i+1)%3])
		version := fmt.Sprintf("SELECT count(*)::text FROM goose_db_version WHERE version_id = %d", nextVersion)
		if n := x.cluster.Ask(t, x.dsn, version); n != "1" {
			t.Errorf("the tables were brought up to date %s times", n)
		}
		behind := x.replicas[(i+2)%3]
		x.polledAgain(time.Now())
		if behind.Ended() {
			t.Error("the older version has ended, with the newer tables below it")
		}
		x.replace(next, behind)
		x.polledAgain(time.Now())
		x.same("/topics/all.rss")
		n, failed := stop()
		errors, requests = errors+failed, requests+n
		x.back(old)
	}
	if errors > 0 {
		t.Errorf("%d of %d requests were not answered", errors, requests)
	}
	report(t, "P6", "replicas are replaced by those of the next version, two of them at once, while readers read", "one migrates, 0 errors to readers", *tries,
		x.whole(fmt.Sprintf("each time one migrated, and the older replica went on; %d of %d requests not answered", errors, requests)))
}

// replace stops replicas as an administrator does and starts others in their
// places, all at once.
func (x *troupe) replace(bin string, replicas ...*replica) {
	x.t.Helper()
	var all sync.WaitGroup
	for _, r := range replicas {
		all.Go(func() {
			if took, err := r.Stop(); err != nil {
				x.t.Errorf("SIGTERM: after %s: %v", took, err)
			}
		})
	}
	all.Wait()
	for _, r := range replicas {
		r.bin = bin
		x.start(r)
	}
	x.ready(replicas...)
}

// ready waits until replicas are ready: a balancer sends nobody to them before, and
// nobody replaces the next.
func (x *troupe) ready(replicas ...*replica) {
	x.t.Helper()
	x.await(20*time.Second, "the replicas that were started are ready", func() bool {
		for _, r := range replicas {
			if _, ok := get("http://" + r.addr + "/readyz"); !ok {
				return false
			}
		}
		return true
	})
}

// back undoes the upgrade, which no administrator could, after it has seen that
// an older version does not start on the newer tables.
func (x *troupe) back(old string) {
	x.t.Helper()
	for _, r := range x.replicas {
		if took, err := r.Stop(); err != nil {
			x.t.Errorf("SIGTERM: after %s: %v", took, err)
		}
	}
	r := x.replicas[0]
	r.bin = old
	x.start(r)
	<-r.Done
	if said := r.Log.String(); !strings.Contains(said, "newer version") {
		x.t.Errorf("on newer tables the older version says\n%s", built.Tail(said, 5))
	}
	for _, query := range []string{
		"DROP TABLE later", "DROP INDEX source_later", "ALTER TABLE source_sched DROP COLUMN later",
		fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id = %d", nextVersion),
	} {
		x.cluster.Ask(x.t, x.dsn, query)
	}
	for _, r := range x.replicas {
		r.bin = old
		x.start(r)
	}
	x.ready(x.replicas...)
	x.polledAgain(time.Now())
}

// read lets readers read as behind a balancer, which asks another replica where
// one does not listen, and returns what ends them.
func (x *troupe) read() (stop func() (requests, failed int)) {
	var readers sync.WaitGroup
	var n, failed atomic.Int64
	done := make(chan struct{})
	for i := range 3 {
		readers.Go(func() {
			for k := i; ; k++ {
				select {
				case <-done:
					return
				case <-time.After(20 * time.Millisecond):
				}
				n.Add(1)
				if !x.answered(k) {
					failed.Add(1)
				}
			}
		})
	}
	return func() (int, int) {
		close(done)
		readers.Wait()
		return int(n.Load()), int(failed.Load())
	}
}

// answered asks the replicas, from the k-th on, until one of them listens, and
// reports whether its answer is a whole feed.
func (x *troupe) answered(k int) bool {
	for i := range x.replicas {
		body, tag, _ := served(x.replicas[(k+i)%len(x.replicas)].addr, "/topics/all.rss")
		if body == "" {
			continue // it does not listen
		}
		if tag == "" || !strings.HasSuffix(strings.TrimSpace(body), "</rss>") {
			x.t.Logf("a reader got %.200q", body)
			return false
		}
		return true
	}
	return false
}
