package story

import (
	"math/bits"
	"time"
)

// DefaultWindow is how long an item stays in the index after its publication.
const DefaultWindow = 7 * 24 * time.Hour

// DefaultMost is how many items an index holds, whatever their dates say: those
// of a week of 143,000 a day, in about 2.2 GB. It is there so that no flood of items
// takes all memory: where an address has 32 bits there are two or three gigabytes of it
// for all, and an index holds a quarter.
const DefaultMost = 1_000_000 >> ((64 - bits.UintSize) / 16)

// Options of an Index. The zero value is the default configuration.
type Options struct {
	Window    time.Duration // how far back items are compared; 0: DefaultWindow
	Most      int           // items in the index, of which the oldest leave it first; 0: DefaultMost
	Overrides []Override    // what a user decided, in any order
}

// An Override is a user's decision about one item, which comes before the
// index's own. It names items and stories by their slugs, which do not change
// when stories are made again from the log.
type Override struct {
	Action Action
	Story  string // id of a story: the slug of its first item
	Item   string // slug of an item, see news.Key
}

// An Action is what an Override does.
type Action string

// The actions of an Override.
const (
	ActionSplit Action = "split" // Item never belongs to Story; if it opened it, nothing else does
	ActionJoin  Action = "join"  // Item belongs to Story, or to the story that it became part of
)

// overrides is how the index looks them up.
type overrides struct {
	split map[string]map[string]bool // item → stories that it is kept out of
	alone map[string]bool            // items that opened a story and are kept alone in it
	join  map[string]string          // item → story
	named map[string]bool            // items that are named in any of these
}

func newOverrides(list []Override) overrides {
	o := overrides{map[string]map[string]bool{}, map[string]bool{}, map[string]string{}, map[string]bool{}}
	for _, v := range list {
		o.named[v.Story], o.named[v.Item] = true, true
		switch {
		case v.Action == ActionJoin:
			o.join[v.Item] = v.Story
		case v.Item == v.Story:
			o.alone[v.Item] = true
		default:
			if o.split[v.Item] == nil {
				o.split[v.Item] = map[string]bool{}
			}
			o.split[v.Item][v.Story] = true
		}
	}
	return o
}

// allow reports whether an item may join a story.
func (o *overrides) allow(slug, story string) bool {
	if len(o.named) == 0 {
		return true
	}
	return !o.alone[slug] && !o.alone[story] && !o.split[slug][story]
}
