package topic_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

// brief writes filings as "KEY: LEAD, MEMBER…", or "KEY withdrawn", with the
// items' ids, and keys by the item whose slug they are.
func brief(s news.Story, filings []news.Filing) []string {
	var lines []string
	for _, f := range filings {
		key := f.Key
		for _, m := range s.Members {
			if m.Record.Item.Key().Slug() == key {
				key = m.Record.Item.ID
			}
		}
		if f.Withdrawn {
			lines = append(lines, key+" withdrawn")
			continue
		}
		var ids []string
		for _, k := range f.Members {
			ids = append(ids, k.ID)
		}
		lines = append(lines, key+": "+strings.Join(ids, " "))
	}
	return lines
}

func TestMerge(t *testing.T) {
	story := storyOf(
		member(1, news.Item{Title: "Talks begin"}),
		member(2, news.Item{Title: "Talks begin, a copy"}),
		member(3, news.Item{Title: "A report"}),
		member(4, news.Item{Title: "Talks and football"}),
		member(5, news.Item{Title: "Talks elsewhere"}),
	)
	story.Members[1].Decision.Copies = story.Members[0].Decision.Copies
	match := news.Match{Any: []string{"talks"}, None: []string{"football"}}
	for mode, want := range map[news.Merge][]string{
		"":                {"id1: id1 id2 id3 id5"},
		news.MergeStories: {"id1: id1 id2 id3 id5"},
		news.MergeCopies:  {"id1: id1 id2", "id5: id5"},
		news.MergeOff:     {"id1: id1", "id2: id2", "id5: id5"},
	} {
		rules := compile(t, news.Topic{Name: "t", Match: match, Stories: mode})
		if diff := cmp.Diff(want, brief(story, rules.File(story, "example.org", noon))); diff != "" {
			t.Errorf("%q: %s", mode, diff)
		}
	}
}

func TestLead(t *testing.T) {
	long := strings.Repeat("words ", 50)
	story := storyOf(
		member(1, news.Item{Text: "agency copy", Published: noon.Add(3 * time.Hour)}),
		member(2, news.Item{Text: long, Published: noon.Add(2 * time.Hour)}),
		member(3, news.Item{Text: "first", Published: noon}),
		member(4, news.Item{Text: "agency's own", Published: noon.Add(time.Hour)}),
		member(5, news.Item{Text: long, Published: noon.Add(4 * time.Hour)}),
	)
	story.Members[0].Decision.Agency = "source4"
	story.Members[3].Decision.Agency = "source4"
	story.Members[4].Outlet.Priority = 7
	for policy, want := range map[news.LeadPolicy]string{
		"":                "id1: id5 id3 id4 id2 id1",
		news.LeadPriority: "id1: id5 id3 id4 id2 id1",
		news.LeadEarliest: "id1: id3 id4 id2 id1 id5",
		news.LeadFullest:  "id1: id5 id3 id4 id2 id1",
		news.LeadOriginal: "id1: id4 id3 id2 id1 id5",
	} {
		rules := compile(t, news.Topic{Name: "t", Lead: policy})
		filings := rules.File(story, "example.org", noon)
		if diff := cmp.Diff([]string{want}, brief(story, filings)); diff != "" {
			t.Errorf("%q: %s", policy, diff)
		}
		if filings[0].Families != 4 {
			t.Errorf("%d families report, not 4: an agency's text counts once", filings[0].Families)
		}
	}
}

// TestLeadStays has the first of two of one instant corrected.
func TestLeadStays(t *testing.T) {
	one, two := member(1, news.Item{Title: "One", Published: noon}), member(2, news.Item{Title: "Two", Published: noon})
	one.First, two.First = 1, 2
	one.Record.Seq, one.Record.Revision = 3, 2
	for _, policy := range []news.LeadPolicy{news.LeadPriority, news.LeadEarliest, news.LeadOriginal} {
		rules := compile(t, news.Topic{Name: "t", Lead: policy})
		if got := rules.File(storyOf(one, two), "example.org", noon)[0].Lead.ID; got != "id1" {
			t.Errorf("%s: %s leads once another is corrected", policy, got)
		}
	}
}

func TestConditions(t *testing.T) {
	story := storyOf(
		member(1, news.Item{Source: "tass", Title: "Talks", Text: strings.Repeat("word ", 100), Language: "ru", Categories: []string{"world"}}),
		member(2, news.Item{Source: "bbc", Title: "Talks", Language: "en-GB"}),
		member(3, news.Item{Source: "dw", Title: "Talks"}),
	)
	story.Members[2].Decision.Kind = news.KindCopy
	story.Members[0].Outlet = news.Outlet{Labels: map[string]string{"country": "ru"}, Tags: []string{"wire"}}
	story.Members[1].Outlet = news.Outlet{Labels: map[string]string{"country": "gb"}}
	story.Members[2].Outlet = news.Outlet{Labels: map[string]string{"country": "de"}, Language: "de"}
	for name, test := range map[string]struct {
		topic news.Topic
		want  []string
	}{
		"all":                {news.Topic{}, []string{"id1: id1 id2 id3"}},
		"from":               {news.Topic{From: []string{"dw", "bbc"}}, []string{"id1: id2 id3"}},
		"from none":          {news.Topic{From: []string{}}, nil},
		"language":           {news.Topic{Language: []string{"en", "de"}}, []string{"id1: id2 id3"}},
		"three families":     {news.Topic{MinFamilies: 3}, []string{"id1: id1 id2 id3"}},
		"four families":      {news.Topic{MinFamilies: 4}, nil},
		"two families of":    {news.Topic{From: []string{"dw"}, MinFamilies: 2}, nil},
		"families, off":      {news.Topic{MinFamilies: 3, Stories: news.MergeOff}, []string{"id1: id1", "id2: id2", "id3: id3"}},
		"spread":             {news.Topic{Spread: map[string]int{"country": 3}}, []string{"id1: id1 id2 id3"}},
		"spread too far":     {news.Topic{Spread: map[string]int{"country": 4}}, nil},
		"where, of a member": {news.Topic{Where: `len(text) > 400 && "wire" in tags`}, []string{"id1: id1"}},
		"where, of a story":  {news.Topic{Where: `families >= 3 && "de" in languages && source != "bbc"`}, []string{"id1: id1 id3"}},
		"where, copies":      {news.Topic{Where: `copies == 1 && items == 3`}, []string{"id1: id1 id2 id3"}},
		"where, labels":      {news.Topic{Where: `labels["country"] == "gb" || labels.country == "de"`}, []string{"id1: id2 id3"}},
		"where, time":        {news.Topic{Where: `published >= date("2026-03-01T12:02:00Z")`}, []string{"id1: id2 id3"}},
		"where, pattern":     {news.Topic{Where: `any(categories, # matches "^wor")`}, []string{"id1: id1"}},
		"where that fails":   {news.Topic{Where: `categories[0] == "world"`}, []string{"id1: id1"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.topic.Name = "t"
			rules := compile(t, test.topic)
			filings := slices.DeleteFunc(rules.File(story, "example.org", noon), func(f news.Filing) bool { return f.Withdrawn })
			if diff := cmp.Diff(test.want, brief(story, filings)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWithdrawn grows a story until topics that had it have it no longer.
func TestWithdrawn(t *testing.T) {
	talks := news.Match{Any: []string{"talks"}}
	rules := compile(t,
		news.Topic{Name: "by-words", Match: talks},
		news.Topic{Name: "elsewhere", From: []string{"nobody"}},
		news.Topic{Name: "lonely", Where: "families == 1"},
		news.Topic{Name: "single", Match: talks, Stories: news.MergeOff},
	)
	file := func(s news.Story) []string {
		var lines []string
		for _, f := range rules.File(s, "example.org", noon) {
			lines = append(lines, f.Topic+" "+brief(s, []news.Filing{f})[0])
			if f.Withdrawn && (f.Why == "" || f.Story != s.ID) {
				t.Errorf("withdrawn without a reason or story: %+v", f)
			}
			if heir := map[bool]string{f.Key == "gone": s.ID}[true]; f.Heir != heir {
				t.Errorf("%s leaves for %q", f.Key, f.Heir)
			}
		}
		return lines
	}
	story := storyOf(member(1, news.Item{Title: "Talks"}))
	want := []string{"by-words id1: id1", "lonely id1: id1", "single id1: id1"}
	if diff := cmp.Diff(want, file(story)); diff != "" {
		t.Error(diff)
	}
	story.Members[0].Record.Seq, story.Members[0].Record.Revision, story.Members[0].Record.Item.Title = 9, 2, "Silence"
	story = storyOf(story.Members[0], member(2, news.Item{Title: "Stillness"}))
	want = []string{"by-words id1 withdrawn", "lonely id1 withdrawn", "single id1 withdrawn"}
	if diff := cmp.Diff(want, file(story)); diff != "" {
		t.Error(diff)
	}
	other := member(3, news.Item{Title: "Talks after all"})
	other.Decision.Absorbs = []string{"gone"}
	story = storyOf(story.Members[1], other)
	want = []string{"by-words id2: id3 id2", "by-words gone withdrawn", "lonely id2 withdrawn", "lonely gone withdrawn", "single id3: id3"}
	if diff := cmp.Diff(want, file(story)); diff != "" {
		t.Error(diff)
	}
}

// TestContent says when a filing's hash and dates move.
func TestContent(t *testing.T) {
	rules := compile(t, news.Topic{Name: "t", Lead: news.LeadEarliest})
	of := func(members ...news.Member) news.Filing {
		return rules.File(storyOf(members...), "example.org", noon)[0]
	}
	one, two := member(1, news.Item{Title: "One"}), member(2, news.Item{Title: "Two"})
	alone := of(one)
	if !alone.Updated.Equal(alone.Published) || !alone.Published.Equal(one.Record.Item.Published) {
		t.Errorf("published %v, updated %v", alone.Published, alone.Updated)
	}
	both := of(one, two)
	if both.Hash == alone.Hash || both.ID != alone.ID || !both.Published.Equal(alone.Published) || !both.Updated.Equal(two.Record.Item.Fetched) {
		t.Errorf("another outlet made of\n%+v\n%+v", alone, both)
	}
	elsewhere := member(9, news.Item{Title: "two", Canonical: "https://two.example/elsewhere"})
	elsewhere.Decision.Family = two.Decision.Family
	if again := of(one, two, elsewhere); again.Hash != both.Hash || len(again.Members) != 3 {
		t.Errorf("the same item in another feed of its outlet made\n%+v", again)
	}
	elsewhere.Record.Item.Title = "Two and more"
	if again := of(one, two, elsewhere); again.Hash == both.Hash {
		t.Error("a further report of an outlet did not move the hash")
	}
	two.Record.Item.Text = "What is not shown may change."
	two.Record.Item.Hash = "another"
	if again := of(one, two); again.Hash != both.Hash {
		t.Error("the text of an item that is only listed moved the hash")
	}
	one.Record.Revision, one.Record.Seq = 2, 3
	one.Record.Item.Hash, one.Record.Item.Fetched = "changed", noon.Add(time.Hour)
	if revised := of(one, two); revised.Hash == both.Hash || !revised.Updated.Equal(noon.Add(time.Hour)) || revised.ID != both.ID {
		t.Errorf("a revision made\n%+v", revised)
	}
	one.Record.Item.Fetched = one.Record.Item.FirstSeen
	if otherwise := of(one); otherwise.Hash == alone.Hash || !otherwise.Updated.Equal(alone.Updated) {
		t.Errorf("what was only read otherwise made\n%+v", otherwise)
	}
	one.Record.Revision, one.Record.Item.Updated = 1, noon.Add(24*time.Hour)
	if future := of(one); !future.Updated.Equal(one.Record.Item.Fetched) {
		t.Errorf("a date in the future made %v", future.Updated)
	}
}

func TestExplain(t *testing.T) {
	story := storyOf(
		member(1, news.Item{Source: "tass", Title: "Ukraine talks", Language: "en"}),
		member(2, news.Item{Source: "bbc", Title: "Ukraine talks and football", Language: "en"}),
		member(3, news.Item{Source: "dw", Title: "Treffen", Language: "de"}),
	)
	diplomacy := news.Match{All: []string{"Ukraine"}, Any: []string{"Lavrov", "talks"}, None: []string{"football"}}
	rules := compile(t,
		news.Topic{Name: "diplomacy", Match: diplomacy},
		news.Topic{Name: "english", Language: []string{"en"}},
		news.Topic{Name: "everything"},
		news.Topic{Name: "many", MinFamilies: 4},
		news.Topic{Name: "of-dw", From: []string{"dw"}, Match: diplomacy},
		news.Topic{Name: "short", Where: "len(title) < 8"},
		news.Topic{Name: "wide", Spread: map[string]int{"country": 2}},
	)
	var got []string
	for _, e := range rules.Explain(story, "") {
		got = append(got, fmt.Sprintf("%s %v: %s", e.Topic, e.In, e.Why))
		for _, r := range e.Members {
			got = append(got, fmt.Sprintf("- %s %v %v: %s", r.Key.ID, r.In, r.Lead, r.Why))
		}
	}
	want := []string{
		"diplomacy true: match: Ukraine is in title, talks is in title",
		"- id1 true true: match: Ukraine is in title, talks is in title",
		"- id2 false false: match.none: football is in title",
		"- id3 true false: match.all: Ukraine is not in title and text; it is listed beside a member that fulfils the rule",
		"english true: language: en",
		"- id1 true true: language: en",
		"- id2 true false: language: en",
		"- id3 false false: language: de is not en",
		"everything true: the topic takes every story",
		"- id1 true true: the topic takes every story",
		"- id2 true false: the topic takes every story",
		"- id3 true false: the topic takes every story",
		"many false: min_families: 4 asked for, 3 report",
		"- id1 false false: the topic takes every story",
		"- id2 false false: the topic takes every story",
		"- id3 false false: the topic takes every story",
		"of-dw false: match.all: Ukraine is not in title and text",
		"- id1 false false: from: tass is not among the topic's 1 sources",
		"- id2 false false: from: bbc is not among the topic's 1 sources",
		"- id3 false false: match.all: Ukraine is not in title and text",
		"short true: where: len(title) < 8 is true",
		"- id1 false false: where: len(title) < 8 is false",
		"- id2 false false: where: len(title) < 8 is false",
		"- id3 true true: where: len(title) < 8 is true",
		"wide false: spread: reports from 2 values of country asked for, there are 0",
		"- id1 false false: the topic takes every story",
		"- id2 false false: the topic takes every story",
		"- id3 false false: the topic takes every story",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if one := rules.Explain(story, "short"); len(one) != 1 || one[0].Topic != "short" {
		t.Errorf("the explanation of one topic is %+v", one)
	}
	if none := rules.Explain(story, "unknown"); none != nil {
		t.Errorf("the explanation of an unknown topic is %+v", none)
	}
}

// TestLengthBesideExpressions asks for the length of a text beside so many regular
// expressions that they search less of it.
func TestLengthBesideExpressions(t *testing.T) {
	topics := []news.Topic{{Name: "a", Where: "len(text) == 5000"}, {Name: "b", Where: `len(text) == 5000 and text matches "lon+g"`}, {Name: "c", Where: `text matches "end"`}}
	for i := range 12 {
		topics = append(topics, news.Topic{Name: fmt.Sprint("expressions", i), Match: news.Match{Any: []string{fmt.Sprintf("/x{500}|%d/", i)}}})
	}
	rules := compile(t, topics...)
	story := storyOf(member(1, news.Item{Text: "long " + strings.Repeat("word ", 998) + "end. "}))
	var in []string
	for _, f := range rules.File(story, "example.org", noon) {
		in = append(in, f.Topic)
	}
	if want := []string{"a", "b"}; !slices.Equal(in, want) {
		t.Errorf("it is in %q, want %q", in, want)
	}
}

// TestCopiesAsTheyStand counts a text that was taken over word for word, which is the
// same by title and text, as one that was changed a little.
func TestCopiesAsTheyStand(t *testing.T) {
	story := storyOf(member(1, news.Item{}), member(2, news.Item{}), member(3, news.Item{}), member(4, news.Item{}))
	for i, kind := range []news.Kind{news.KindNew, news.KindSame, news.KindCopy, news.KindReport} {
		story.Members[i].Decision.Kind = kind
	}
	rules := compile(t, news.Topic{Name: "t", Where: "copies == 2"})
	if rules.File(story, "example.org", noon)[0].Withdrawn {
		t.Error("of a text, a copy as it stands and one that was edited there are not two copies")
	}
}

// TestUnknownLanguage asks in how many languages a story is reported of which one
// member's is not known.
func TestUnknownLanguage(t *testing.T) {
	story := storyOf(member(1, news.Item{Language: "en-GB"}), member(2, news.Item{}), member(3, news.Item{Language: "ru"}))
	rules := compile(t, news.Topic{Name: "t", Where: `len(languages) == 2 and "ru" in languages`})
	if rules.File(story, "example.org", noon)[0].Withdrawn {
		t.Error("English, Russian and what is not known are not two languages")
	}
}

// TestNorwegian takes a language by its name and by those of its two ways of writing.
func TestNorwegian(t *testing.T) {
	story := storyOf(member(1, news.Item{Language: "no"}), member(2, news.Item{Language: "nb-NO"}), member(3, news.Item{Language: "nn"}), member(4, news.Item{Language: "da"}))
	for language, want := range map[string]string{"no": "id1: id1 id2 id3", "nb": "id1: id2"} {
		rules := compile(t, news.Topic{Name: "t", Language: []string{language}})
		if got := brief(story, rules.File(story, "example.org", noon)); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
}

// TestCorroborationIsTakenBack corrects one of two reports that are entries of their own,
// so that it does not fulfil the rule any more: the other is not published by itself.
func TestCorroborationIsTakenBack(t *testing.T) {
	for name, tp := range map[string]news.Topic{
		"off":    {MinFamilies: 2, Stories: news.MergeOff},
		"copies": {MinFamilies: 2, Stories: news.MergeCopies},
		"spread": {Spread: map[string]int{"country": 2}, Stories: news.MergeOff},
		"merge":  {MinFamilies: 2},
	} {
		tp.Name, tp.Match = "t", news.Match{None: []string{"rain"}}
		rules := compile(t, tp)
		story := storyOf(member(1, news.Item{Title: "Talks"}), member(2, news.Item{Title: "Talks"}))
		for i, country := range []string{"gb", "ru"} {
			story.Members[i].Outlet.Labels = map[string]string{"country": country}
		}
		filed := map[string]bool{}
		file := func() {
			for _, f := range rules.File(story, "example.org", noon) {
				filed[f.Key] = !f.Withdrawn
			}
		}
		if file(); len(filed) == 0 {
			t.Errorf("%s: nothing is filed", name)
		}
		story.Members[1].Record.Seq, story.Members[1].Record.Revision, story.Members[1].Record.Item.Title = 9, 2, "Rain"
		file()
		for key, is := range filed {
			if is {
				t.Errorf("%s: %s is still filed", name, key)
			}
		}
	}
}
