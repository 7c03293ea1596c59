package aggregator_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// An earlierLog stores items as a version of the program that read them otherwise
// has: the texts, and by what revisions are told apart.
type earlierLog struct{ *store.DB }

func (l earlierLog) Append(ctx context.Context, claim news.Claim, items []news.Item, settle func(news.Appended) news.State, now time.Time, gap time.Duration) (news.Appended, error) {
	for i := range items {
		items[i].HTML, items[i].Hash = "<p>As it was read once.</p>", items[i].Hash+" of once"
	}
	return l.DB.Append(ctx, claim, items, settle, now, gap)
}

// TestReadOtherwiseIsNoChange: what another version of the program makes of the
// same bytes is published, and nobody is told that the source has changed it; what
// the source does change, he is.
func TestReadOtherwiseIsNoChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "once.db")
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		corrected := ""
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, "<rss version='2.0'><channel><title>Harbour</title><lastBuildDate>%s</lastBuildDate>", time.Now().Format(time.RFC1123Z))
			for i := range 3 {
				fmt.Fprintf(w, "<item><guid>%d</guid><title>Notice %[1]d</title><link>http://harbour.test/%[1]d</link><pubDate>%s</pubDate><description>Berth %[1]d is closed%[3]s.</description></item>",
					i, start.Add(-time.Hour).Format(time.RFC1123Z), strings.Repeat(corrected, i/2))
			}
			fmt.Fprint(w, "</channel></rss>")
		}}
		b := &bureau{path: path, web: book, topics: []news.Topic{{Name: "port", Title: "Port", Limit: 10}}}
		b.add("harbour", "http://harbour.test/", "@every 6h")
		var was map[string]time.Time
		after := func(long time.Duration) (texts string) {
			time.Sleep(long)
			b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
				time.Sleep(time.Minute)
				filed, err := db.Latest(t.Context(), "port", news.SortPublished, 10)
				if err != nil || len(filed) != 3 {
					t.Fatal(len(filed), err)
				}
				now := map[string]time.Time{}
				for _, f := range filed {
					lead := f.Members[0].Record.Item
					now[lead.ID] = f.Filing.Updated
					texts += lead.HTML
				}
				for id, at := range was {
					if changed := id == "2" && corrected != ""; changed != now[id].After(at) {
						t.Errorf("notice %s is told to be as it is since %s, was since %s", id, now[id], at)
					}
				}
				was = now
			})
			return texts
		}
		b.wrap = func(db *store.DB) aggregator.Log { return earlierLog{db} }
		after(0)
		b.wrap = nil
		if texts := after(15 * 24 * time.Hour); strings.Contains(texts, "once") {
			t.Errorf("what is published is still what was read once: %s", texts)
		}
		corrected = " till noon"
		after(7 * time.Hour)
	})
}
