package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestWithinLimits: in a control group the program keeps below the memory that it is
// given, and gets on with sixty-four threads where it has as many processors as it
// makes use of. Only where there are control groups of the first kind can that be tried.
func TestWithinLimits(t *testing.T) {
	t.Parallel()
	const memory, threads, feeds = 256 << 20, 64, 40
	var groups []string
	for controller, limit := range map[string]string{"memory/memory.limit_in_bytes": fmt.Sprint(memory), "pids/pids.max": fmt.Sprint(threads)} {
		kind, file := filepath.Split(controller)
		group := filepath.Join("/sys/fs/cgroup", kind, fmt.Sprint("wireroom-test-", os.Getpid()))
		if _, err := os.Stat(filepath.Dir(group)); err != nil {
			t.Skip("this machine has no control groups of the first kind")
		}
		if err := os.Mkdir(group, 0o755); err != nil {
			t.Skip("no control group can be made: ", err)
		}
		t.Cleanup(func() { os.Remove(group) })
		if err := os.WriteFile(filepath.Join(group, file), []byte(limit), 0o644); err != nil {
			t.Skip("no control group can be limited: ", err)
		}
		groups = append(groups, filepath.Join(group, "cgroup.procs"))
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(100 * time.Millisecond)
		fmt.Fprintf(w, "<rss version='2.0'><channel><title>Harbour</title><item><guid>%s</guid><title>Tides at berth %[1]s</title><link>http://harbour.example%[1]s</link></item></channel></rss>", r.URL.Path)
	}))
	t.Cleanup(web.Close)
	dir, addr, admin := t.TempDir(), built.FreeAddress(t), built.FreeAddress(t)
	cfg := &strings.Builder{}
	fmt.Fprintf(cfg, "server: {listen: %q, admin: %q}\nstore: limited.db\npolling: {host_gap: 0s}\ndefaults: {allow_private: true}\ntopics: {tides: {stories: \"off\"}}\nsources:\n", addr, admin)
	for i := range feeds {
		fmt.Fprintf(cfg, "  tides-%d: %s/%[1]d\n", i, web.URL)
	}
	write(t, filepath.Join(dir, "feeds.yaml"), cfg.String())
	cmd := exec.Command("sh", append([]string{"-c", `for g in "$2" "$3"; do echo 0 >"$g" || exit; done; exec "$1" serve`, "sh", built.Program(t)}, groups...)...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GOMEMLIMIT=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "GOMAXPROCS=32")
	startCommand(t, dir, cmd)
	await(t, 40*time.Second, "all published", func() bool {
		body, _ := get("http://" + addr + "/topics/tides.rss")
		return strings.Count(string(body), "<item>") == feeds
	})
	metrics, ok := get("http://" + admin + "/metrics")
	told := regexp.MustCompile(`(?m)^go_gc_gomemlimit_bytes (.+)$`).FindSubmatch(metrics)
	if !ok || told == nil {
		t.Fatalf("the metrics say nothing of the memory that is to be kept below:\n%s", metrics)
	}
	if below, err := strconv.ParseFloat(string(told[1]), 64); err != nil || below < memory/2 || below > memory*9/10 {
		t.Errorf("of %d bytes of memory the program keeps below %s", memory, told[1])
	}
}
