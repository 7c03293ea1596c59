package output_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/render/schematest"
)

// published is where TestRoundTrip leaves what it publishes, for others to judge.
var published = flag.String("published", "", "folder that what TestRoundTrip publishes is left in; it then publishes every state of every sequence of polls")

// every document of the corpora, by name. Of a recorded sequence of polls one
// state in twenty-four is taken: neighbours have most of their items in common.
func documents(t *testing.T) map[string]news.Answer {
	t.Helper()
	dir := beside.Path(t, "corpora")
	docs := map[string]news.Answer{}
	polls := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		switch filepath.Ext(path) {
		case ".xml", ".rss", ".atom", ".json", ".rdf":
		default:
			return nil
		}
		if strings.HasPrefix(name, "poll-sequences") {
			if polls++; polls%24 != 1 && *published == "" {
				return nil
			}
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		docs[name] = news.Answer{URL: "https://origin.example/" + filepath.ToSlash(name), Status: 200, Body: body}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Data string }
	if err := json.Unmarshal(docs["miniflux-cases/cases.json"].Body, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		docs[fmt.Sprintf("miniflux-cases/%d", i)] = news.Answer{URL: "https://origin.example/", Status: 200, Body: []byte(c.Data)}
	}
	return docs
}

// channel publishes the items of one document as a topic of its own.
func channel(n int, items []news.Item, about news.About) render.Channel {
	ch := render.Channel{
		Topic:  news.Topic{Name: fmt.Sprintf("d%d", n), Title: about.Title, Content: news.ContentFull},
		MaxAge: 10 * time.Minute, Since: polled,
	}
	for i := range items {
		it := items[i]
		ch.Filed = append(ch.Filed, news.Filed{
			Filing: news.Filing{
				ID: "tag:example.org,2026-03-14:d/" + it.Key().Slug(), Story: it.Key().Slug(),
				Published: it.Published, Updated: later(it.Published, it.Updated), FirstFiled: polled, Families: 1,
			},
			Members: []news.Member{{
				Record: news.Record{Item: it},
				Outlet: news.Outlet{
					Source: it.Source, Title: cmp.Or(about.Title, "Origin"), Feed: "https://origin.example/feed", FeedID: about.ID,
					Link: about.Link, Rights: about.Rights, Content: news.ContentFull, Language: about.Language,
				},
			}},
		})
	}
	return ch
}

var polled = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// address is a link as it is published: RFC 3986 wants brackets encoded.
func address(link string) string {
	return strings.NewReplacer("[", "%5B", "]", "%5D").Replace(link)
}

// shown leaves out the traces of broken characters, which are not published.
var shown = strings.NewReplacer("\u2060", "", "\ufffd", "")

// compare says in what a published item differs from the one that was stored,
// of all that the format can carry and gofeed reads.
func compare(ext string, it *news.Item, f *news.Filed, got *gofeed.Item) (wrong []string) {
	check := func(what string, got, want any) {
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			wrong = append(wrong, fmt.Sprintf("%s %q, want %q", what, g, w))
		}
	}
	instant := func(t *time.Time) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	check("id", got.GUID, f.ID)
	if it.Title != "" {
		// Where a title shows an end tag, a word joiner keeps it from being one.
		check("title", strings.ReplaceAll(got.Title, "\u2060", ""), strings.Join(strings.Fields(shown.Replace(it.Title)), " "))
	} else if got.Title == "" {
		wrong = append(wrong, "no title")
	}
	if it.Canonical != "" {
		check("link", got.Link, address(it.Canonical))
	}
	if it.Published.Year() >= 1990 {
		check("published", instant(got.PublishedParsed), it.Published.UTC().Format(time.RFC3339))
		check("updated", instant(got.UpdatedParsed), f.Updated.UTC().Format(time.RFC3339))
	}
	if it.HTML != "" {
		check("content", strings.TrimSpace(cmp.Or(got.Content, got.Description)), strings.TrimSpace(strings.ReplaceAll(it.HTML, "\ufffd", "")))
	}
	if len(it.Categories) > 0 {
		check("categories", fmt.Sprintf("%q", got.Categories), fmt.Sprintf("%q", it.Categories))
	}
	var names, authors []string
	for _, p := range it.Authors {
		if p.Name != "" {
			names = append(names, strings.ReplaceAll(p.Name, "\u2060", ""))
		}
	}
	for _, p := range got.Authors {
		authors = append(authors, strings.ReplaceAll(p.Name, "\u2060", ""))
	}
	if ext == ".rss" && got.DublinCoreExt != nil {
		authors = nil
		for _, name := range got.DublinCoreExt.Creator {
			authors = append(authors, strings.ReplaceAll(name, "\u2060", ""))
		}
	}
	// gofeed takes "name (more)" of a JSON author for an address and a name.
	if len(names) == len(it.Authors) && len(names) > 0 && (ext != ".json" || !strings.ContainsAny(strings.Join(names, ""), "()@")) {
		check("authors", fmt.Sprintf("%q", authors), fmt.Sprintf("%q", names))
	}
	want := enclosed(it, ext)
	if ext == ".rss" {
		said, lasts := duration(got, it, want)
		check("duration", said, lasts)
	}
	var media []string
	for _, e := range got.Enclosures {
		media = append(media, e.URL)
	}
	if it.Image == nil || ext != ".json" { // gofeed takes a JSON item's picture for an enclosure
		check("enclosures", media, want)
	}
	if it.Image != nil && (got.Image == nil || got.Image.URL != it.Image.URL) && ext != ".atom" {
		wrong = append(wrong, fmt.Sprintf("picture %v, want %s", got.Image, it.Image.URL))
	}
	return wrong
}

// enclosed returns the addresses of the files that an entry is to list.
func enclosed(it *news.Item, ext string) []string {
	var want []string
	for _, e := range it.Enclosures {
		// RSS carries one enclosure, and none of a host without a dot.
		if u, err := url.Parse(e.URL); ext == ".rss" && (err != nil || !strings.Contains(u.Host, ".")) {
			continue
		}
		want = append(want, address(e.URL))
	}
	if ext == ".rss" && len(want) > 1 { // the one that can be played, if there is one
		i := slices.IndexFunc(it.Enclosures, func(e news.Enclosure) bool {
			return strings.HasPrefix(e.Type, "audio/") || strings.HasPrefix(e.Type, "video/")
		})
		if i >= 0 && slices.Contains(want, address(it.Enclosures[i].URL)) {
			want[0] = address(it.Enclosures[i].URL)
		}
		want = want[:1]
	}
	return want
}

// duration is what an entry of RSS says of how long its enclosure is, and what it is
// to say.
func duration(got *gofeed.Item, it *news.Item, enclosures []string) (said, want string) {
	if got.ITunesExt != nil {
		said = got.ITunesExt.Duration
	}
	for _, e := range it.Enclosures {
		if s := int64(e.Duration.Seconds()); s > 0 && len(enclosures) > 0 && address(e.URL) == enclosures[0] {
			return said, fmt.Sprint(s)
		}
	}
	return said, ""
}

// sample is one in how many documents the round trip takes: nothing runs beside it.
var sample = map[bool]int{false: 1, true: 40}[race.Enabled]

// TestRoundTrip publishes what every document of the corpora brings, in all
// formats, reads it back, and holds it against the schemas.
func TestRoundTrip(t *testing.T) {
	formats := map[string]func(render.Site, render.Channel) (news.Document, error){".rss": render.RSS, ".atom": render.Atom, ".json": render.JSON}
	site := render.Site{BaseURL: "https://feeds.example.org", Title: "The Example Desk", Version: "1.0", Authority: "example.org,2026"}
	docs := documents(t)
	names := slices.Sorted(maps.Keys(docs))
	dir := cmp.Or(*published, t.TempDir())
	feeds, entries, differ := 0, 0, 0
	for n, name := range names {
		if n%sample != 0 {
			continue
		}
		answer := docs[name]
		answer.At = polled
		source := news.Source{Name: "origin", URL: answer.URL, MaxItems: 5000, MaxBytes: 10 << 20}
		feed, err := parse.Parse(source, answer)
		if err != nil {
			continue
		}
		items := normalize.Items(source, feed, polled)
		ch := channel(n, items, normalize.About(feed))
		feeds++
		entries += len(items)
		for ext, format := range formats {
			doc, err := format(site, ch)
			if err != nil {
				t.Errorf("%s%s: %v", name, ext, err)
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(n, ext)), doc.Body, 0o600); err != nil {
				t.Fatal(err)
			}
			back, err := gofeed.NewParser().Parse(bytes.NewReader(doc.Body))
			if err != nil {
				t.Errorf("%s%s does not parse back: %v", name, ext, err)
				continue
			}
			if len(back.Items) != len(items) {
				t.Errorf("%s%s: %d items, want %d", name, ext, len(back.Items), len(items))
				continue
			}
			for i := range items {
				for _, wrong := range compare(ext, &items[i], &ch.Filed[i], back.Items[i]) {
					if differ++; differ <= 40 {
						t.Errorf("%s%s item %d: %s", name, ext, i, wrong)
					}
				}
			}
		}
	}
	t.Logf("%d documents, %d feeds, %d items, in three formats; %d differences", len(names), feeds, entries, differ)
	if feeds < 1000/sample {
		t.Errorf("only %d feeds were read", feeds)
	}
	if err := schematest.Atom(t, files(t, dir, ".atom")...); err != nil {
		t.Error(err)
	}
	wrong := schematest.JSONFeed(t)
	for _, path := range files(t, dir, ".json") {
		body, err := os.ReadFile(path)
		if err == nil {
			err = wrong(body)
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// files are those of a folder with that ending; there must be some.
func files(t *testing.T, dir, ext string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"+ext))
	if err != nil || len(list) == 0 {
		t.Fatalf("no %s: %v", ext, err)
	}
	return list
}
