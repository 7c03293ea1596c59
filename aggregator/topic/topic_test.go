package topic_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// member makes a member of its own family and copy group, published a minute
// after the one before it, of what the item leaves open.
func member(seq int64, it news.Item) news.Member {
	if it.Source == "" {
		it.Source = fmt.Sprintf("source%d", seq)
	}
	if it.ID == "" {
		it.ID = fmt.Sprintf("id%d", seq)
	}
	if it.Published.IsZero() {
		it.Published = noon.Add(time.Duration(seq) * time.Minute)
	}
	if it.FirstSeen.IsZero() {
		it.FirstSeen = it.Published.Add(30 * time.Second)
	}
	it.Fetched, it.Hash = it.FirstSeen, fmt.Sprintf("%.16s", it.Title+it.Text)
	m := news.Member{Record: news.Record{Seq: seq, Revision: 1, Item: it}}
	m.Decision = news.Decision{Seq: seq, Key: it.Key(), Copies: it.Key().Slug(), Family: it.Source}
	return m
}

func storyOf(members ...news.Member) news.Story {
	id := members[0].Record.Item.Key().Slug()
	for i := range members {
		members[i].Decision.Story = id
	}
	return news.Story{ID: id, Members: members}
}

func compile(t *testing.T, topics ...news.Topic) *topic.Rules {
	t.Helper()
	rules, err := topic.Compile(topics)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		term, language, text string
		want                 bool
	}{
		{"Ukraine", "en", "UKRAINE’S envoy left.", true},
		{"Ukraine", "en", "The Ukrainian envoy left.", false},
		{"talk", "en", "They were talking.", true},
		{"talks", "", "A talk was held.", true},
		{"talks", "en", "Stalks of wheat.", false},
		{"Minsk agreements", "en", "the Minsk Agreement, signed", true},
		{"Minsk agreements", "en", "agreements in Minsk", false},
		{"Minsk agreements", "en", "Minsk\nagreements", true},
		{"Minsk-agreements", "en", "the Minsk agreements", true},
		{`"US"`, "en", "The US said so.", true},
		{`"US"`, "en", "Tell us so.", false},
		{`"US"`, "en", "The US's answer.", true},
		{`"Apple"`, "en", "an apple a day", false},
		{`Apple "US"`, "en", "apples US", true},
		{`Apple "US"`, "en", "apples us", false},
		{"sanction*", "pl", "Sanctionsliste", true},
		{"sanction*", "pl", "a sanctio", false},
		{"cafe", "fr", "Un CAFÉ fermé", true},
		{"élections", "fr", "l’élection de mai", true},
		{"Ukraine", "fr", "La guerre d'Ukraine", true},
		{"Muller", "de", "Frau Müller sprach", true},
		{"Verhandlung", "de", "die Verhandlungen in Wien", true},
		{"strasse", "de", "auf der Straße", true},
		{"переговоры", "ru", "на переговорах в Минске", true},
		{"ёлка", "ru", "новогодняя елка", true},
		{"Украина", "", "в Украине", true},
		{"Киев", "ru", "в Киеве", true},
		{"Киев", "ru", "из Киева", true},
		{"Иран", "ru", "с Ираном", true},
		{"Иран", "", "в Иране", true},
		{"Лавров", "ru", "Лаврову", true},
		{"Байкал", "ru", "на Байкале", true},
		{"канал", "ru", "каналы", true},
		{"Иране", "ru", "Иран", true},
		{"сказал", "ru", "сказала", true},
		{"محادثات", "ar", "والمحادثات بين الطرفين", true},
		{"أوكرانيا", "ar", "في اوكرانيا", true},
		{"محادثات", "", "المحادثات", true},
		{"乌克兰", "zh", "俄罗斯与乌克兰谈判", true},
		{"乌克兰", "zh", "俄罗斯与克兰谈判", false},
		{"ウクライナ", "ja", "ウクライナの戦争", true},
		{"우크라이나", "ko", "우크라이나 전쟁", true},
		{"สงคราม", "th", "ข่าวสงครามวันนี้", true},
		{"हिंदी", "hi", "हिंदी समाचार", true},
		{"हिंदी", "hi", "हिंद समाचार", false},
		{"góra", "pl", "GORA", true},
		{"Łódź", "pl", "w lodz", true},
		{"C++", "en", "written in C++ and Go", true},
		{"C++", "en", "vitamin C and iron", false},
		{"AT&T", "en", "shares of AT&T fell", true},
		{"$100", "en", "it cost $100.", true},
		{"COVID-19", "en", "a covid 19 case", true},
		{"3.5", "en", "up 3.5 percent", true},
		{"3.5", "en", "up 3, 5 percent", false},
		{"ＡＢＣ", "en", "the abc news", true},
		{"/G(7|20)/", "en", "at the G20 summit", true},
		{"/g(7|20)/", "en", "at the G20 summit", false},
		{"/g(7|20)/i", "en", "at the G20 summit", true},
		{"title: talks", "en", "talks", false},
		{"text: talks", "en", "talks", true},
		{"text:talks", "en", "talks", true},
		{"author: Doe", "en", "Doe", false},
		{`"title: x"`, "en", "Title: x", false},
		{`"Title: x"`, "en", "the Title: x", true},
		{"a a b", "en", "a a a b", true},
		{"*gesellschaft", "de", "Donaudampfschifffahrtsgesellschaft zahlt", true},
		{"*schifffahrt*", "de", "Donaudampfschifffahrtsgesellschaft zahlt", true},
		{"*schifffahrt", "de", "Donaudampfschifffahrtsgesellschaft zahlt", false},
		{"istanbul", "tr", "İSTANBUL’DA DEPREM", true},
		{"İstanbul", "tr", "İstanbul'un ilçeleri", true},
		{"ısparta", "tr", "ISPARTA gülleri", true},
		{"Isparta", "tr", "Isparta’da hasat", true},
		{"don", "en", "don't", false},
		{"EU", "fi", "EU:n johtajat", true},
		{"EU:n", "fi", "EU:n johtajat", true},
		{"re:publica", "de", "auf der re:publica", true},
		{"re:publica", "de", "die res publica", false},
		{"한국", "ko", "한국에서 선거가 열렸다", true},
		{"선거", "ko", "한국에서 선거가 열렸다", true},
		{"한국", "", "한국의 대통령", true},
		{"국", "ko", "한국의 대통령", false},
		{"בחירות", "he", "הבחירות בישראל", true},
		{"ישראל", "", "הבחירות בישראל", true},
		{`צה"ל`, "he", `דובר צה"ל אמר`, true},
		{"צה״ל", "he", `לדובר בצה"ל נאמר`, true},
		{`"צה"ל" אמר`, "he", `דובר צה״ל אמר`, true},
		{"צ׳רצ׳יל", "he", "וינסטון צ'רצ'יל אמר", true},
		{"کتاب", "fa", "کتاب\u200cهای تازه", true},
		{"space", "en", "a sp\u00adace word", true},
		{"“US”", "en", "Tell us so.", false},
		{"“US”", "en", "The US said so.", true},
		{"deal", "en", "a “deal”—of sorts", true},
		{"can't stop", "en", "we can’t stop", true},
		{"п'ятниця", "uk", "ця пʼятниця", true},
		{"пʼятниця", "uk", "ця п'ятниця", true},
		{"O'zbekiston", "uz", "Oʻzbekiston va", true},
		{"O'zbekiston", "uz", "O‘zbekiston va", true},
	} {
		rules := compile(t, news.Topic{Name: "t", Match: news.Match{Any: []string{test.term}}})
		story := storyOf(member(1, news.Item{Text: test.text, Language: test.language}))
		if got := len(rules.File(story, "example.org", noon)) == 1; got != test.want {
			t.Errorf("%s in %q (%s) is %v", test.term, test.text, test.language, got)
		}
	}
}

func TestFields(t *testing.T) {
	item := news.Item{Title: "Alpha", Text: "Beta", Authors: []news.Person{{Name: "Carla Gamma"}},
		Categories: []string{"Delta wing"}, Canonical: "https://example.com/epsilon/zeta-eta", Language: "en"}
	for term, want := range map[string]bool{
		"title: alpha": true, "title: beta": false, "text: beta": true, "text: alpha": false,
		"author: gamma": true, "category: wing delta": false, "category: delta wing": true,
		"url: epsilon": true, "url: example": true, "url: example.com": true, "url: exam": false, "url: com/epsilon": true, "url: /zeta-e/": true, "gamma": false, "delta": false, "TITLE: /^A/": true,
	} {
		rules := compile(t, news.Topic{Name: "t", Match: news.Match{All: []string{term}}})
		if got := len(rules.File(storyOf(member(1, item)), "example.org", noon)) == 1; got != want {
			t.Errorf("%s is %v", term, got)
		}
	}
}

func TestFiling(t *testing.T) {
	rules := compile(t, news.Topic{Name: "talks", Match: news.Match{Any: []string{"talks"}}})
	story := storyOf(
		member(1, news.Item{Title: "Nothing to see"}),
		member(2, news.Item{Title: "Talks begin"}),
		member(3, news.Item{Title: "The talks, in full"}),
	)
	story.Members[2].Outlet.Priority = 5
	got := rules.File(story, "Feeds.Example.org:8443", noon)
	key := func(i int) news.Key { return story.Members[i].Record.Item.Key() }
	want := []news.Filing{{
		Topic: "talks", Key: story.ID, Story: story.ID,
		ID:         "tag:feeds.example.org,2026-03-01:talks/" + story.ID,
		Published:  noon.Add(time.Minute),
		Updated:    noon.Add(3*time.Minute + 30*time.Second),
		FirstFiled: noon,
		Hash:       got[0].Hash,
		Lead:       key(2),
		Members:    []news.Key{key(2), key(0), key(1)},
		Families:   3,
		Why:        "match: talks is in title",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again := rules.File(story, "Feeds.Example.org:8443", noon)
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("the same story gave other filings:\n%s", diff)
	}
}

// TestTogether files and explains at once, as the filer and a page do.
func TestTogether(t *testing.T) {
	rules := compile(t,
		news.Topic{Name: "a", Match: news.Match{Any: []string{"talks", "/tal+k/i"}}},
		news.Topic{Name: "b", Where: "families > 0 && text contains 'alk'"})
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				item := news.Item{Text: fmt.Sprintf("Talks %d", i%50), Language: []string{"en", "de", "xx", ""}[g]}
				story := storyOf(member(int64(i%50)+1, item))
				if n := len(rules.File(story, "example.org", noon)); n != 2 {
					t.Errorf("%d filings", n)
				}
				if n := len(rules.Explain(story, "")); n != 2 {
					t.Errorf("%d explanations", n)
				}
			}
		})
	}
	wg.Wait()
}
