package render

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/wireroom/wireroom/aggregator/news"
)

// variants are channels of every kind: by content policy, archive, private,
// empty, ordinary and hostile.
func variants() []Channel {
	var list []Channel
	for _, ch := range []Channel{ordinary(), hostile()} {
		for _, p := range []news.ContentPolicy{news.ContentLink, news.ContentExcerpt, news.ContentFull, ""} {
			ch.Topic.Content = p
			list = append(list, ch)
		}
		archive := ch
		archive.Archive = 2
		private := ch
		private.Topic.Token = "t0ken"
		list = append(list, archive, private)
	}
	return append(list, Channel{Topic: news.Topic{Name: "quiet", Title: "Quiet"}, Since: day})
}

// absent skips the test, or fails it where tests must be complete.
func absent(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is absent", what)
	}
	t.Skipf("%s is absent", what)
}

// corpora returns the folder of public test documents beside the project.
func corpora(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	dir = filepath.Join(dir, "..", "shared", "corpora", name)
	if _, err := os.Stat(dir); err != nil {
		absent(t, "the corpus "+name)
	}
	return dir
}

func TestAtomSchema(t *testing.T) {
	jing, err := exec.LookPath("jing")
	if err != nil {
		absent(t, "jing, a validator of RELAX NG,")
	}
	args := []string{"-c", "testdata/atom.rnc"}
	dir := t.TempDir()
	for i, ch := range variants() {
		file := filepath.Join(dir, strings.Repeat("x", i)+".atom")
		if err := os.WriteFile(file, render(t, Atom, site, ch).Body, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	if out, err := exec.Command(jing, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	// The schema refuses what is no Atom.
	broken := filepath.Join(dir, "broken.atom")
	body := strings.Replace(string(render(t, Atom, site, ordinary()).Body), "<updated>", "<updated>on ", 1)
	if err := os.WriteFile(broken, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(jing, "-c", "testdata/atom.rnc", broken).CombinedOutput(); err == nil {
		t.Errorf("a broken date passed: %s", out)
	}
}

// loadSchema reads a schema of draft 4, of which these use nothing that draft
// 7 changed.
func loadSchema(dir, name string) (*jsonschema.Schema, error) {
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

func TestJSONFeedSchema(t *testing.T) {
	dir := corpora(t, "jsonfeed-schema")
	schema, err := loadSchema(dir, "feed-1.1.local.json")
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(&jsonschema.ResolveOptions{
		BaseURI: "https://schemas.example/feed-1.1.local.json",
		Loader:  func(u *url.URL) (*jsonschema.Schema, error) { return loadSchema(dir, filepath.Base(u.Path)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range variants() {
		if err := resolved.Validate(jsonOf(t, render(t, JSON, site, ch))); err != nil {
			t.Errorf("%s %q: %v", ch.Topic.Name, ch.Topic.Content, err)
		}
	}
	broken := jsonOf(t, render(t, JSON, site, ordinary()))
	delete(broken["items"].([]any)[0].(map[string]any), "id")
	if resolved.Validate(broken) == nil {
		t.Error("an item without an id passed")
	}
}
