package aggregator_test

import (
	"context"
	"database/sql"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/internal/race"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// Entries whose bytes were read before are passed over. Nobody may notice: here
// the whole program polls the same documents on the short path and on the plain
// one, and must keep and publish the same to the last byte.

// A forgetful log remembers no entry's bytes, so that all is read again.
type forgetful struct{ *store.DB }

// Claim implements aggregator.Log.
func (f forgetful) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]news.Claim, error) {
	claims, err := f.DB.Claim(ctx, now, limit, lease)
	for i := range claims {
		claims[i].State.Seen = ""
	}
	return claims, err
}

// kept is what a program has stored and published.
type kept struct {
	tables, published map[string]string
	known             int // entries that were passed over
}

// publishAll lets a program poll documents, one an hour, and file and publish after
// each.
func publishAll(t *testing.T, docs []string, plain bool) (k kept) {
	path := filepath.Join(t.TempDir(), "store")
	synctest.Test(t, func(t *testing.T) {
		var doc string
		b := &bureau{path: path, topics: []news.Topic{
			{Name: "all", Limit: 100, Content: news.ContentFull, Stories: news.MergeStories, Sort: news.SortPublished},
			{Name: "some", Limit: 100, Content: news.ContentFull, Stories: news.MergeOff, Sort: news.SortUpdated, Match: news.Match{Any: []string{"pier", "harbour"}}},
		}}
		b.web = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, doc) })
		b.add("city", "http://city.test/feed", "@every 1h")
		if plain {
			b.wrap = func(db *store.DB) aggregator.Log { return forgetful{db} }
		}
		a, db, shut := b.open(t)
		publisher := output.NewPublisher(db, serve.New(serve.Options{Log: slog.New(slog.DiscardHandler)}), output.Catalogue{
			Site: render.Site{BaseURL: "http://test.example", Title: "Test", Authority: "test.example,2026"}, Topics: b.topics,
		}, slog.New(slog.DiscardHandler), func([]news.Document) {})
		for _, doc = range docs {
			a.CollectOnce(t.Context())
			if err := a.FileOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := publisher.Publish(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Hour)
		}
		k.published = map[string]string{}
		for _, doc := range publisher.Current() {
			if doc.Topic != "" {
				k.published[doc.Path] = doc.ETag + doc.Modified.String() + string(doc.Body)
			}
		}
		s, _, err := db.State(t.Context(), "city")
		if err != nil {
			t.Fatal(err)
		}
		k.known = len(strings.Fields(s.Seen))
		shut()
	})
	k.tables = dump(t, path)
	return k
}

// dump returns the rows of the tables of a store, but for those that remember
// how and when sources are polled.
func dump(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables := map[string]string{}
	for _, name := range []string{"item", "log", "ident", "decision", "filing", "document", "filer"} {
		query := "SELECT * FROM " + name + " ORDER BY 1, 2"
		if name == "filing" { // topics have numbers in no order
			query = "SELECT name, key, story, published, updated, withdrawn, doc FROM filing JOIN topic ON topic.id = filing.topic ORDER BY filing.id"
		}
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for rows.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%q\n", values)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		tables[name] = b.String()
	}
	return tables
}

// A draft is a feed that is edited by single bytes.
type draft struct {
	entries            []draftEntry
	lang, author, base string
	next, format       int
}

type draftEntry struct {
	guid, link, title, body, author string
	day                             int
}

// edit does one thing to a feed, as what says.
func (d *draft) edit(what byte) {
	n := int(what >> 4)
	at := 0
	if len(d.entries) > 0 {
		at = n % len(d.entries)
	}
	switch kind := what & 15; {
	case kind < 4 || len(d.entries) == 0:
		d.next++
		d.entries = append([]draftEntry{{
			guid: fmt.Sprint("id-", d.next), link: fmt.Sprintf("https://city.test/%d", d.next), title: fmt.Sprintf("Pier %d of the harbour", d.next),
			body: fmt.Sprintf("<p>Ship %d <b>came</b> to the pier.</p>", d.next), day: d.next,
		}}, d.entries...)
	case kind == 4:
		d.entries[at].title += "!"
	case kind == 5:
		d.entries[at].body += "<p>More of it.</p>"
	case kind == 6:
		d.entries[at].day++
	case kind == 7:
		d.entries[at].author += "Ann"
	case kind == 8:
		d.entries = append(d.entries[:at], d.entries[at+1:]...)
	case kind == 9: // the first comes last
		d.entries = append(d.entries[1:], d.entries[0])
	case kind == 10: // an entry twice
		d.entries = append(d.entries, d.entries[at])
	case kind == 11: // two entries under one name
		d.entries[at].guid = d.entries[0].guid
	case kind == 12: // no name
		d.entries[at].guid = ""
	case kind == 13: // another part of the same page, or no address
		if d.entries[at].link += "#part"; n > 8 {
			d.entries[at].link = ""
		}
	case kind == 14:
		d.entries[at].guid += "x"
	default: // the feed's own
		switch n % 4 {
		case 0:
			d.lang += "en"
		case 1:
			d.author += "Lee"
		case 2:
			d.base += "sub/"
		default:
			d.format = n % 3
		}
	}
}

func (d *draft) String() string {
	var b strings.Builder
	if d.format == 1 {
		fmt.Fprintf(&b, `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="%s" xml:base="https://city.test/%s"><title>City</title><id>city</id><author><name>%s</name></author>`, d.lang, d.base, d.author)
	} else {
		fmt.Fprintf(&b, `<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xml:base="https://city.test/%s"><channel><title>City</title><link>https://city.test/</link><language>%s</language><managingEditor>%s</managingEditor>`, d.base, d.lang, d.author)
	}
	for _, e := range d.entries {
		at := time.Date(1999, 6, e.day, 12, 0, 0, 0, time.UTC)
		if d.format == 1 {
			fmt.Fprintf(&b, `<entry><id>%s</id><title>%s</title><link href="%s"/><updated>%s</updated><content type="html">%s</content></entry>`,
				e.guid, e.title, e.link, at.Format(time.RFC3339), html.EscapeString(e.body))
			continue
		}
		b.WriteString("<item>")
		if e.guid != "" {
			fmt.Fprintf(&b, `<guid isPermaLink="false">%s</guid>`, e.guid)
		}
		if e.link != "" {
			fmt.Fprintf(&b, "<link>%s</link>", e.link)
		}
		fmt.Fprintf(&b, "<title>%s</title><pubDate>%s</pubDate><dc:creator>%s</dc:creator><description>%s</description></item>",
			e.title, at.Format(time.RFC1123Z), e.author, html.EscapeString(e.body))
	}
	if d.format == 1 {
		b.WriteString("</feed>")
	} else {
		b.WriteString("</channel></rss>")
	}
	return b.String()
}

// drafts returns the documents that a script makes, one after every fourth
// edit, at most six.
func drafts(script []byte) []string {
	d := draft{}
	for i := range 5 {
		d.edit(byte(i))
	}
	docs := []string{d.String()}
	for len(script) > 0 && len(docs) < 6 {
		n := min(4, len(script))
		for _, what := range script[:n] {
			d.edit(what)
		}
		script = script[n:]
		docs = append(docs, d.String())
	}
	return docs
}

// checkRecognised holds the short path against the plain one.
func checkRecognised(t *testing.T, docs []string) {
	t.Helper()
	plain, short := publishAll(t, docs, true), publishAll(t, docs, false)
	for name, want := range plain.tables {
		if diff := gocmp.Diff(want, short.tables[name]); diff != "" {
			t.Errorf("table %s (-plain +short):\n%s", name, diff)
		}
	}
	if diff := gocmp.Diff(plain.published, short.published); diff != "" {
		t.Errorf("published (-plain +short):\n%s", diff)
	}
	if t.Failed() {
		t.Logf("documents:\n%s", strings.Join(docs, "\n"))
	}
}

func FuzzRecognised(f *testing.F) {
	f.Add([]byte{})
	kinds := byte(16)
	if race.Enabled {
		kinds = 2 // what they do differs, not what runs beside what
	}
	for kind := range kinds {
		f.Add([]byte{0, kind, 0x10 | kind, 1, 2, 0x20 | kind})
	}
	f.Add([]byte{0x3f, 0, 0x4f, 1, 0x15, 9, 0x1a, 0x2b, 0x2c, 0x9d, 0x3e, 8})
	f.Fuzz(func(t *testing.T, script []byte) { checkRecognised(t, drafts(script)) })
}
