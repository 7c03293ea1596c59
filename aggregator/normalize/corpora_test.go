package normalize

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// corpus returns a path below the corpora, which lie beside the project. Where
// they are absent the test is skipped, but not under CI.
func corpus(t testing.TB, elem ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
	path := filepath.Join(append([]string{dir, "..", "shared", "corpora"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpora are absent: %v", err)
		}
		t.Skipf("the corpora are absent: %s", path)
	}
	return path
}

// sanitiserInputs returns the inputs of the sanitiser suites.
func sanitiserInputs(t testing.TB) map[string]string {
	t.Helper()
	inputs := map[string]string{}
	for _, file := range []string{
		"bluemonday/sanitize_cases.jsonl", "owasp/xss_filter_evasion.jsonl", "loofah/inputs.jsonl",
		"sanitize-html/inputs.jsonl", "bleach/inputs.jsonl",
	} {
		f, err := os.Open(corpus(t, "security", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewReader(f); ; {
			line, err := lines.ReadBytes('\n')
			var c struct{ ID, In string }
			if len(line) > 1 {
				if err := json.Unmarshal(line, &c); err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				inputs[c.ID] = c.In
			}
			if err != nil {
				break
			}
		}
	}
	raw, err := os.ReadFile(corpus(t, "security", "blns", "blns.json"))
	if err != nil {
		t.Fatal(err)
	}
	var naughty []string
	if err := json.Unmarshal(raw, &naughty); err != nil {
		t.Fatal(err)
	}
	for _, s := range naughty {
		inputs["blns "+s] = s
	}
	return inputs
}
