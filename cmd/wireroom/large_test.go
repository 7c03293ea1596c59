package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestManyLargeDocuments: sixty feeds of nearly ten megabytes each, which come all at
// once and end late, are read in the memory of the examples of deployment.
func TestManyLargeDocuments(t *testing.T) {
	t.Parallel()
	const feeds, limit = 60, 512 << 20
	padding := append(append([]byte("<!--"), bytes.Repeat([]byte(" the tide tables of a year "), 9_500_000/27)...), "-->"...)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<rss version='2.0'><channel><title>Harbour</title><item><guid>%s</guid><title>Tides at berth %[1]s</title><link>http://harbour.example%[1]s</link></item>", r.URL.Path)
		w.Write(padding)
		w.(http.Flusher).Flush()
		time.Sleep(300 * time.Millisecond)
		fmt.Fprint(w, "</channel></rss>")
	}))
	t.Cleanup(web.Close)
	dir, addr := t.TempDir(), built.FreeAddress(t)
	cfg := &strings.Builder{}
	fmt.Fprintf(cfg, "server: {listen: %s}\nstore: large.db\npolling: {host_gap: 0s}\ndefaults: {allow_private: true}\ntopics: {tides: {stories: \"off\"}}\nsources:\n", addr)
	for i := range feeds {
		fmt.Fprintf(cfg, "  tides-%d: %s/%[1]d\n", i, web.URL)
	}
	write(t, filepath.Join(dir, "feeds.yaml"), cfg.String())
	cmd := exec.Command(built.Program(t), "serve")
	cmd.Env = append(os.Environ(), "GOMEMLIMIT=400MiB")
	p := startCommand(t, dir, cmd)
	await(t, 40*time.Second, "all published", func() bool {
		body, _ := get("http://" + addr + "/topics/tides.rss")
		return bytes.Count(body, []byte("<item>")) == feeds
	})
	if status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid)); err == nil { // of Linux
		_, most, _ := strings.Cut(string(status), "VmHWM:")
		var kB int64
		fmt.Sscan(most, &kB)
		if kB<<10 > limit {
			t.Errorf("%d MB of memory were taken at most, and %d are what the examples give", kB>>10, limit>>20)
		}
		t.Logf("%d MB", kB>>10)
	}
	if _, err := p.Stop(); err != nil {
		t.Error(err)
	}
}
