package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// installed returns the path of a program that a test needs. Without it the
// test is skipped, except in CI.
func installed(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must have %s", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// TestTopTerminal watches a running wireroom in a terminal of tmux: the view
// follows what comes and how large the terminal is, is never wiped, and leaves
// the terminal as it was.
func TestTopTerminal(t *testing.T) {
	t.Parallel()
	tmux := installed(t, "tmux")
	reports := make(chan string, 1)
	reports <- "harbour"
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/port" {
			http.NotFound(w, r)
			return
		}
		of := <-reports
		reports <- of
		fmt.Fprint(w, bulletin(of, 2))
	}))
	t.Cleanup(origin.Close)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\npolling: {host_gap: 0s}\n"+
		"defaults: {allow_private: true, schedule: \"@every 1s\", min_interval: 1s}\nsources:\n  port: %s/port\n  nowhere: %s/nowhere\ntopics:\n  all: {}\n",
		built.FreeAddress(t), origin.URL, origin.URL))
	bin := built.Program(t)
	start(t, dir, bin)

	run := func(args ...string) string {
		out, err := exec.Command(tmux, append([]string{"-S", filepath.Join(dir, "tmux"), "-f", "/dev/null"}, args...)...).CombinedOutput()
		if err != nil && args[0] != "kill-server" {
			t.Fatalf("tmux %s: %v, %s", args[0], err, out)
		}
		return string(out)
	}
	await(t, time.Minute, "a store", func() bool {
		return exec.Command(bin, "top", "--once", "--store", filepath.Join(dir, "wireroom.db")).Run() == nil
	})
	run("new-session", "-d", "-x", "90", "-y", "20", "-c", dir, "sh")
	t.Cleanup(func() { run("kill-server") })
	raw := filepath.Join(dir, "raw")
	run("pipe-pane", "-o", "cat >"+raw)
	run("send-keys", fmt.Sprintf("%s top --every 200ms; echo end''ed $?", bin), "Enter")
	shows := func(what, pattern string) {
		t.Helper()
		await(t, time.Minute, what, func() bool { return regexp.MustCompile(pattern).MatchString(run("capture-pane", "-p")) })
	}
	shows("the overview", `(?s)wireroom  \d\d:\d\d:\d\d  2 sources.*nowhere +http_4xx.*port.*TOLD BY.*of the harbour office`)
	<-reports
	reports <- "customs"
	shows("the report that came", "of the customs office")
	run("resize-window", "-x", "60", "-y", "7")
	await(t, time.Minute, "seven lines of sixty columns", func() bool {
		lines := strings.Split(strings.TrimRight(run("capture-pane", "-p"), "\n"), "\n")
		return len(lines) == 7 && strings.HasPrefix(lines[0], "wireroom") && len(lines[0]) <= 60 && strings.HasPrefix(lines[4], "CAME")
	})
	run("send-keys", "q")
	shows("the end, on the screen as it was", "ended 0")

	var sent []byte // written by another program, which may be behind the screen
	await(t, time.Minute, "all that was sent to the terminal", func() bool {
		sent, _ = os.ReadFile(raw)
		return strings.Contains(string(sent), "ended 0")
	})
	frames := strings.Split(string(sent), beginFrame)
	if len(frames) < 3 {
		t.Fatalf("%d frames", len(frames))
	}
	for _, f := range frames[1:] {
		if strings.Contains(f, "\x1b[2J") || !strings.Contains(f, endFrame) {
			t.Errorf("a frame that can flicker: %q", f)
		}
	}
}

func TestFit(t *testing.T) {
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{
		{"ferry", 0, "ferry"},
		{"ferry", 8, "ferry   "},
		{"ferry", 3, "fer"},
		{"青屿渡轮", 6, "青屿渡"},
		{"青屿渡轮", 5, "青屿 "},
		{"cafe\u0301 x", 4, "cafe\u0301"},
		{"a\x1b[2Jb\r\n\u202ec\u0085", 9, "a[2Jbc   "},
	} {
		if got := fit(test.text, test.columns); got != test.want {
			t.Errorf("%q in %d columns is %q, not %q", test.text, test.columns, got, test.want)
		}
	}
}
