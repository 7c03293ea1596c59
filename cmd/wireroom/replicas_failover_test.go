//go:build linux

package main

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/built"
)

// failedOver is the part of P4 in which the database is lost, and its standby
// takes its place. The replicas know the addresses of both.
func failedOver(t *testing.T) {
	var ports [2]int
	for i := range ports {
		_, text, _ := net.SplitHostPort(built.FreeAddress(t))
		ports[i], _ = strconv.Atoi(text)
	}
	x := gather(t, 3, newPresses(t, "127.0.0.1"), storetest.PostgresAt(t, ports[0]))
	x.dsn = x.cluster.Over(x.dsn, fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", ports[0], ports[1])) + "&target_session_attrs=read-write"
	for _, r := range x.replicas {
		r.dsn = x.dsn
	}
	x.begin()
	var worst time.Duration
	for i := range *tries {
		standby := x.cluster.Standby(t, ports[(i+1)%2])
		x.polledAgain(time.Now())
		x.cluster.Kill()
		at := time.Now()
		standby.Promote(t)
		x.cluster = standby
		x.polledAgain(at)
		x.leader()
		worst = max(worst, time.Since(at))
		for _, r := range x.replicas {
			if r.Ended() {
				t.Fatalf("a replica has ended: %v", r.ProcessState)
			}
		}
	}
	report(t, "P4 failover", "the database is killed, and its synchronous standby promoted", "no exit, no lost entry", *tries,
		x.whole(fmt.Sprintf("no replica ended; polled and filed again %.1f s after the kill at most", worst.Seconds())))
}
