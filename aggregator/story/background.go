package story

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"github.com/zeebo/xxh3"
)

// What is common in any news, before the index has seen much: without it a
// headline's "says" and "after" weigh as much as its names.
//
// Each file of the directory is a language's: on each line a stem, and in how
// many of a thousand items it stands in the title or the lead, three at least.
// They were counted over a day's news of some two hundred outlets, without
// numbers, which belong to their day; of names, countries and capitals are common
// on any day, and the others fade as the index fills. A language that has no file
// begins with its function words and learns the rest.
//
//go:embed background
var backgrounds embed.FS

// backgroundItems is how many items an empty index is taken to have seen whose
// words it knows, and coldStart of how many it knows nothing.
const (
	backgroundItems = 1000
	coldStart       = 1000
)

// background is the counts of an empty index, by terms cut to dfBits.
var background = sync.OnceValue(func() []uint16 {
	counts := make([]uint16, 1<<dfBits)
	files, _ := backgrounds.ReadDir("background")
	for _, f := range files {
		text, _ := backgrounds.ReadFile("background/" + f.Name())
		for line := range strings.Lines(string(text)) {
			var stem string
			var n uint16
			if _, err := fmt.Sscan(line, &stem, &n); err != nil {
				panic(fmt.Sprintf("story: %s: %q: %v", f.Name(), line, err)) // a part of the program is damaged
			}
			counts[uint32(xxh3.HashString(stem))>>(32-termBits)&(1<<dfBits-1)] += n
		}
	}
	return counts
})
