package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/built"
)

// TestAbsorbedStory: the address of a story, which is in readers' feeds, leads to the
// story that has absorbed it: served, of a private topic too, and in a folder.
func TestAbsorbedStory(t *testing.T) {
	t.Parallel()
	const token = "sesame-sesame-sesame"
	dir, addr := t.TempDir(), built.FreeAddress(t)
	writeFerry(t, dir)
	publish := func(sources ...string) {
		list := ""
		for _, source := range sources {
			list += fmt.Sprintf("  %s: file:%[1]s.xml\n", source)
		}
		write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\ndefaults: {schedule: '@every 1s', min_interval: 1s}\n"+
			"sources:\n%stopics:\n  all: {}\n  desk: {token: %s}\n", addr, list, token))
		command(t, built.Program(t), dir, 0, "", "once")
	}
	slug := func(source string) string { return news.Key{Source: source, ID: source + "-1"}.Slug() }
	older, younger, member := slug("gannet"), slug("tidewell"), slug("skarholm")
	page := func(id string) string {
		text, _ := os.ReadFile(filepath.Join(dir, "public", "stories", id+".html"))
		return string(text)
	}
	publish("gannet")
	publish("gannet", "tidewell")
	if page(older) == "" || page(younger) == "" || page(older) == page(younger) {
		t.Fatal("two stories have no page each")
	}
	publish("gannet", "tidewell", "skarholm")
	if page(older) == "" || page(younger) != page(older) {
		t.Errorf("in a folder the page of the story that was absorbed is not that of the other:\n%s", page(younger))
	}
	if page(member) != "" {
		t.Error("an item that never was a story has a page")
	}

	start(t, dir, built.Program(t))
	base := "http://" + addr
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	status := func(path string) int {
		resp, err := client.Get(base + path)
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	await(t, time.Minute, "all is published", func() bool { return status("/nothing") == http.StatusNotFound })
	for from, to := range map[string]string{
		"/stories/" + younger: "/stories/" + older,
		"/private/" + token + "/topics/desk/stories/" + younger: "/private/" + token + "/topics/desk/stories/" + older,
		"/topics/desk/stories/" + younger:                       "",
		"/stories/" + strings.Repeat("a", len(younger)):         "",
		"/stories/tidewell-1":                                   "",
	} {
		resp, err := client.Get(base + from)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		switch at := strings.TrimPrefix(resp.Header.Get("Location"), base); {
		case at != to, to == "" && resp.StatusCode != http.StatusNotFound, to != "" && resp.StatusCode != http.StatusMovedPermanently:
			t.Errorf("%s is answered %d, and leads to %q, not %q", from, resp.StatusCode, at, to)
		case to != "":
			if _, ok := get(base + to); !ok {
				t.Errorf("nothing is at %s", to)
			}
		}
	}

	// Once a user has parted them it is a story again.
	command(t, built.Program(t), dir, 0, "", "split", "gannet-1", "tidewell-1")
	await(t, time.Minute, "the story is back", func() bool { return status("/stories/"+younger) == http.StatusOK })
}

// TestJoinedAway: a story that is left behind by the item which began it has its page in
// a folder, and that alone is written there.
func TestJoinedAway(t *testing.T) {
	t.Parallel()
	bin, dir := built.Program(t), t.TempDir()
	writeFerry(t, dir)
	write(t, filepath.Join(dir, "office.xml"), `<rss version="2.0"><channel><title>office</title><item><guid>office-1</guid>
		<link>https://office.example/1</link><title>Council votes on the new library roof</title></item></channel></rss>`)
	sources := ""
	for _, source := range []string{"gannet", "tidewell", "skarholm", "office"} {
		sources += source + ": 'file:" + source + ".xml', "
		write(t, filepath.Join(dir, "feeds.yaml"), "store: wireroom.db\nsources: {"+sources+"}\ntopics: {all: {}}\n")
		command(t, bin, dir, 0, "files written", "once")
	}
	command(t, bin, dir, 0, "joins story", "join", "office-1", "gannet-1")
	command(t, bin, dir, 0, "files written", "once")
	page, err := os.ReadFile(filepath.Join(dir, "public", "stories", news.Key{Source: "gannet", ID: "gannet-1"}.Slug()+".html"))
	if err != nil || !strings.Contains(string(page), "Passengers taken off") || strings.Contains(string(page), "library") {
		t.Errorf("the page of what is left behind: %v\n%s", err, page)
	}
	list, err := os.ReadFile(filepath.Join(dir, "public", ".wireroom"))
	if err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(string(list))
	slices.Sort(names)
	if once := slices.Compact(slices.Clone(names)); len(once) < len(names) {
		t.Errorf("%d files were written twice", len(names)-len(once))
	}
}

// writeFerry writes feeds of one item each: two tell the same in other words, which
// the third shows.
func writeFerry(t *testing.T, dir string) {
	t.Helper()
	for source, text := range map[string]string{
		"gannet": `<title>Car ferry Lady Annis runs aground on Skarholm reef</title><description>The car ferry Lady Annis ran aground on
			the Skarholm reef shortly after leaving Tidewell harbour on Monday with 140 passengers aboard. The coastguard said that the ferry
			had lost its rudder in heavy swell and drifted onto the rocks near the lighthouse.</description>`,
		"tidewell": `<title>Passengers taken off by lifeboats and tugs</title><description>Tugs and lifeboats worked through the night to
			take passengers off a stranded vessel near the lighthouse. Captain Ingrid Moe said nobody was hurt, and the shipping line
			Northern Crossings promised refunds and buses for those who were stranded in Tidewell.</description>`,
		"skarholm": `<title>Lady Annis: lifeboats and tugs take 140 passengers off grounded ferry</title><description>Lifeboats and two
			tugs took 140 passengers off the car ferry Lady Annis, which ran aground on the Skarholm reef near the lighthouse on Monday after
			leaving Tidewell harbour. Captain Ingrid Moe said nobody was hurt; the coastguard said the ferry had lost its rudder in heavy
			swell. The shipping line Northern Crossings promised refunds and buses for stranded passengers.</description>`,
	} {
		write(t, filepath.Join(dir, source+".xml"), fmt.Sprintf(`<rss version="2.0"><channel><title>%[1]s</title><item><guid>%[1]s-1</guid>
			<link>https://%[1]s.example/1</link>%[2]s</item></channel></rss>`, source, text))
	}
}
