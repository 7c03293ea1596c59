package config

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/internal/beside"
)

const list = `<?xml version="1.0"?>
<opml version="2.0"><head><title> Our  feeds </title></head><body>
 <outline text="News">
  <outline text="Europe">
   <outline text="The &quot;Tagblatt&quot;" type="rss" xmlUrl="https://tagblatt.example/rss?a=1&b=2" language="de" category="/wire/at,daily"/>
  </outline>
  <outline title="Plain" text=" " xmlUrl="feed://plain.example/feed#top"/>
 </outline>
 <outline text="Bad" xmlUrl="javascript:alert(1)"/>
 <outline text="Home" xmlUrl="http://192.168.0.7/feed"/>
 <outline text="Plain" xmlUrl="http://other.example/feed"/>
 <outline text="Again" xmlUrl="http://other.example/feed" category="twice"/>
 <outline text="Site only" type="rss" xmlUrl="" htmlUrl="https://site.example/"/>
 <outline text="More" type="include" url="https://lists.example/more.opml"/>
 <outline text="harbour" wireroom:name="harbour" xmlUrl="https://harbour.example/feed"/>
 <outline text="Desc" description="a <a href="https://x.example">link</a>." xmlUrl="https://desc.example/feed">
`

func TestReadOPML(t *testing.T) {
	got, problems := ReadOPML("list.opml", []byte(list), false)
	want := List{Title: "Our feeds", Entries: []Entry{
		{Name: "the-tagblatt", URL: "https://tagblatt.example/rss?a=1&b=2", Title: `The "Tagblatt"`, Language: "de", Tags: []string{"news", "europe", "wire", "at", "daily"}, Line: 5},
		{Name: "plain-b8722c88", URL: "http://plain.example/feed", Title: "Plain", Tags: []string{"news"}, Line: 7},
		{Name: "plain-f36b90bf", URL: "http://other.example/feed", Title: "Plain", Tags: []string{"twice"}, Line: 11},
		{Name: "site-only", URL: "https://site.example/", Site: true, Title: "Site only", Line: 13},
		{Name: "harbour", URL: "https://harbour.example/feed", Line: 15},
		{Name: "desc", URL: "https://desc.example/feed", Title: "Desc", Line: 16},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	var lines []int
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	if !slices.Equal(lines, []int{9, 10, 14}) {
		t.Errorf("problems: %v", problems)
	}
}

// What an own list has under its name alone is called by that where it is left out.
func TestLeftOutByName(t *testing.T) {
	_, problems := ReadOPML("list.opml", []byte(`<opml version="2.0"><body><outline text="board" xmlUrl="http://192.168.0.7/feed" wireroom:name="board"/></body></opml>`), false)
	if len(problems) != 1 || !strings.HasPrefix(problems[0].Message, `"board" is left out`) {
		t.Errorf("problems: %v", problems)
	}
}

// A list in Windows-1251 and one in UTF-16 are read as what they are.
func TestReadOPMLCharset(t *testing.T) {
	cyrillic := append([]byte(`<?xml version="1.0" encoding="windows-1251"?><opml><body><outline text="`), 0xcd, 0xee, 0xe2)
	cyrillic = append(cyrillic, `" xmlUrl="http://a.example/"/></body></opml>`...)
	var wide []byte
	for _, r := range "\ufeff" + `<opml><body><outline text="Нов" xmlUrl="http://a.example/"/></body></opml>` {
		wide = append(wide, byte(r), byte(r>>8))
	}
	for name, data := range map[string][]byte{"windows-1251": cyrillic, "utf-16": wide} {
		got, problems := ReadOPML(name, data, false)
		if len(got.Entries) != 1 || got.Entries[0].Title != "Нов" {
			t.Errorf("%s: %+v %v", name, got, problems)
		}
	}
}

var evalForms = map[string]*regexp.Regexp{
	"count": regexp.MustCompile(`len\(result\['(feeds|opportunities)'\]\) == (\d+)`),
	"field": regexp.MustCompile(`result\['(feeds|opportunities)'\]\[(\d)\]\['(url|title)'\] == ["'](.+)["']`),
	"tag":   regexp.MustCompile(`["']([^"']+)["'] in result\['feeds'\]\[(\d)\]\['tags'\]`),
	"list":  regexp.MustCompile(`result\['lists'\]\[0\]\['url'\] == `),
	"bozo":  regexp.MustCompile(`result\[["']bozo["']\] (?:==|is) (0|1|False|True)`),
}

// Every expectation that listparser's own tests state about feeds, web sites,
// titles, addresses and tags holds. Dates and owners of a list are not kept.
func TestListparser(t *testing.T) {
	dir := beside.Path(t, "corpora", "listparser", "tests", "files")
	held := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".xml" {
			return err
		}
		data := mustRead(t, path)
		got, problems := ReadOPML(entry.Name(), data, false)
		for _, line := range strings.Split(string(data), "\n") {
			if !strings.Contains(line, "Eval:") {
				continue
			}
			if ok, fault := evaluate(line, got, problems); fault != "" {
				t.Errorf("%s: %s: %s", entry.Name(), strings.TrimSpace(line), fault)
			} else if ok {
				held++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d expectations hold", held)
	if held < 150 {
		t.Errorf("only %d expectations were looked at", held)
	}
}

// evaluate says whether a line concerns us, and why it does not hold.
func evaluate(line string, got List, problems Problems) (concerns bool, fault string) {
	entries := map[string][]Entry{}
	for _, e := range got.Entries {
		kind := "feeds"
		if e.Site {
			kind = "opportunities"
		}
		entries[kind] = append(entries[kind], e)
	}
	at := func(kind, index string) (e Entry) {
		if i := int(index[0] - '0'); i < len(entries[kind]) {
			e = entries[kind][i]
		}
		return e
	}
	for form, re := range evalForms {
		m := re.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		switch have := ""; form {
		case "count":
			if have = fmt.Sprint(len(entries[m[1]])); have != m[2] {
				return true, "there are " + have
			}
		case "field":
			e := at(m[1], m[2])
			if have = e.URL; m[3] == "title" {
				have = e.Title
			}
			if have != m[4] {
				return true, "it is " + have
			}
		case "tag":
			if e := at("feeds", m[2]); !slices.Contains(e.Tags, tagOf(m[1])) {
				return true, fmt.Sprint("the tags are ", e.Tags)
			}
		case "list":
			if !strings.Contains(problems.Error(), "a list within the list") {
				return true, "the list within is not told"
			}
		}
		return true, ""
	}
	return false, ""
}

// Lists as people publish them: not one feed is missed.
func TestAwesomeLists(t *testing.T) {
	dir := beside.Path(t, "corpora", "awesome-rss-feeds")
	address := regexp.MustCompile(`(?i)xmlurl="([^"]+)"`)
	lists, feeds := 0, 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".opml" {
			return err
		}
		lists++
		data := mustRead(t, path)
		got, problems := ReadOPML(entry.Name(), data, false)
		want := map[string]bool{}
		for _, m := range address.FindAllStringSubmatch(string(data), -1) {
			want[m[1]] = true
		}
		feeds += len(got.Entries)
		if len(got.Entries) != len(want) || len(problems) > 0 {
			t.Errorf("%s: %d of %d addresses: %v", entry.Name(), len(got.Entries), len(want), problems)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d lists, %d feeds", lists, feeds)
}

func TestHostileLists(t *testing.T) {
	dir := beside.Path(t, "corpora", "security", "hostile-feeds")
	for file, want := range map[string][2]int{ // entries, problems
		"opml-deep.opml": {0, 1},
		"opml-urls.opml": {7, 3},
		"opml-100k.opml": {1, 0},
	} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		var got List
		var problems Problems
		if took := spent(t, func() { got, problems = ReadOPML(file, data, false) }); took > 2*time.Second {
			t.Errorf("%s took %s", file, took)
		}
		if len(got.Entries) != want[0] || len(problems) != want[1] {
			t.Errorf("%s: %d entries, %v", file, len(got.Entries), problems)
		}
		for _, e := range got.Entries {
			if !slugForm.MatchString(e.Name) {
				t.Errorf("%s: the name %q is no slug", file, e.Name)
			}
		}
	}
}
