package config

import (
	"os"
	"path/filepath"
	"testing"
)

// corpora returns a folder of the corpora beside the project. The test is
// skipped where they are absent, but not in CI, which always has them.
func corpora(t testing.TB, folder ...string) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above this folder")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(append([]string{dir, "..", "shared", "corpora"}, folder...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpora are missing: %v", err)
		}
		t.Skipf("skipped: the corpora are not beside the project: %v", err)
	}
	return path
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
