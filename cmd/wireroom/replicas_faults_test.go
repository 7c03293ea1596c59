//go:build linux

package main

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to do harm to the database

	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/measured"
)

// report tells what came of a part, as a row of docs/scale.md.
func report(t *testing.T, id, what, goal string, n int, result string) {
	row := fmt.Sprintf("| %s | %s | %s | %d | %s | %s |", id, what, goal, n, result, machineLoad())
	t.Log(row)
	if *replicaReport != "" && !t.Failed() {
		measured.Row(t, *replicaReport, "replicas", row)
	}
}

// machineLoad is what else the machine had to do when a part ended.
func machineLoad() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// TestReplicas does to three replicas, as processes over a database, what may
// happen to them. Each part is documented in docs/scale.md under its number.
func TestReplicas(t *testing.T) {
	t.Parallel()
	three := func(part func(*troupe)) func(*testing.T) {
		return func(t *testing.T) {
			part(newTroupe(t, 3))
		}
	}
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"P1", three(killed)}, {"P2", paused}, {"P3", cutOff}, {"P4", three(harmed)}, {"P4-failover", failedOver},
		{"P5", disagreed}, {"P6", upgraded}, {"P7", endured}, {"P8", three(alike)}, {"P9", three(reconfigured)},
	} {
		t.Run(part.name, part.run)
	}
}

// whole adds what a part did to the entries.
func (x *troupe) whole(result string) string {
	x.t.Helper()
	x.same("/topics/all.rss")
	lost, doubled := x.settle()
	if lost > 0 || doubled > 0 {
		x.t.Errorf("%d entries lost, %d doubled", lost, doubled)
	}
	return fmt.Sprintf("%s; %d lost, %d doubled", result, lost, doubled)
}

// polledAgain waits until every feed was polled after an instant, and returns
// how long after it the last of them was.
func (x *troupe) polledAgain(at time.Time) time.Duration {
	x.t.Helper()
	var last time.Time
	x.await(claimLease+5*time.Second, "every feed is polled again", func() bool {
		for i := range feeds {
			t := x.wire.since(fmt.Sprint("f", i), at)
			if t.IsZero() {
				return false
			}
			if t.After(last) {
				last = t
			}
		}
		return true
	})
	return last.Sub(at)
}

// killed is P1: kill -9 of a replica, of the leader every other time.
func killed(x *troupe) {
	var worstPoll, worstLead time.Duration
	late := 0
	for i := range *tries {
		lead := x.leader()
		victim := x.replicas[rand.IntN(len(x.replicas))]
		if i%2 == 0 {
			victim = lead
		}
		victim.Kill()
		at := time.Now()
		again := x.polledAgain(at)
		worstPoll = max(worstPoll, again)
		if again > claimLease+5*time.Second {
			late++
		}
		if victim == lead {
			x.leader()
			took := time.Since(at)
			worstLead = max(worstLead, took)
			if took > leadLease+5*time.Second {
				late++
			}
		}
		x.start(victim)
	}
	report(x.t, "P1", "kill -9 of a replica, of the filer every other time", "polled again and filed again within lease + 5 s", *tries,
		x.whole(fmt.Sprintf("polled again after %.1f s at most, filed again after %.1f s at most, %d later than promised", worstPoll.Seconds(), worstLead.Seconds(), late)))
}

// displaced is what a replica says when a write of it was refused, as another one
// files by now.
const displaced = "another process is the filer now"

// harmed is P4: what a database may do to its clients.
func harmed(x *troupe) {
	pool := x.open()
	exec := func(query string) {
		if _, err := pool.Exec(query); err != nil {
			x.t.Log(query, err)
		}
	}
	n := 0
	var worst time.Duration
	for range *tries {
		for _, trouble := range []func(){
			func() { x.cluster.Stop(); time.Sleep(2 * time.Second); x.cluster.Start(x.t) },
			func() {
				exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'replica%'")
			},
			func() {
				exec("ALTER SYSTEM SET default_transaction_read_only = on")
				exec("SELECT pg_reload_conf()")
				time.Sleep(3 * time.Second)
				pool.SetMaxIdleConns(0)
				exec("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE")
				exec("BEGIN READ WRITE; COMMIT")
				exec("ALTER SYSTEM RESET default_transaction_read_only")
				exec("SELECT pg_reload_conf()")
			},
			func() {
				exec("ALTER DATABASE postgres ALLOW_CONNECTIONS true")
				var taken []*sql.DB
				for range 120 {
					if c, err := sql.Open("pgx", x.dsn); err == nil && c.Ping() == nil {
						taken = append(taken, c)
					}
				}
				exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'replica%'")
				time.Sleep(3 * time.Second)
				for _, c := range taken {
					c.Close()
				}
			},
			func() {
				tx, err := pool.Begin()
				if err != nil {
					x.t.Error(err)
					return
				}
				_, _ = tx.Exec("SELECT 1 FROM source_sched FOR UPDATE")
				time.Sleep(*locked)
				_ = tx.Rollback()
			},
		} {
			trouble()
			n++
			worst = max(worst, x.polledAgain(time.Now()))
			for _, r := range x.replicas {
				if r.Ended() {
					x.t.Fatalf("a replica has ended: %v", r.ProcessState)
				}
			}
		}
	}
	report(x.t, "P4", fmt.Sprintf("the database stopped and started, its connections ended, read-only, all taken, rows locked for %s", *locked), "no exit, no lost entry", n,
		x.whole(fmt.Sprintf("no replica ended; polled again %.1f s after the trouble at most", worst.Seconds())))
}

// alike is P8: what changes is soon the same at every replica. A replica goes back
// if it serves what it had served before something else, or what is older by its
// date. A version that one replica was late to show, and another one never, is no
// step back.
func alike(x *troupe) {
	n := 50 * *tries
	late, back := 0, 0
	var worst time.Duration
	newest := make([]string, len(x.replicas))   // ETag that each showed last
	built := make([]time.Time, len(x.replicas)) // when what it shows was last changed
	first := map[string]time.Time{}             // ETag → when it was first seen
	shown := make([]map[string]bool, len(x.replicas))
	for i := range shown {
		shown[i] = map[string]bool{}
	}
	for range n {
		time.Sleep(100 * time.Millisecond)
		for i, r := range x.replicas {
			body, tag, _ := served(r.addr, "/topics/all.rss")
			if tag == "" {
				continue
			}
			now := time.Now()
			if first[tag].IsZero() {
				first[tag] = now
			}
			changed := lastBuilt(x.t, body)
			if shown[i][tag] && newest[i] != tag || changed.Before(built[i]) {
				back++
			}
			newest[i], built[i] = tag, changed
			if !shown[i][tag] {
				shown[i][tag] = true
				worst = max(worst, now.Sub(first[tag]))
				if now.Sub(first[tag]) > 2*time.Second {
					late++
				}
			}
		}
	}
	if back > 0 {
		x.t.Errorf("%d times a replica served something older than before", back)
	}
	report(x.t, "P8", "the same request to each replica", "the same bytes and ETag within 2 s; a replica never goes back", 3*n,
		x.whole(fmt.Sprintf("%d versions, at the others after %.1f s at most, %d later than 2 s, %d times back", len(first), worst.Seconds(), late, back)))
}

// lastBuilt is when a feed says that it was last changed; zero: it has no entries.
func lastBuilt(t *testing.T, rss string) (at time.Time) {
	t.Helper()
	_, rest, dated := strings.Cut(rss, "<lastBuildDate>")
	if dated {
		date, _, _ := strings.Cut(rest, "<")
		var err error
		if at, err = time.Parse(time.RFC1123Z, date); err != nil {
			t.Error(err)
		}
	}
	return at
}

// reconfigured is P9: one replica has the new configuration before the others.
func reconfigured(x *troupe) {
	for round := range *tries {
		ahead := x.replicas[round%3]
		newer := fmt.Sprintf("  g%d: %s/g%d\n", round, x.wire.server.URL, round)
		before := map[*replica]int{}
		for _, r := range x.replicas {
			before[r] = strings.Count(r.Log.String(), "newer configuration")
		}
		at := time.Now()
		x.configure(ahead, feeds, newer)
		name := fmt.Sprint("g", round)
		x.await(10*time.Second, "the new feed is polled", func() bool { return !x.wire.since(name, at).IsZero() })
		x.await(15*time.Second, "the others stand aside", func() bool {
			for _, r := range x.replicas {
				if r != ahead && strings.Count(r.Log.String(), "newer configuration") == before[r] {
					return false
				}
			}
			return true
		})
		// One that starts with the old configuration changes nothing.
		x.restart(x.replicas[(round+1)%3])
		sources := "SELECT string_agg(name, ' ' ORDER BY name) FROM source WHERE configured = 1"
		want := x.cluster.Ask(x.t, x.dsn, sources)
		for range 10 {
			time.Sleep(300 * time.Millisecond)
			if got := x.cluster.Ask(x.t, x.dsn, sources); got != want || !strings.Contains(got, name) {
				x.t.Errorf("sources were %q, and are %q", want, got)
			}
		}
		for _, r := range x.replicas {
			if r != ahead {
				x.configure(r, feeds, newer)
			}
		}
		x.polledAgain(time.Now())
	}
	report(x.t, "P9", "one replica is configured anew before the others, and one of those starts again", "the newest is in force, nothing goes back and forth", *tries,
		x.whole("the sources stayed those of the newest"))
}

// endured is P7: replicas are killed about once a minute for long. What is due is
// counted by feeds of a calendar, which are due once in every minute.
func endured(t *testing.T) {
	if *endurance == 0 {
		t.Skip("it takes long; see make replicas")
	}
	const counted = 64
	x := gather(t, 3, newPresses(t, "127.0.0.1"), storetest.Postgres(t))
	for i := range counted {
		x.more += fmt.Sprintf("  m%d: {url: %q, schedule: '* * * * *'}\n", i, fmt.Sprint(x.wire.server.URL, "/m", i))
	}
	x.begin()
	begin := time.Now()
	kills := 0
	for time.Since(begin) < *endurance {
		time.Sleep(time.Duration(30+rand.IntN(60)) * time.Second)
		x.restart(x.replicas[rand.IntN(3)])
		kills++
	}
	first := begin.Truncate(time.Minute).Add(time.Minute)
	minutes := int(time.Since(first) / time.Minute)
	polls, missed := 0, 0
	for i := range counted {
		per := x.wire.perMinute(fmt.Sprint("m", i), first, minutes)
		for _, n := range per {
			if polls += n; n == 0 {
				missed++
			}
		}
	}
	due := counted * minutes
	ratio := float64(polls) / float64(due)
	if ratio < 0.99 || ratio > 1.01 {
		t.Errorf("%d polls, of %d that were due", polls, due)
	}
	report(t, "P7", fmt.Sprintf("a kill a minute for %s", *endurance), "24 h; polls / due polls between 0.999 and 1.001; 0 lost, 0 doubled", kills,
		x.whole(fmt.Sprintf("%d polls of %d that were due: %.4f, in %d minutes a feed was not polled", polls, due, ratio, missed)))
}
