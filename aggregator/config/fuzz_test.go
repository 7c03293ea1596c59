package config

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Whatever the file, Parse ends in a configuration that keeps its promises or
// in problems that all have a place, a message and a mend.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.bad.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../feeds.yaml") {
		f.Add(mustRead(f, file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("feeds.yaml", data, env("HOME", "x"))
		if err == nil {
			keepsPromises(t, c)
			return
		}
		var problems Problems
		if !errors.As(err, &problems) || len(problems) == 0 {
			t.Fatalf("an error without problems: %v", err)
		}
		for _, p := range problems {
			if p.File == "" || p.Message == "" || p.Mend == "" || p.Line < 0 || p.Line > 0 && p.Column < 1 {
				t.Errorf("incomplete: %+v", p)
			}
		}
	})
}

func keepsPromises(t *testing.T, c *Config) {
	t.Helper()
	names := map[string]bool{}
	for i, s := range c.Sources {
		names[s.Name] = true
		if !slugForm.MatchString(s.Name) || s.URL == "" || s.MinInterval <= 0 || s.MinInterval > s.MaxInterval || s.MaxBytes <= 0 || s.MaxItems <= 0 || s.Timeout <= 0 {
			t.Errorf("source: %+v", s)
		}
		if s.Schedule != news.ScheduleAuto {
			if schedule, wrong := parseCron(s.Schedule); schedule == nil {
				t.Errorf("schedule %q: %v", s.Schedule, wrong)
			}
		}
		if i > 0 && c.Sources[i-1].Name >= s.Name {
			t.Errorf("sources are not sorted: %s", s.Name)
		}
	}
	for _, topic := range c.Topics {
		if !slugForm.MatchString(topic.Name) || topic.Limit < 1 || topic.Title == "" || topic.From != nil && len(topic.From) == 0 {
			t.Errorf("topic: %+v", topic)
		}
		for _, name := range topic.From {
			if !names[name] {
				t.Errorf("topic %s takes from %q, which is no source", topic.Name, name)
			}
		}
	}
	if len(c.Sources) == 0 || len(c.Topics) == 0 {
		t.Error("nothing is polled or published")
	}
}

// Whatever the list, each entry has a name and an address that may be polled,
// and can be added to a configuration.
func FuzzReadOPML(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte(`<rdf:RDF><foaf:Group><foaf:name>G</foaf:name><foaf:Agent><foaf:name>A</foaf:name><rss:channel rdf:about="http://a.example/"/></foaf:Agent></foaf:Group></rdf:RDF>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, _ := ReadOPML("list", data, false)
		seen := map[string]bool{}
		for _, e := range got.Entries {
			u, wrong := parseWebURL(e.URL, "")
			if u == nil || !slugForm.MatchString(e.Name) || seen[e.Name] || isPrivate(u) {
				t.Errorf("%+v: %v", e, wrong)
			}
			seen[e.Name] = true
		}
		text, added, err := Add([]byte("topics: {all: {}}\n"), got.Entries)
		if err != nil || len(added) != len(got.Entries) {
			t.Fatalf("%d of %d added: %v\n%s", len(added), len(got.Entries), err, text)
		}
		if len(added) > 0 {
			if _, err := Parse("feeds.yaml", text, env()); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		}
	})
}

// Whatever the expression, it is measured without a panic and in bounded time.
func FuzzCron(f *testing.F) {
	for _, spec := range []string{"*/10 * * * *", "TZ=", "CRON_TZ=UTC", "CRON_TZ=Asia/Tehran 0 6 * * *", "@every 1s", "@daily", "0 0 29 2 *", "59 23 31 12 6", "1-2/0 * * * *"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		r := measure(spec)
		if (r.fault == fault{}) && (r.least <= 0 || r.perDay <= 0) {
			t.Errorf("%q: %+v", spec, r)
		}
	})
}
