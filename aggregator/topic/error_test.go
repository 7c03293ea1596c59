package topic_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
	"github.com/wireroom/wireroom/internal/race"
)

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		topic news.Topic
		want  string
	}{
		{news.Topic{Match: news.Match{Any: []string{"ok", "  "}}},
			`topic t: match.any[1]: character 1 of "  ": there is no letter or digit to look for; punctuation is found by a regular expression, as in /\?!/`},
		{news.Topic{Match: news.Match{All: []string{`say "US`}}},
			`topic t: match.all[0]: character 5 of "say \"US": a quote is opened and not closed: write "…" around what is to be found as written`},
		{news.Topic{Match: news.Match{None: []string{"titel: Ukraine"}}},
			`topic t: match.none[0]: character 1 of "titel: Ukraine": there is no field "titel"; the fields are title, text, author, category, url, and words with a colon stand in quotes: "titel:…"`},
		{news.Topic{Match: news.Match{Any: []string{"é /("}}}, ``},
		{news.Topic{Match: news.Match{Any: []string{"title: /a(b/"}}},
			`topic t: match.any[0]: character 9 of "title: /a(b/": no regular expression: missing closing ): "a(b"`},
		{news.Topic{Match: news.Match{Any: []string{"/a[z-b]/"}}},
			`topic t: match.any[0]: character 4 of "/a[z-b]/": no regular expression: invalid character class range: "z-b"`},
		{news.Topic{Match: news.Match{Any: []string{"/((a{100}){100}){100}/"}}},
			`topic t: match.any[0]: character 5 of "/((a{100}){100}){100}/": no regular expression: invalid repeat count: "{100}"`},
		{news.Topic{Match: news.Match{Any: []string{"/abc"}}},
			`topic t: match.any[0]: character 1 of "/abc": a regular expression is opened and not closed: write /…/`},
		{news.Topic{Match: news.Match{Any: []string{"/abc/x"}}},
			`topic t: match.any[0]: character 6 of "/abc/x": "x" is no flag of a regular expression; /…/i ignores case`},
		{news.Topic{Match: news.Match{Any: []string{"//"}}},
			`topic t: match.any[0]: character 2 of "//": the regular expression is empty and would take everything`},
		{news.Topic{Match: news.Match{All: []string{"Talks"}, None: []string{"x", "Talks"}}},
			`topic t: match.none[1]: character 1 of "Talks": it is asked for in match.all too: nothing can fulfil both`},
		{news.Topic{Where: "familes >= 3"},
			`topic t: where: character 1 of "familes >= 3": there is no field familes; did you mean families?`},
		{news.Topic{Where: `language in ["en"] && families`},
			`topic t: where: character 20 of "language in [\"en\"] && families": && cannot be put between true or false and a number`},
		{news.Topic{Where: "len(text)"},
			`topic t: where: character 1 of "len(text)": the expression gives a number, and must give true or false, as in len(text) > 400`},
		{news.Topic{Where: "published > now()"},
			`topic t: where: character 13 of "published > now()": the time of day cannot be asked, for the same stories would not always be filed alike; the age of what is published is bounded by window`},
		{news.Topic{Where: "text matches title"},
			`topic t: where: character 14 of "text matches title": the right side of matches must be a regular expression in quotes`},
		{news.Topic{Where: `text matches "a(b"`},
			`topic t: where: character 15 of "text matches \"a(b\"": no regular expression: missing closing ): "a(b"`},
		{news.Topic{Where: "any(1..1000000, # == families)"},
			`topic t: where: character 6 of "any(1..1000000, # == families)": a range is of two numbers that are written out, and of at most 1000`},
		{news.Topic{Where: "any(tags, any(sources, # == title))"},
			`topic t: where: character 24 of "any(tags, any(sources, # == title))": a list cannot be looked through again within another: it may cost an item too much`},
		{news.Topic{Where: "repeat('a', 100000000) == title"},
			`topic t: where: character 1 of "repeat('a', 100000000) == title": repeat is not known here`},
		{news.Topic{Where: `published > date("31.1.2026")`},
			`topic t: where: character 18 of "published > date(\"31.1.2026\")": this is no date: write it as in date("2026-01-31")`},
		{news.Topic{Where: `first_seen - published < duration("2d")`},
			`topic t: where: character 35 of "first_seen - published < duration(\"2d\")": this is no length of time: write it in h, m and s, as in duration("48h") for two days`},
		{news.Topic{Where: `published > date("31.1.2026", "2.1.2006") && published < date(title) && first_seen - published < duration('1h30m')`}, ``},
		{news.Topic{Where: "families in 3..9 && any(tags, # startsWith 'w') && labels.country != 'us'"}, ``},
		{news.Topic{Where: "families >= '3'"},
			`topic t: where: character 10 of "families >= '3'": >= cannot be put between a number and a text`},
		{news.Topic{Where: "families >= 3 &&"},
			`topic t: where: character 16 of "families >= 3 &&": the expression ends where more must follow; if there is a # in it, put it in quotes, for YAML takes the rest as a comment`},
		{news.Topic{Match: news.Match{Any: []string{"ukraine OR russia"}}},
			`topic t: match.any[0]: character 9 of "ukraine OR russia": OR is no operator: write the words under match.any, one term each; in quotes if the word itself is meant`},
		{news.Topic{Match: news.Match{Any: []string{"Trinidad and Tobago", `Trinidad "AND" Tobago`, "Trump - Putin", "-5 degrees", "Salt-Lake*"}}}, ``},
		{news.Topic{Match: news.Match{Any: []string{"title: ukraine -football"}}},
			`topic t: match.any[0]: character 16 of "title: ukraine -football": - excludes nothing here: write the term under match.none, without it`},
		{news.Topic{Match: news.Match{Any: []string{"talks, summit"}}},
			`topic t: match.any[0]: character 6 of "talks, summit": , does not part terms: write them as a list, such as [talks, summit]; leave it out of a phrase`},
		{news.Topic{Match: news.Match{Any: []string{"neg*tion"}}},
			`topic t: match.any[0]: character 4 of "neg*tion": * stands at the beginning or at the end of a word only; a name with one is written in quotes, such as '"M*A*S*H"'`},
		{news.Topic{Match: news.Match{Any: []string{`"M*A*S*H"`, "*gesellschaft*"}}}, ``},
		{news.Topic{Match: news.Match{Any: []string{`"Sanction*"`}}},
			`topic t: match.any[0]: character 2 of "\"Sanction*\"": in quotes a word is found as it is written, and * stands for nothing: leave the quotes out, or the star`},
		{news.Topic{Match: news.Match{Any: []string{"/x*/"}}},
			`topic t: match.any[0]: character 2 of "/x*/": the regular expression fits no letter at all, and would take everything`},
	} {
		test.topic.Name = "t"
		_, err := topic.Compile([]news.Topic{test.topic})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("the error is\n\t%s\nnot\n\t%s", got, test.want)
		}
	}
}

func TestAllErrors(t *testing.T) {
	_, err := topic.Compile([]news.Topic{
		{Name: "a", Match: news.Match{Any: []string{"?", "fine", "!"}}, Where: "nothing"},
		{Name: "b", Match: news.Match{All: []string{"/(/"}}},
	})
	many, ok := err.(interface{ Unwrap() []error })
	if !ok || len(many.Unwrap()) != 4 {
		t.Fatalf("the error is %v", err)
	}
	var one *topic.Error
	if !errors.As(err, &one) || one.Topic != "a" || one.Clause != "match.any[0]" || one.Offset != 0 {
		t.Errorf("the first is %+v", one)
	}
}

// TestPatternLimits runs the costliest patterns that are let in over a text of
// a megabyte.
func TestPatternLimits(t *testing.T) {
	text := strings.Repeat("a, b; c. ", 1<<17)
	item := member(1, news.Item{Text: text, Title: "P"})
	for name, clause := range map[string]news.Topic{
		"match": {Match: news.Match{Any: []string{"/(?i)(.*?,){50}P/"}}},
		"where": {Where: `text matches "(?i)(.*?,){50}P"`},
	} {
		clause.Name = "t"
		rules := compile(t, clause)
		start := race.Spent(t)
		rules.File(storyOf(item), "example.org", noon)
		if took := race.Spent(t) - start; took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	costly := news.Topic{Name: "t"}
	for i := range 200 {
		costly.Match.Any = append(costly.Match.Any, "/(?i)(.*?,){50}P"+strings.Repeat("x", i)+"/")
	}
	if _, err := topic.Compile([]news.Topic{costly}); err == nil || !strings.Contains(err.Error(), "cost an item too much") {
		t.Errorf("the error is %v", err)
	}
	if _, err := topic.Compile([]news.Topic{{Name: "t", Match: news.Match{Any: []string{"/" + strings.Repeat("x", 1025) + "/"}}}}); err == nil {
		t.Error("a pattern of more than a kilobyte was let in")
	}
}

func TestMentions(t *testing.T) {
	got := fmt.Sprint(topic.Mentions(`labels.country == "gb" && ("wire" in tags || source in ["tass", "bbc"]) && 'dw' in sources && source == "x"`))
	want := "[{label country 7} {tag wire 27} {source tass 56} {source bbc 64} {source dw 75} {source x 104}]"
	if got != want {
		t.Errorf("the expression mentions\n\t%s\nnot\n\t%s", got, want)
	}
}
