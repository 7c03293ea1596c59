package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// aground is a text that papers of the cookbook share, or cut.
const aground = `A car ferry with 212 people aboard ran onto a sandbank in thick fog off the island of Skarholm early this
morning, the coastguard said. Nobody was reported hurt. The Lady Annis, which links Port Ellery with the outer islands,
struck the Hollow Sand about two miles short of its berth, shortly after the crew had slowed down because they could see
no further than the bow rail. Two lifeboats and a tug from Port Ellery are standing by until the next high water.`

// afloat is another report on the same.
const afloat = `Skarholm's ferry, the Lady Annis, went aground on the Hollow Sand before dawn with 212 people aboard. The
coastguard of Port Ellery said that nobody was hurt, and that lifeboats and a tug waited with the car ferry for the next
high water. The fog was so thick that her crew had lost sight of the bow, two miles from the berth at Skarholm; nobody on
the island, the harbourmaster said, had seen the sandbank so crowded.`

const bees = `Three million bees in the roof have moved the library of Villar to the house next door, where the council has
put up shelves for all of its nine thousand books. The bees had been there for years and are to stay, the mayor said.`

// A dispatch is what an outlet of the cookbook has in its feed.
type dispatch struct{ title, text, category, audio string }

// feedOf writes an outlet's feed, the first item of which was published at newest.
func feedOf(outlet string, items []dispatch, newest time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<rss version='2.0'><channel><title>%s</title><link>https://%s.example/</link>", outlet, outlet)
	for i, it := range items {
		fmt.Fprintf(&b, "<item><guid isPermaLink='false'>%s-%d</guid><title>%s</title><link>https://%s.example/%d</link><pubDate>%s</pubDate><description>%s</description>",
			outlet, i, html.EscapeString(it.title), outlet, i, newest.Add(-time.Duration(i)*time.Minute).UTC().Format(time.RFC1123Z), html.EscapeString(it.text))
		if it.category != "" {
			fmt.Fprintf(&b, "<category>%s</category>", it.category)
		}
		if it.audio != "" {
			fmt.Fprintf(&b, "<enclosure url='%s' type='audio/mpeg' length='9'/>", it.audio)
		}
		b.WriteString("</item>")
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// wishes are the invented news for each recipe of docs/cookbook.md, by its
// number, and the headlines that it is to publish.
var wishes = map[string]struct {
	outlets map[string][]dispatch
	want    []string
	without string // what no entry may hold
}{
	"1": {outlets: map[string][]dispatch{
		"gannet":   {{title: "Ferry aground off Skarholm", text: aground}, {title: "Bees on the roof", text: bees}},
		"skarholm": {{title: "Lady Annis waits for the tide", text: aground}},
		"tidewell": {{title: "Organ plays at low water", text: "The water organ of Grauhafen has a second register."}},
	}, want: []string{"Bees on the roof", "Ferry aground off Skarholm", "Organ plays at low water"}},
	"2": {outlets: map[string][]dispatch{
		"wire":     {{title: "Tide tables", text: "High water at eleven."}, {title: "Ferry with 212 aboard runs aground off Skarholm", text: "SKARHOLM (Meridian) — " + aground}},
		"gannet":   {{title: "Stuck in the fog", text: aground}},
		"skarholm": {{title: "Waiting for the tide", text: aground[:len(aground)-80]}},
	}, want: []string{"Ferry with 212 aboard runs aground off Skarholm", "Tide tables"}},
	"3": {outlets: map[string][]dispatch{
		"gannet":   {{title: "Ferry aground off Skarholm", text: aground}, {title: "Bees on the roof", text: bees}},
		"skarholm": {{title: "Bees keep the library", text: bees}, {title: "Ferry Lady Annis aground with 212", text: afloat}, {title: "Choir wins", text: strings.Repeat("The choir of Askel has won the cup of the coast for a song about herrings. ", 3)}},
		"local":    {{title: "Askel's choir has won", text: strings.Repeat("The choir of Askel has won the cup of the coast for a song about herrings. ", 3)}},
	}, want: []string{"Ferry Lady Annis aground with 212"}},
	"4": {outlets: map[string][]dispatch{
		"gannet":   {{title: "Two ferries collide gently", text: "Nobody spilled tea."}, {title: "The harbourmaster retires", text: "After forty years."}, {title: "A fairy tale ferry", text: "For children, a fairy tale."}},
		"skarholm": {{title: "Lady Annis painted", text: "She is blue now."}, {title: "Sheep on the dyke", text: "The Lady Annis passed them."}},
	}, want: []string{"Lady Annis painted", "The harbourmaster retires", "Two ferries collide gently"}},
	"5": {outlets: map[string][]dispatch{
		"gannet": {{title: "Footballs found on the beach", text: "Nine of them."}, {title: "A quiet day", text: "Nothing happened."}, {title: "Rovers lose", text: "On penalties.", category: "Sport"}},
	}, want: []string{"A quiet day"}},
	"6": {outlets: map[string][]dispatch{
		"gannet":       {{title: "Lighthouse keeper retires", text: "The keeper of the light retires today after nine years, and has asked the council for a lamp of his own."}},
		"kuestenblatt": {{title: "Orgel spielt jetzt auch bei Ebbe", text: "Die Wasserorgel an der Mole hat ein zweites Register bekommen und spielt nun auch bei Ebbe, eine Quarte tiefer."}},
		"ribera":       {{title: "Las abejas se quedan con la biblioteca", text: "El ayuntamiento traslada los libros porque en el tejado viven desde hace años tres millones de abejas."}},
	}, want: []string{"Lighthouse keeper retires", "Orgel spielt jetzt auch bei Ebbe"}},
	"7": {outlets: map[string][]dispatch{
		"gannet": {{title: "The whale that keeps time", text: essay}, {title: "Live: the whale", text: essay + "Live.", category: "live"}, {title: "Whale seen", text: "Off the point."}},
	}, want: []string{"The whale that keeps time"}},
	"8": {outlets: map[string][]dispatch{
		"ticker": {{title: "First tick", text: "One."}, {title: "Second tick", text: "Two herrings."}, {title: "Third tick", text: "Three boats."}, {title: "Fourth tick", text: "Four gulls."}},
		"gannet": {{title: "Council meets", text: "At eight."}},
	}, want: []string{"Council meets", "First tick", "Second tick"}},
	"9": {outlets: map[string][]dispatch{
		"gannet":   {{title: "Choir wins", text: strings.Repeat("The choir of Askel has won the cup of the coast for a song about herrings. ", 3)}, {title: "Ferry aground off Skarholm", text: aground}},
		"skarholm": {{title: "Askel's choir has won", text: strings.Repeat("The choir of Askel has won the cup of the coast for a song about herrings. ", 3)}},
		"tidewell": {{title: "Lady Annis waits for the tide", text: aground}},
	}, want: []string{"Ferry aground off Skarholm"}},
	"10": {outlets: map[string][]dispatch{
		"gannet": {{title: "For members: the tide tables", text: "High water is at eleven, and whoever reads this has paid for it."}},
	}, want: []string{"For members: the tide tables"}, without: "has paid for it"},
	"11": {outlets: map[string][]dispatch{}, want: []string{"Harbour dues for next year", "On the dredging of the channel"}},
	"12": {outlets: map[string][]dispatch{
		"gannet":       {{title: "Ferry aground off Skarholm", text: aground}},
		"skerry-radio": {{title: "The night on the Hollow Sand", text: aground, audio: "https://skerry-radio.example/1.mp3"}, {title: "Programme notes", text: "For the week."}},
	}, want: []string{"The night on the Hollow Sand"}},
}

// essay is a text of some length.
var essay = func() string {
	var b strings.Builder
	for i := range 60 {
		fmt.Fprintf(&b, "On day %d of the watch the whale passed the point at %d minutes past the hour, as the log says. ", i+1, (i*7)%60)
	}
	return b.String()
}()

const council = `<html><body><ul><li class="paper"><h3>Harbour dues for next year</h3><a href="/papers/1">read</a> <time datetime="2026-03-01">1 March</time></li>
<li class="paper"><h3>On the dredging of the channel</h3><a href="/papers/2">read</a> <time datetime="2026-02-20">20 February</time></li><li>Imprint</li></ul></body></html>`

// TestCookbook lets the program run by every recipe, word for word but for
// where the feeds are.
func TestCookbook(t *testing.T) {
	t.Setenv("GANNET_TOKEN", "gannet-secret")
	t.Setenv("TOPIC_TOKEN", "topic-secret-of-some-length")
	parts := regexp.MustCompile("(?ms)^## (\\d+)\\. (.*?)\n.*?^```yaml\n(.*?)^```").FindAllStringSubmatch(read(t, "docs", "cookbook.md"), -1)
	if len(parts) != len(wishes) {
		t.Errorf("%d recipes, and news for %d", len(parts), len(wishes))
	}
	for _, m := range parts {
		t.Run(m[1]+" "+m[2], func(t *testing.T) {
			w := wishes[m[1]]
			// Who printed a story first leads it: the outlets follow each other by
			// their names, whichever of them is asked first.
			outlets, began := slices.Sorted(maps.Keys(w.outlets)), time.Now().Add(-time.Minute)
			origin := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
				items, known := w.outlets[name]
				switch {
				case name == "council":
					fmt.Fprint(rw, council)
				case !known, m[1] == "10" && r.Header.Get("Authorization") != "Bearer gannet-secret":
					http.NotFound(rw, r)
				default:
					fmt.Fprint(rw, feedOf(name, items, began.Add(time.Duration(slices.Index(outlets, name))*time.Second)))
				}
			}))
			t.Cleanup(origin.Close)
			text := regexp.MustCompile(`https://([a-z-]+)\.example/`).ReplaceAllString(m[3], origin.URL+"/$1/")
			dir := t.TempDir()
			at := []string{"--config", filepath.Join(dir, "feeds.yaml"), "--store", filepath.Join(dir, "wireroom.db")}
			write(t, at[1], text+"defaults: {allow_private: true}\npolling: {host_gap: 0s}\n")
			topic := regexp.MustCompile(`(?m)^topics:\n  ([a-z-]+):`).FindStringSubmatch(text)[1]

			var out, errOut bytes.Buffer
			if code := run(t.Context(), append([]string{"once", "--out", filepath.Join(dir, "public")}, at...), nil, &out, &errOut); code != exitOK {
				t.Fatalf("once: exit code %d, %s", code, &errOut)
			}
			out.Reset()
			if code := run(t.Context(), append([]string{"preview", "--json", topic}, at...), nil, &out, &errOut); code != exitOK {
				t.Fatalf("preview: exit code %d, %s", code, &errOut)
			}
			var feed struct{ Items []struct{ Title string } }
			if err := json.Unmarshal(out.Bytes(), &feed); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, it := range feed.Items {
				got = append(got, it.Title)
			}
			slices.Sort(got)
			if !slices.Equal(got, w.want) {
				run(t.Context(), append([]string{"explain", "https://skarholm.example/0"}, at...), nil, &errOut, &errOut)
				t.Errorf("it publishes %q, not %q\n%s", got, w.want, built.Tail(errOut.String(), 9))
			}
			if w.without != "" && strings.Contains(out.String(), w.without) {
				t.Errorf("it publishes %q", w.without)
			}
		})
	}
}
