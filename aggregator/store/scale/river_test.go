package scale

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// river lets a plain River queue do the same work on the same server: jobs that
// do nothing, by as many clients as there are replicas. It stands in a module
// of its own, which is built here; without the network it is left out.
func river(t *testing.T, b *bench) {
	if *only != "river" && *sources < 10_000 {
		t.Skip("left out at this size; see make scale")
	}
	jobs := min(*sources, 50_000)
	bin := t.TempDir() + "/river"
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = "testdata/river"
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("River cannot be built here: %v\n%s", err, out)
	}
	dsn := b.cluster.DSN(t)
	cmd := exec.Command(bin, "-dsn", dsn, "-jobs", fmt.Sprint(jobs), "-clients", fmt.Sprint(*replicas))
	cmd.Stderr = os.Stderr
	before := b.cluster.ProcessorTime()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Insert, Work, CPU time.Duration
		Bytes             int64
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	them := b.cluster.ProcessorTime() - before
	b.add(t, row{"I", "a plain River queue, jobs that do nothing", "beside it", fmt.Sprintf("%.0f jobs/s, %.0f µs of database CPU a job with its insert, %.0f µs in the clients, %.0f MB of rows a 100k jobs",
		float64(jobs)/said.Work.Seconds(), each(them, jobs), each(said.CPU, jobs), float64(said.Bytes)/1e6*1e5/float64(jobs)),
		"no gaps, no leases of hosts, no state", fmt.Sprintf("%d jobs, %d clients", jobs, *replicas)})
}
