package config

import (
	"path/filepath"
	"testing"
)

// The example at the root is what a stranger starts from: it has no fault, and
// shows each kind of source.
func TestExample(t *testing.T) {
	c, err := Load(filepath.Join("..", "..", "feeds.yaml"), env())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Topics) < 4 {
		t.Errorf("the example has %d topics", len(c.Topics))
	}
	kinds := map[string]int{}
	for _, s := range c.Sources {
		switch {
		case s.Page != nil:
			kinds["page"]++
		case s.Site:
			kinds["site"]++
		default:
			kinds["feed"]++
		}
		if s.Schedule != "auto" {
			kinds["cron"]++
		}
		if s.FullText {
			kinds["full text"]++
		}
	}
	for _, kind := range []string{"page", "site", "feed", "cron", "full text"} {
		if kinds[kind] == 0 {
			t.Errorf("the example shows no source of the kind %q", kind)
		}
	}
}
