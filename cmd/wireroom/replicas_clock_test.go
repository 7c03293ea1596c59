//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/built"
)

// skewed is added to Go's package of the clock: a process has a clock that is so
// many minutes ahead as the environment says.
const skewed = `package time

import "syscall"

var skew = func() int64 {
	text, _ := syscall.Getenv("WIREROOM_SKEW")
	n, sign := int64(0), int64(60)
	for _, c := range text {
		if c == '-' {
			sign = -60
		} else {
			n = 10*n + int64(c-'0')
		}
	}
	return sign * n
}()
`

// disagreed is P5: the clocks of the replicas are ten minutes apart, and one
// leads after another.
func disagreed(t *testing.T) {
	if *tries == 1 {
		t.Skip("all of Go is built with another clock for it; see make replicas")
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	clock := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	line := "\tsec, nsec, mono := runtimeNow()\n"
	bin := built.Edited(t, []built.Edit{{File: filepath.Join(clock, "time.go"), Text: line, With: line + "\tsec += skew\n"}},
		map[string]string{filepath.Join(clock, "skew.go"): skewed})
	x := gather(t, 3, newPresses(t, "127.0.0.1"), storetest.Postgres(t))
	for i, r := range x.replicas {
		r.bin = bin
		r.env = []string{fmt.Sprintf("WIREROOM_SKEW=%d", 10*(i-1))}
	}
	x.begin()
	x.register()
	double, soon, refused, late := 0, 0, 0, 0
	var worst time.Duration
	for i := range *tries {
		begin := time.Now()
		x.leader()
		time.Sleep(claimLease)
		double += x.unclaimed(begin, x.replicas...)
		soon += x.wire.soon(begin)
		// Each clock leads in its turn, and another one takes over from it.
		lead := x.leader()
		lead.Kill()
		at := time.Now()
		again := x.polledAgain(at)
		x.leader()
		if took := time.Since(at); took > max(claimLease, leadLease)+5*time.Second {
			late++
		}
		worst = max(worst, again)
		for _, r := range x.replicas {
			refused += strings.Count(r.Log.String(), displaced) + strings.Count(r.Log.String(), "another process has polled")
		}
		lead.env = []string{fmt.Sprintf("WIREROOM_SKEW=%d", 10*((i+1)%3-1))}
		x.start(lead)
	}
	if double > 0 || soon > 0 || refused > 0 {
		t.Errorf("%d polls upon no claim, %d too soon, %d times a replica was told that another had its place", double, soon, refused)
	}
	report(t, "P5", "clocks ten minutes ahead, right and ten minutes behind; the filer is killed", "0 double leases: the lease goes by the database's clock", *tries,
		x.whole(fmt.Sprintf("%d polls upon no claim, %d before their time, %d claims or filings refused; polled again after %.1f s at most, %d later than promised", double, soon, refused, worst.Seconds(), late)))
}
