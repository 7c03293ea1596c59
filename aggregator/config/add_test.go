package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAdd(t *testing.T) {
	entry := Entry{Name: "new", URL: "https://new.example/feed"}
	full := Entry{Name: "a", URL: "https://full.example/?a=1", Title: `It's "news": ${HOME}`, Tags: []string{"wire", "no"}, Language: "pt-BR"}
	for name, c := range map[string]struct{ before, after string }{
		"empty file": {"", "sources:\n  new: https://new.example/feed\n"},
		"no sources": {"title: x # why", "title: x # why\nsources:\n  new: https://new.example/feed\n"},
		"null":       {"sources:\n\ntopics: {}\n", "sources:\n  new: https://new.example/feed\n\ntopics: {}\n"},
		"empty flow": {"sources: {}\n", "sources: {new: \"https://new.example/feed\"}\n"},
		"flow":       {"sources: {a: x} # é\n", "sources: {new: \"https://new.example/feed\", a: x} # é\n"},
		"block": {
			"# top\nsources:\n    # of a\n    a: x   # end\n    b:\n        url: y\n\n    # trailing\n\n# topics\ntopics: {}\n",
			"# top\nsources:\n    # of a\n    a: x   # end\n    b:\n        url: y\n    new: https://new.example/feed\n\n    # trailing\n\n# topics\ntopics: {}\n",
		},
		"last, without an end of line": {"sources:\n  a: x", "sources:\n  a: x\n  new: https://new.example/feed\n"},
		"windows":                      {"sources:\r\n  a: x\r\ntopics:\r\n", "sources:\r\n  a: x\r\n  new: https://new.example/feed\r\ntopics:\r\n"},
		"windows, without sources":     {"topics: {}\r\n", "topics: {}\r\nsources:\r\n  new: https://new.example/feed\r\n"},
		"carriage returns":             {"topics: {}\rsources:\r  a: x\r", "topics: {}\rsources:\r  a: x\r  new: https://new.example/feed\r"},
		"carriage returns, flow":       {"topics: {}\rsources: {a: x}\r", "topics: {}\rsources: {new: \"https://new.example/feed\", a: x}\r"},
		"ends of line, converted twice": {
			"title: x\r\r\ntopics: {}\r\r\nsources:\r\r\n  a: x\r\r\n",
			"title: x\r\r\ntopics: {}\r\r\nsources:\r\r\n  a: x\r  new: https://new.example/feed\r\n\r\n",
		},
		"known": {"sources: {a: https://new.example/feed}\n", "sources: {a: https://new.example/feed}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := Add([]byte(c.before), []Entry{entry})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.after, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	got, added, err := Add([]byte("sources:\n  a: http://x.example\ntopics: {t: {}}\n"), []Entry{full, entry})
	if err != nil || len(added) != 2 || added[0].Name != "a-2" {
		t.Fatal(added, err)
	}
	c := mustParse(t, string(got))
	if s := c.Sources[1]; s.Name != "a-2" || s.URL != full.URL || s.Title != full.Title || s.Language != "pt-BR" || !cmp.Equal(s.Tags, full.Tags) {
		t.Errorf("read back: %+v", s)
	}
	for _, text := range []string{"{sources: {}}", "sources: [a]", "- a", "sources: {", "sources:\n  a:\n    url: x\n    title: |\n      First\n      # second\ntopics: {}\n"} {
		if out, _, err := Add([]byte(text), []Entry{entry}); err == nil {
			t.Errorf("%q became %q", text, out)
		}
	}
}

// Whatever the title and the tags of a list are, they come back from the file
// as they were, and the rest of the file is untouched.
func TestAddAnything(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		e := Entry{Name: "x", URL: "https://x.example/", Title: oneLine(rapid.String().Draw(t, "title")), Language: "en"}
		for _, word := range rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "tags") {
			e.tag([]string{word})
		}
		before := []byte("sources: {a: https://a.example/}\n# end\ntopics: {t: {}}\n")
		if rapid.Bool().Draw(t, "block") {
			before = []byte("sources:\n  a: https://a.example/\n# end\ntopics: {t: {}}\n")
		}
		got, _, err := Add(before, []Entry{e})
		if err != nil {
			t.Fatalf("%v\n%s", err, got)
		}
		if !bytes.HasSuffix(got, []byte("# end\ntopics: {t: {}}\n")) {
			t.Fatalf("the rest changed:\n%s", got)
		}
		c, err := Parse(filepath.Join(dir, "feeds.yaml"), got, env())
		if err != nil {
			t.Fatalf("%v\n%s", err, got)
		}
		if s := c.Sources[1]; s.Title != e.Title || fmt.Sprint(s.Tags) != fmt.Sprint(e.Tags) {
			t.Fatalf("%+v became %+v\n%s", e, s, got)
		}
	})
}

func TestInclude(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("more.yaml", "sources: {b: {url: http://b.example/, tags: [more]}}\ntopics: {u: {from: [b]}}\n")
	write("science.opml", `<opml><body><outline text="Sky"><outline text="A" xmlUrl="http://a.example/other"/><outline text="C" xmlUrl="http://c.example/"/></outline><outline text="D" xmlUrl="ftp://d.example"/></body></opml>`)
	write("feeds.yaml", `
defaults: {timeout: 10s}
include: [more.yaml, science.opml, "https://lists.example/blogroll.opml?key=secret"]
sources: {a: http://a.example/}
topics: {t: {from: [tag:more, tag:science, tag:blogroll]}}
`)
	list := func(address string) ([]byte, error) {
		return []byte(`<opml><body><outline text="E" xmlUrl="http://e.example/"/><outline text="A again" xmlUrl="http://a.example/"/></body></opml>`), nil
	}
	c, err := LoadLists(filepath.Join(dir, "feeds.yaml"), env(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range c.Sources {
		got = append(got, fmt.Sprint(s.Name, " ", s.URL, " ", s.Tags, " ", s.Timeout))
	}
	want := []string{
		"a http://a.example/ [] 10s", "a-a6d4981c http://a.example/other [sky science] 10s", "b http://b.example/ [more] 10s",
		"c http://c.example/ [sky science] 10s", "e http://e.example/ [blogroll] 10s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a-a6d4981c", "b", "c", "e"}, c.Topics[0].From); diff != "" {
		t.Errorf("from (-want +got):\n%s", diff)
	}
	if len(c.Files) != 3 || len(c.Lists) != 1 || len(c.Warnings) != 1 {
		t.Errorf("files %v, lists %v, warnings %v", c.Files, c.Lists, c.Warnings)
	}
	// A list that cannot be read is a warning, and no fault of the topic that
	// takes from it.
	for _, list := range []func(string) ([]byte, error){
		func(string) ([]byte, error) { return nil, os.ErrDeadlineExceeded },
		func(string) ([]byte, error) { return []byte("<html><body>Please log in."), nil },
		func(string) ([]byte, error) { return nil, nil },
	} {
		c, err = LoadLists(filepath.Join(dir, "feeds.yaml"), env(), list, nil)
		if err != nil || len(c.Warnings) != 2 || len(c.Sources) != 4 {
			t.Error(c, err)
		}
	}
	// Of a feed that stands in several lists the tag of each takes it.
	write("night.opml", `<opml><body><outline text="By night"><outline text="C" xmlUrl="https://c.example/"/></outline><outline text="C once more" xmlUrl="http://c.example/"/></body></opml>`)
	write("both.yaml", "include: [science.opml, night.opml]\nsources: {a: http://a.example/other}\ntopics: {t: {from: [tag:night]}, u: {from: [tag:science]}}\n")
	both, err := Load(filepath.Join(dir, "both.yaml"), env())
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, s := range both.Sources {
		got = append(got, fmt.Sprint(s.Name, " ", s.URL, " ", s.Tags))
	}
	want = []string{"a http://a.example/other []", "c http://c.example/ [sky science night]", "c-db2b59bf https://c.example/ [by night night]"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sources of two lists (-want +got):\n%s", diff)
	}
	// It may be all that there is to poll, and is right before it was fetched.
	write("alone.yaml", "include: [\"https://lists.example/blogroll.opml\"]\ntopics: {t: {from: [tag:blogroll]}}\n")
	for _, list := range []func(string) ([]byte, error){nil, list} {
		if c, err := LoadLists(filepath.Join(dir, "alone.yaml"), env(), list, nil); err != nil {
			t.Error(c, err)
		}
	}
	if p := c.Problem([]string{"sources", "b", "url"}, "x", ""); p.File != filepath.Join(dir, "more.yaml") || p.Line != 1 || p.Column != 20 {
		t.Errorf("the place of an included setting: %+v", p)
	}
}
