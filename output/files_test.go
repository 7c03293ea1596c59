package output_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output"
)

// TestNameCutShort: a full disk may end the list of files within a name, which is
// then that of a folder, or of a file of somebody else.
func TestNameCutShort(t *testing.T) {
	dir := t.TempDir()
	write := func(paths ...string) {
		t.Helper()
		if n, err := output.WriteFiles(dir, func(yield func(news.Document, error) bool) {
			for _, path := range paths {
				if !yield(news.Document{Path: path, ContentType: "text/plain", Body: []byte(path)}, nil) {
					return
				}
			}
		}); n != len(paths) || err != nil {
			t.Errorf("%d files written: %v", n, err)
		}
	}
	there := func(name string) bool { _, err := os.Stat(filepath.Join(dir, name)); return err == nil }
	write("topics/all.rss")
	for _, cut := range []string{"topics", "mine"} {
		if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := os.OpenFile(filepath.Join(dir, ".wireroom"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		list.WriteString(cut)
		list.Close()
		write("topics/all.rss", "topics/more.rss")
		write("topics/all.rss")
		if !there("mine") || !there("topics/all.rss") || there("topics/more.rss") {
			t.Errorf("after %q: a file too few or too many", cut)
		}
	}
}

// TestWritableLeavesNothing: whether one may write into a folder is found without
// leaving anything there, and without touching what an earlier call has listed.
func TestWritableLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "www")
	for range 2 {
		if err := output.Writable(dir); err != nil {
			t.Fatal(err)
		}
		if there, err := os.ReadDir(dir); err != nil || len(there) != 0 {
			t.Errorf("left were %v, %v", there, err)
		}
	}
	list := filepath.Join(dir, ".wireroom")
	if err := os.WriteFile(list, []byte("index.html\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := output.Writable(dir); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(list); err != nil || string(text) != "index.html\n" {
		t.Errorf("the list is %q, %v", text, err)
	}
}
