package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestUntitledUnderOtherNames: the notes of a journal without titles that moves, so that
// their guids and links are others, are the notes that they were. One that says the same
// once more is another.
func TestUntitledUnderOtherNames(t *testing.T) {
	const long = "The ferry waits for the tide, and for whoever is late."
	for name, note := range map[string]string{ // of a server, a number, a date and a text
		"guids that are links": "<item><guid>http://%s/%d</guid><pubDate>%s</pubDate><description>%s</description></item>",
		"links alone":          "<item><link>http://%s/%d</link><pubDate>%s</pubDate><description>%s</description></item>",
		"guids alone":          "<item><guid isPermaLink='false'>%s %d</guid><pubDate>%s</pubDate><description>%s</description></item>",
	} {
		path := filepath.Join(t.TempDir(), "notes.db")
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
				server, again := "new.test", time.Since(start) > 90*time.Minute
				if time.Since(start) < 30*time.Minute {
					server = "old.test"
				}
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour</title>")
				at := func(n int) string { return start.Add(time.Duration(n-9) * time.Minute).Format(time.RFC1123Z) }
				if again {
					fmt.Fprintf(w, note, server, 9, at(9), "Fog.")
				}
				fmt.Fprintf(w, note, server, 3, at(3), long+" It is late.")
				fmt.Fprintf(w, note, server, 2, at(2), long)
				if !again {
					fmt.Fprintf(w, note, server, 1, at(1), "Fog.")
				}
				fmt.Fprint(w, "</channel></rss>")
			}}
			b := &bureau{path: path, web: book}
			b.add("harbour", "http://harbour.test/", "@every 1h")
			b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
				count := func(when string, want int) {
					t.Helper()
					items := map[string]bool{}
					records, err := db.Records(t.Context(), 0, 100)
					if err != nil {
						t.Fatal(err)
					}
					for _, r := range records {
						items[r.Item.ID] = true
					}
					if len(items) != want {
						t.Errorf("%s, %s: there are %d notes, want %d", name, when, len(items), want)
					}
				}
				time.Sleep(30 * time.Minute)
				count("at first", 3)
				time.Sleep(time.Hour)
				count("after a move", 3)
				time.Sleep(time.Hour)
				count("with one that says the same", 4)
			})
		})
	}
}
