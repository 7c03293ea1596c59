package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFrom(t *testing.T) {
	c := mustParse(t, `
sources:
  apa: {url: "https://apa.example/", tags: [Wire, Österreich], family: APA}
  daily: {url: "https://daily.example/", tags: [austria]}
  tass: {url: "https://tass.example/", tags: [wire], family: tass}
topics:
  absent: {}
  nothing:
  names: {from: [tass, daily]}
  one: {from: daily}
  tag: {from: [tag:wire]}
  folded: {from: ["tag:WIRE", "tag:österreich"]}
  family: {from: [family:apa]}
  exclusion: {from: [tag:wire, "!tass"]}
  exclusions-only: {from: ["!tag:wire"]}
  order: {from: ["!family:tass", tag:wire, daily]}
`)
	want := map[string][]string{
		"absent": nil, "nothing": nil, "names": {"daily", "tass"}, "one": {"daily"}, "tag": {"apa", "tass"},
		"folded": {"apa", "tass"}, "family": {"apa"}, "exclusion": {"apa"}, "exclusions-only": {"daily"}, "order": {"apa", "daily"},
	}
	got := map[string][]string{}
	for _, topic := range c.Topics {
		got[topic.Name] = topic.From
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTopicHub(t *testing.T) {
	text := func(server, topic string) string {
		return "server: {" + server + "}\nsources: {a: https://a.example/}\ntopics: {all: {" + topic + "}}\n"
	}
	for _, c := range []struct{ server, topic, want string }{
		{"", "", ""}, // readers could not reach our own without a base URL
		{"base_url: https://x.example", "", "https://x.example/hub"},
		{"base_url: https://x.example, hub: none", "", ""},
		{"base_url: https://x.example, hub: none", "hub: own", "https://x.example/hub"},
		{"hub: https://hub.example/", "", "https://hub.example/"},
		{"base_url: https://x.example", "hub: https://hub.example/", "https://hub.example/"},
	} {
		if got := mustParse(t, text(c.server, c.topic)).Topics[0].Hub; got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// A rule that is checked elsewhere is told with the place of its setting.
func TestProblemPlace(t *testing.T) {
	c := mustParse(t, "sources: {a: https://a.example/}\ntopics:\n  all:\n    where: x ==\n    match:\n      any: [one, two]\n")
	for _, place := range []struct {
		path         []string
		line, column int
	}{
		{[]string{"topics", "all", "where"}, 4, 12},
		{[]string{"topics", "all", "match", "any", "1"}, 6, 18},
		{[]string{"topics", "all", "match", "none"}, 6, 7}, // the nearest around it
		{[]string{"topics", "all"}, 3, 3},
		{[]string{"server", "listen"}, 0, 0},
	} {
		if p := c.Problem(place.path, "wrong", ""); p.Line != place.line || p.Column != place.column {
			t.Errorf("%v: %d:%d", place.path, p.Line, p.Column)
		}
	}
}

func TestSlug(t *testing.T) {
	for text, want := range map[string]string{
		"BBC World": "bbc-world", "Le Monde – À la une": "le-monde-a-la-une", "../../etc": "etc", "ｄaily": "daily", "новости": "", "--a--": "a",
	} {
		if got := Slug(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestFormerNames(t *testing.T) {
	c := mustParse(t, "sources: {a: https://a.example/}\ntopics: {new: {formerly: [old, older]}}\n")
	if got := c.Topics[0]; got.Minted() != "old" || len(got.Formerly) != 2 {
		t.Errorf("%+v", got)
	}
	for formerly, want := range map[string]string{
		"[b]": `"b" is the name of another topic`,
		"[a]": "is the topic's name now", "[Old]": "was never the name of a topic", "[shared]": `"shared" leads to "a" already`,
	} {
		_, err := Parse("feeds.yaml", []byte("sources: {a: https://a.example/}\ntopics:\n  a: {formerly: "+formerly+"}\n  b: {formerly: [shared]}\n"), env())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("formerly: %s: %v, want %q", formerly, err, want)
		}
	}
}
