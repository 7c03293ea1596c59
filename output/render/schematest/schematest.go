// Package schematest holds published documents against the schemas of their
// formats: Atom against that of RFC 4287, JSON Feed against that of its corpus.
// It is for tests.
package schematest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/wireroom/wireroom/internal/beside"
)

//go:embed atom.rnc
var atomSchema []byte

// Absent skips a test, or fails it where tests must be complete.
func Absent(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("CI") != "" {
		tb.Fatalf("%s is absent", what)
	}
	tb.Skipf("%s is absent", what)
}

// Atom returns what is wrong with the files of Atom feeds; nil: nothing.
func Atom(tb testing.TB, files ...string) error {
	tb.Helper()
	jing, err := exec.LookPath("jing")
	if err != nil {
		Absent(tb, "jing, a validator of RELAX NG,")
	}
	schema := filepath.Join(tb.TempDir(), "atom.rnc")
	if err := os.WriteFile(schema, atomSchema, 0o600); err != nil {
		tb.Fatal(err)
	}
	const atOnce = 500 // files of one command line
	for some := range slices.Chunk(files, atOnce) {
		if out, err := exec.Command(jing, append([]string{"-c", schema}, some...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out[:min(len(out), 4000)])
		}
	}
	return nil
}

// JSONFeed returns what says of a JSON Feed 1.1 what is wrong with it.
func JSONFeed(tb testing.TB) func(body []byte) error {
	tb.Helper()
	dir := beside.Path(tb, "corpora", "jsonfeed-schema")
	schema, err := load(dir, "feed-1.1.local.json")
	if err != nil {
		tb.Fatal(err)
	}
	resolved, err := schema.Resolve(&jsonschema.ResolveOptions{
		BaseURI: "https://schemas.example/feed-1.1.local.json",
		Loader:  func(u *url.URL) (*jsonschema.Schema, error) { return load(dir, filepath.Base(u.Path)) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	return func(body []byte) error {
		var feed any
		if err := json.Unmarshal(body, &feed); err != nil {
			return err
		}
		return resolved.Validate(feed)
	}
}

// load reads a schema of draft 4, of which these use nothing that draft 7
// changed.
func load(dir, name string) (*jsonschema.Schema, error) {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, err
	}
	s.Schema = "http://json-schema.org/draft-07/schema#"
	return &s, nil
}
