package measured

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "doc.md")
	doc := "# One\n<!-- begin a -->\nold\n<!-- end a -->\nprose\n<!-- begin b -->\n| id | what |\n|---|---|\n| P2 | x |\n<!-- end b -->\nend\n"
	if err := os.WriteFile(path, []byte(doc), 0o644); err != nil {
		t.Fatal(err)
	}
	Write(t, path, "a", "new\n")
	Row(t, path, "b", "| P1 | first |")
	Row(t, path, "b", "| P3 | third |")
	Row(t, path, "b", "| P2 | second |")
	want := "# One\n<!-- begin a -->\nnew\n<!-- end a -->\nprose\n<!-- begin b -->\n| id | what |\n|---|---|\n| P1 | first |\n| P2 | second |\n| P3 | third |\n<!-- end b -->\nend\n"
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}
