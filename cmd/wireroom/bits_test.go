package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestSameOn32Bits gives the program, and the one for 32 bits, the same items: they
// say the same of them, and each publishes the store that the other has written, to
// the byte.
func TestSameOn32Bits(t *testing.T) {
	t.Parallel()
	if host := runtime.GOOS + "/" + runtime.GOARCH; host != "linux/amd64" {
		t.Skipf("%s does not run programs for linux/386", host)
	}
	bins, dir := []string{built.Program(t), built.Program(t, "GOARCH=386")}, t.TempDir()
	var lines strings.Builder
	feeds := retold(rand.New(rand.NewPCG(1, 2)), &lines)
	write(t, filepath.Join(dir, "items.jsonl"), lines.String())
	config := "store: wireroom.db\nretention: forever\ntopics:\n  all: {title: All, limit: 10000, content: full}\nsources:\n"
	for i, feed := range feeds {
		write(t, filepath.Join(dir, fmt.Sprintf("%d.xml", i)), feed)
		config += fmt.Sprintf("  s%d: {url: \"file:%[1]d.xml\", language: en}\n", i)
	}
	write(t, filepath.Join(dir, "feeds.yaml"), config)
	output := func(bin string, args ...string) []byte {
		cmd := exec.Command(bin, args...)
		cmd.Dir = dir
		var log bytes.Buffer
		cmd.Stderr = &log
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, log.String())
		}
		return out
	}
	told := output(bins[0], "stories", "--json", "items.jsonl")
	if !bytes.Equal(told, output(bins[1], "stories", "--json", "items.jsonl")) || bytes.Count(told, []byte(`"kind":"report"`)) < 50 {
		t.Errorf("of %d reports not the same is said", bytes.Count(told, []byte(`"kind":"report"`)))
	}
	for _, order := range [][]string{{bins[0], bins[1]}, {bins[1], bins[0]}} {
		if err := os.RemoveAll(filepath.Join(dir, "wireroom.db")); err != nil {
			t.Fatal(err)
		}
		var published [2]string
		for i, bin := range order {
			output(bin, "once", "--out", "out")
			for _, form := range []string{"rss", "atom", "json"} {
				text, err := os.ReadFile(filepath.Join(dir, "out", "topics", "all."+form))
				if err != nil {
					t.Fatal(err)
				}
				published[i] += string(text)
			}
			if err := os.RemoveAll(filepath.Join(dir, "out")); err != nil { // or what stands there might stay
				t.Fatal(err)
			}
		}
		if published[0] != published[1] || strings.Count(published[0], "</entry>") < 50 {
			t.Errorf("of %d entries not the same is published", strings.Count(published[0], "</entry>"))
		}
	}
}

// retold makes feeds of outlets that retell each other's news, with dates of many
// forms, and the same items as lines.
func retold(rng *rand.Rand, lines *strings.Builder) (feeds [3]string) {
	begin := time.Now().UTC().Truncate(time.Hour).Add(-48 * time.Hour)
	sentence := func(event, words int) string {
		var s []string
		for range words {
			if rng.IntN(3) == 0 {
				s = append(s, []string{"the", "of", "and", "harbour", "council", "said", "after"}[rng.IntN(7)])
			} else {
				s = append(s, fmt.Sprintf("w%c%c%c", 'a'+event%26, 'a'+event/26, 'a'+rng.IntN(26)), fmt.Sprintf("Na%c%c%c", 'a'+event%26, 'a'+event/26, 'a'+rng.IntN(12)))
			}
		}
		return strings.Join(s, " ") + "."
	}
	for i := range 400 {
		at, outlet := begin.Add(time.Duration(i)*5*time.Minute), i%len(feeds)
		title, text := sentence(i/4, 6), sentence(i/4, 40)
		line, err := json.Marshal(map[string]any{"id": fmt.Sprint(i), "source": fmt.Sprint("s", outlet), "title": title, "text": text, "time": at, "lang": "en"})
		if err != nil {
			panic(err) // texts and a time
		}
		fmt.Fprintf(lines, "%s\n", line)
		date := []string{at.Format(time.RFC1123Z), at.Format("20060102T150405Z"), fmt.Sprint(at.UnixMilli()), fmt.Sprint(at.Unix())}[i%4]
		feeds[outlet] += fmt.Sprintf("<item><guid>%d</guid><title>%s</title><link>https://s%d.example/%d</link><pubDate>%s</pubDate><description>%s</description></item>\n",
			i, html.EscapeString(title), outlet, i, date, html.EscapeString(text))
	}
	for i := range feeds {
		feeds[i] = fmt.Sprintf("<rss version=\"2.0\"><channel><title>Outlet %d</title><link>https://s%[1]d.example/</link>\n%s</channel></rss>", i, feeds[i])
	}
	return feeds
}
