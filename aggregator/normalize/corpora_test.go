package normalize

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/wireroom/wireroom/internal/beside"
)

// sanitiserInputs returns the inputs of the sanitiser suites.
func sanitiserInputs(t testing.TB) map[string]string {
	t.Helper()
	inputs := map[string]string{}
	for _, file := range []string{
		"bluemonday/sanitize_cases.jsonl", "owasp/xss_filter_evasion.jsonl", "loofah/inputs.jsonl",
		"sanitize-html/inputs.jsonl", "bleach/inputs.jsonl",
	} {
		f, err := os.Open(beside.Path(t, "corpora", "security", filepath.FromSlash(file)))
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
	raw, err := os.ReadFile(beside.Path(t, "corpora", "security", "blns", "blns.json"))
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
	page, err := os.ReadFile(beside.Path(t, "corpora", "security", "loofah", "test", "assets", "msword.html"))
	if err != nil {
		t.Fatal(err)
	}
	inputs["loofah msword.html"] = string(page)
	return inputs
}
