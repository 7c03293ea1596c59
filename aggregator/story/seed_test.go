package story

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/beside"
)

// seedStory reads the story that the project started from: its headline and
// the paragraphs of its body.
func seedStory(t *testing.T) (title string, paragraphs []string) {
	t.Helper()
	page, err := os.ReadFile(beside.Path(t, "seed", "ukraine-diplomacy.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		switch {
		case len(line) > 200:
			paragraphs = append(paragraphs, line)
		case title == "" && len(line) > 60:
			title = line
		}
	}
	if title == "" || len(paragraphs) < 8 {
		t.Fatalf("the seed has title %q and %d paragraphs", title, len(paragraphs))
	}
	return title, paragraphs
}

// TestSeed gives the story as outlets carry it, and four others beside it: the
// first are copies of one story, the others are kept apart.
func TestSeed(t *testing.T) {
	title, body := seedStory(t)
	full := strings.Join(body, "\n")
	at := time.Date(2022, 2, 12, 15, 10, 0, 0, time.UTC)
	around := func(s string) string { return before + "\n" + s + "\n" + after }
	tests := []struct {
		name, source, title, text string
		after                     time.Duration
		kind                      news.Kind
		same                      bool // as the first
		agency                    string
	}{
		{"the story", "tna", title, full, 0, news.KindNew, true, ""},
		{"trimmed", "trimmer", title, strings.Join(body[:4], "\n"), time.Hour, news.KindCopy, true, ""},
		{"re-headlined", "renamer", "Two top diplomats argue on the telephone about who threatens whom", full, 2 * time.Hour, news.KindCopy, true, ""},
		{"an agency's mark before it", "marker", title + " - Marker Daily", "MOSCOW, February 12. /TASS/. " + full, 2 * time.Hour, news.KindCopy, true, "tass.com"},
		{"boilerplate around it", "boiler", title, around(full), 3 * time.Hour, news.KindCopy, true, ""},
		{"a summary only", "short", title, body[0], 3 * time.Hour, news.KindCopy, true, ""},
		{"corrected", "mender", title, strings.ReplaceAll(strings.ReplaceAll(full, "Saturday", "Friday"), "1,000", "1,700"), 4 * time.Hour, news.KindCopy, true, ""},
		{
			"the other side's account of the call", "riverside", "Blinken tells Lavrov diplomacy stays open if Moscow draws back",
			"US Secretary of State Antony Blinken told Russian Foreign Minister Sergei Lavrov by phone on Saturday that a diplomatic way out of the Ukraine crisis was open, his department said. " +
				"Washington and its allies would answer a further invasion of Ukraine firmly and together, Blinken told Lavrov, according to spokesman Ned Price. " +
				"The call, which the American side had asked for, came before a conversation between Presidents Putin and Biden. Blinken said Moscow would have to deescalate and withdraw troops from the border before talks on security in Europe could bear fruit.",
			2 * time.Hour, news.KindReport, true, "",
		},
		{
			"another call on another day", "capital", "Lavrov and Blinken discuss prisoners in first call in months",
			"Russian Foreign Minister Sergei Lavrov and US Secretary of State Antony Blinken spoke on the telephone about an exchange of prisoners. " +
				"It was their first conversation since the winter. Blinken urged Lavrov to accept an offer for two jailed Americans, a basketball player and a former marine. " +
				"Lavrov said such matters were best dealt with quietly. The two also touched on exports of grain through the Black Sea and on a cap for the price of oil.",
			5 * 24 * time.Hour, news.KindNew, false, "",
		},
		{
			"another ministry", "economist", "Ministry of agriculture lowers the levy on wheat",
			"The ministry of agriculture said on Saturday that it would lower the export levy on wheat from next week. The levy falls by 3.1 percent to 93.2 dollars a tonne. " +
				"The duty on barley falls too, while that on corn rises, the ministry said. It is set each week from the prices of contracts that are registered at the exchange. Farmers had asked for it to be dropped.",
			2 * time.Hour, news.KindNew, false, "",
		},
		{
			"the same boilerplate around another text", "boiler", "Town library lends out tools and tents",
			around("The library of Merrowdale lends more than books: from Monday readers may take home drills, sewing machines and a tent for four. " +
				"A club of pensioners looks after the tools and shows how to use them. The first to come was a boy who wanted to mend his sledge, the librarian said. A hundred things are on the shelves."),
			4 * time.Hour, news.KindNew, false, "",
		},
	}
	x := warm(at)
	var first news.Decision
	for i, tt := range tests {
		it := news.Item{Source: tt.source, ID: tt.name, Title: tt.title, Text: tt.text, Language: "en", Published: at.Add(tt.after)}
		got := x.Add(record(int64(1000+i), it), news.Outlet{Title: "The " + tt.source})
		if i == 0 {
			first = got
		}
		if same := got.Story == first.Story; same != tt.same || got.Kind != tt.kind {
			t.Errorf("%s: %s, in the story %v, want %s, %v; %.2f %+v, nearest %+v", tt.name, got.Kind, same, tt.kind, tt.same, got.Score, got.Evidence, got.Nearest)
		}
		if copied := got.Copies == first.Copies; i > 0 && copied != (tt.kind == news.KindCopy) {
			t.Errorf("%s: among the copies: %v", tt.name, copied)
		}
		if tt.agency != "" && got.Agency != tt.agency {
			t.Errorf("%s: agency %q, want %q", tt.name, got.Agency, tt.agency)
		}
		if tt.kind == news.KindCopy && got.Agency == "" {
			t.Errorf("%s: the copy has no origin", tt.name)
		}
	}
}
