package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/story"
	"github.com/wireroom/wireroom/internal/built"
)

var windowFlag = flag.Int("window", 2000, "items of the large window of stories; the small one has a hundredth")

// mostOfLarge is by how much an item may cost more with a hundred times as many
// in the window.
const mostOfLarge = 1.2

// TestWindow gives two programs news of one kind, of which the one has a hundred times
// as much in its window, and tells what an item costs each, collecting garbage and
// reading lines included.
func TestWindow(t *testing.T) {
	large, small := newReader(t, *windowFlag), newReader(t, *windowFlag/100)
	all := []*reader{large, small}
	turns, turn := max(4, *windowFlag/25_000), max(20, *windowFlag/200) // so that the large one collects garbage a few times
	for _, r := range all {
		r.give(r.window + r.window/20) // so that each item pushes another out
	}
	took := map[*reader][]time.Duration{}
	var ratios []float64
	for range turns {
		for _, r := range all {
			took[r] = append(took[r], r.give(turn))
		}
		ratios = append(ratios, float64(took[large][len(ratios)])/float64(took[small][len(ratios)]))
	}
	mean := func(r *reader) time.Duration {
		sum := time.Duration(0)
		for _, d := range took[r] {
			sum += d
		}
		return sum / time.Duration(turns*turn)
	}
	ratio := float64(mean(large)) / float64(mean(small))
	t.Logf("%d and %d items in the window: %v and %v an item, %.2f times (to reach: %.1f); the median of %d turns %.2f",
		small.window, large.window, mean(small), mean(large), ratio, mostOfLarge, turns, median(ratios))
	for _, r := range all {
		told, copies, reports := r.end()
		t.Logf("of %d items %.1f %% are told to be copies, and %.1f %% reports", told, 100*copies, 100*reports)
		if told != r.given || copies < 0.02 {
			t.Errorf("of %d items %d were told, not all of them as what they are", r.given, told)
		}
	}
}

// A reader is a program that reads lines and has the last so many in its window.
type reader struct {
	child
	press  *press
	window int
	given  int
	in     io.WriteCloser
	out    string
	begin  time.Time
}

// itemsOfFeed is how many items of the window a feed has.
const itemsOfFeed = 30

func newReader(t *testing.T, window int) *reader {
	t.Helper()
	r := &reader{
		press:  &press{lang: theLanguage(), feeds: max(1, window/itemsOfFeed), now: time.Now(), names: names(window)},
		window: window, out: filepath.Join(t.TempDir(), "told"), begin: time.Now(),
	}
	out, err := os.Create(r.out)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(built.Program(t), "stories", "--json", "-")
	cmd.Stdout = out
	if r.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	r.child = child{built.Start(t, cmd), t}
	return r
}

// names is how many there are for each telling word: as many times as the window is
// larger, so that each stands in as many items of the one as of the other, and an item
// has no more that are like it by chance.
func names(window int) int { return max(1, window/10_000) }

// give lets the program read so many more lines, and returns what that took of the
// processor.
func (r *reader) give(n int) time.Duration {
	r.t.Helper()
	begin := r.cpu()
	lines := bufio.NewWriterSize(r.in, 1<<16)
	for range n {
		if _, err := lines.Write(r.line()); err != nil {
			r.t.Fatal(err)
		}
		r.given++
	}
	if err := lines.Flush(); err != nil {
		r.t.Fatal(err)
	}
	const look = 200 * time.Millisecond
	for last := r.cpu(); ; {
		time.Sleep(look)
		now := r.cpu()
		if float64(now-last) < quiet*float64(look) {
			return now - begin
		}
		last = now
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

// line is the next item: of each feed one, then of each the next. A window's worth
// of them is as long as the window.
func (r *reader) line() []byte {
	feed, n := r.given%r.press.feeds, r.given/r.press.feeds
	e := r.press.entry(outlet{number: feed, pace: time.Hour}, n)
	line, err := json.Marshal(map[string]any{
		"id": e.id, "source": sourceName(feed), "title": e.title, "url": e.link, "lang": "en",
		"text": html.UnescapeString(tag.ReplaceAllString(e.body, " ")),
		"time": r.begin.Add(story.DefaultWindow / time.Duration(r.window) * time.Duration(r.given)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return append(line, '\n')
}

// end lets the program end, and returns how many items it told, and which shares of
// them to be copies and reports.
func (r *reader) end() (told int, copies, reports float64) {
	r.t.Helper()
	r.in.Close()
	for !r.Ended() {
		time.Sleep(10 * time.Millisecond)
	}
	out, err := os.ReadFile(r.out)
	if err != nil {
		r.t.Fatal(err)
	}
	told = bytes.Count(out, []byte("\n"))
	share := func(kind string) float64 { return float64(bytes.Count(out, []byte(kind))) / float64(told) }
	return told, share(`"kind":"copy"`), share(`"kind":"report"`)
}
