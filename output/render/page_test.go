package render

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		state news.State
		want  string
	}{
		{news.State{}, "Has not been asked yet."},
		{news.State{Outcome: news.OutcomeNew, Error: "of before"}, "Brought something new."},
		{news.State{Outcome: news.OutcomeHTTP5xx, Status: 503, Failures: 1}, "The server has an error (HTTP 503)."},
		{news.State{Outcome: news.OutcomeHTTP5xx, Status: 503, Failures: 4, Error: "answered 503."}, "The server has an error: answered 503, 4 times in a row."},
		{news.State{Outcome: news.OutcomeNetwork, Failures: 1, Error: "the redirects run in a circle"}, "There was no usable answer: the redirects run in a circle."},
		{news.State{Outcome: news.OutcomeParse, Failures: 2, Error: "not a feed: it is a document of the type html", Mend: "look at it"}, "The answer is not a feed: it is a document of the type html, 2 times in a row; look at it."},
	} {
		if got := sentence(&c.state); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestSourcesPages(t *testing.T) {
	var list []SourceStatus
	for i := range 2*maxPageSources + 1 {
		list = append(list, SourceStatus{
			Outlet: news.Outlet{Source: strings.Repeat("a", i+1), Title: strings.Repeat("A", 40), Link: "https://a.example/"},
			State: news.State{Outcome: news.OutcomeUnchanged, LastSuccess: day, NextDue: day, About: news.About{Format: "RSS 2.0"},
				Rhythm: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}, Schedule: "*/10 * * * *"},
		})
	}
	last := &list[len(list)-1]
	last.State.Outcome, last.State.Failures, last.State.Error = news.OutcomeTimeout, 5, "no answer within 30 s"
	docs, err := SourcesPages(site, list)
	if err != nil {
		t.Fatal(err)
	}
	if len(docs) != 3 || docs[0].Path != "/sources" || docs[2].Path != "/sources/3" {
		t.Fatalf("%d pages", len(docs))
	}
	for _, d := range docs {
		if len(d.Body) > 100_000 {
			t.Errorf("%s has %d bytes", d.Path, len(d.Body))
		}
	}
	if at := bytes.Index(docs[0].Body, []byte("no answer within 30 s")); at < 0 || bytes.Index(docs[0].Body, []byte("Fine</span>")) < at {
		t.Error("a source in trouble is not the first")
	}
}

// However long addresses and titles are, a page stays below its size.
func TestPagesStaySmall(t *testing.T) {
	ch := many()
	for i := range ch.Filed {
		for k := range ch.Filed[i].Members {
			m := &ch.Filed[i].Members[k]
			m.Record.Item.Canonical = "https://a.example/" + strings.Repeat("x", 8000)
			m.Record.Item.Title = strings.Repeat("long ", 200)
			m.Outlet.Family = strings.Repeat("f", k+1)
		}
	}
	doc, err := TopicPage(site, ch)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Body) > 100_000 || !bytes.Contains(doc.Body, []byte("older stories are in the feed")) {
		t.Errorf("%d bytes", len(doc.Body))
	}
	var story news.Story
	for i := range ch.Filed {
		m := ch.Filed[i].Members[0]
		m.Record.Item.Text = strings.Repeat("word ", 2000) + m.Record.Item.ID
		m.Outlet.Content = news.ContentFull
		m.Decision.Copies = "one"
		story.Members = append(story.Members, m)
	}
	start := race.Spent(t)
	if doc, err = StoryPage(site, story, nil); err != nil {
		t.Fatal(err)
	}
	if len(doc.Body) > 100_000 || !bytes.Contains(doc.Body, []byte("not shown")) {
		t.Errorf("%d bytes", len(doc.Body))
	}
	if took := race.Spent(t) - start; took > 10*time.Second {
		t.Errorf("a long story took %v", took)
	}
}

// In a topic in the order of changes a day can come again: it is named once.
func TestDaysThatComeAgain(t *testing.T) {
	ch := ordinary()
	ch.Topic.Sort = news.SortUpdated
	yesterday := ch.Filed[1]
	yesterday.Published = day.AddDate(0, 0, -1)
	ch.Filed = []news.Filed{ch.Filed[0], yesterday, ch.Filed[0], yesterday}
	doc, err := TopicPage(site, ch)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="[^"]*"`).FindAllString(string(doc.Body), -1) {
		if seen[id] {
			t.Errorf("twice on the page:%s", id)
		}
		seen[id] = true
	}
	if n := strings.Count(string(doc.Body), `<section class="day"`); n != 4 {
		t.Errorf("%d days, want 4", n)
	}
	// A section with a label is a landmark, and landmarks want labels that differ.
	if n := strings.Count(string(doc.Body), `<section class="day" aria-label`); n != 0 {
		t.Errorf("%d landmarks are called by a day that comes again", n)
	}
}

func TestStoryPageTellsWhy(t *testing.T) {
	members := ordinary().Filed[0].Members
	lead, other := &members[0], &members[1]
	other.Decision.Of, other.Decision.Copies, lead.Decision.Copies = lead.Record.Item.Key(), "one", "one"
	other.Decision.Agency = "harbour"
	other.Decision.Evidence = news.Evidence{Rule: "containment", Passages: []string{"the two lines"}, Note: "trimmed"}
	other.Outlet.Content = news.ContentExcerpt
	lead.Decision.Nearest = &news.Near{Story: "s9", Score: 0.123, Why: "too little in common"}
	doc, err := StoryPage(site, news.Story{ID: "s1", Members: members}, []news.Topic{{Name: "city", Title: "City"}, {Name: "desk", Title: "Desk", Token: "t"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2 items from 2 sources, 1 independent publisher; 1 is a copy of another&#39;s text.",
		"Has the same text, recognised by the item of Harbour Times (containment, score 0.88).",
		"Not merged with story s9, which came nearest (score 0.12): too little in common.",
		"Trimmed.", "Both say: “the two lines”.", "by Harbour Times", "&#43;1 h", "One text, 2 times", "<ins>", `href="/topics/city"`,
	} {
		if !bytes.Contains(doc.Body, []byte(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if bytes.Contains(doc.Body, []byte("desk")) {
		t.Error("the page names a private topic")
	}
	other.Outlet.Content = news.ContentLink
	if doc, err = StoryPage(site, news.Story{ID: "s1", Members: members}, nil); err != nil || bytes.Contains(doc.Body, []byte("It does.")) || bytes.Contains(doc.Body, []byte("the two lines")) {
		t.Errorf("text is shown against the outlet's policy (%v)", err)
	}
}
