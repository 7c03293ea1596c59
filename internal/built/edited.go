package built

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/internal/beside"
)

// An Edit changes the source of a program that is built for a test. The program
// that is released has none of it.
type Edit struct {
	File string // from the root of the project, or absolute
	Text string // which stands once in the file
	With string
}

// Edited builds the program with edits, and with further files of these
// contents.
func Edited(tb testing.TB, edits []Edit, further map[string]string) string {
	tb.Helper()
	base := beside.Root(tb)
	at := func(file string) string {
		if filepath.IsAbs(file) {
			return file
		}
		return filepath.Join(base, file)
	}
	texts := map[string]string{}
	maps.Copy(texts, further)
	for _, e := range edits {
		text, ok := texts[e.File]
		if !ok {
			b, err := os.ReadFile(at(e.File))
			if err != nil {
				tb.Fatal(err)
			}
			text = string(b)
		}
		if n := strings.Count(text, e.Text); n != 1 {
			tb.Fatalf("%q stands %d times in %s: say where the edit is to be now", e.Text, n, e.File)
		}
		texts[e.File] = strings.Replace(text, e.Text, e.With, 1)
	}
	dir := tb.TempDir()
	replace := map[string]string{}
	for file, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
		replace[at(file)] = path
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, list, 0o644); err != nil {
		tb.Fatal(err)
	}
	return Program(tb, "-overlay", path)
}
