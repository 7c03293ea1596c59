//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/internal/built"
)

// TestConfigFromAPipe gives commands a configuration through a pipe, which includes a
// list on the web: they read it before the list is there, and after.
func TestConfigFromAPipe(t *testing.T) {
	t.Parallel()
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/list.opml" {
			fmt.Fprintf(w, `<opml version="2.0"><body><outline text="Harbour" xmlUrl="http://%s/harbour"/></body></opml>`, r.Host)
			return
		}
		fmt.Fprint(w, bulletin("harbour", 3))
	}))
	t.Cleanup(origin.Close)
	dir := t.TempDir()
	text := fmt.Sprintf("store: %q\ndefaults: {allow_private: true}\ninclude: [\"%s/list.opml\"]\ntopics: {all: {}}\n",
		filepath.Join(dir, "wireroom.db"), origin.URL)
	for _, c := range []struct{ args, want string }{
		{"once", "files written to public"},
		{"preview all", "all: 3 stories"},
		{"plan", "1 source"},
		{"export --opml", "/harbour"},
	} {
		cmd := exec.Command(built.Program(t), append(strings.Fields(c.args), "--config", "/dev/stdin")...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s: %v, or no %q in:\n%s", c.args, err, c.want, out)
		}
	}
}
