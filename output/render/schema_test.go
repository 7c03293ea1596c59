package render

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render/schematest"
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

func TestAtomSchema(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i, ch := range variants() {
		file := filepath.Join(dir, fmt.Sprint(i, ".atom"))
		if err := os.WriteFile(file, render(t, Atom, site, ch).Body, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if err := schematest.Atom(t, files...); err != nil {
		t.Error(err)
	}
	// The schema refuses what is no Atom.
	broken := filepath.Join(dir, "broken.atom")
	body := strings.Replace(string(render(t, Atom, site, ordinary()).Body), "<updated>", "<updated>on ", 1)
	if err := os.WriteFile(broken, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if schematest.Atom(t, broken) == nil {
		t.Error("a broken date passed")
	}
}

func TestJSONFeedSchema(t *testing.T) {
	wrong := schematest.JSONFeed(t)
	for _, ch := range variants() {
		if err := wrong(render(t, JSON, site, ch).Body); err != nil {
			t.Errorf("%s %q: %v", ch.Topic.Name, ch.Topic.Content, err)
		}
	}
	body := render(t, JSON, site, ordinary()).Body
	if wrong([]byte(strings.Replace(string(body), `"id":`, `"uid":`, 1))) == nil {
		t.Error("an item without an id passed")
	}
}
