package news

import "time"

// A Topic is a rule over stories, published as one merged feed in three formats.
type Topic struct {
	Name        string   // slug; its place in addresses
	Formerly    []string `json:",omitempty"` // names that it had, the first one first
	Title       string
	Description string
	From        []string // names of the sources it takes from, resolved and sorted; nil: all
	Match       Match
	Where       string   // expression; empty: true
	Language    []string // primary subtags that are taken; nil: all

	Limit        int            // stories in the feed
	Window       time.Duration  // age of the oldest story; 0: any
	MaxPerSource int            // stories led by one source in the feed; 0: any
	MinFamilies  int            // independent publishers that must report a story
	Spread       map[string]int // label of a source → distinct values that must report a story
	Sort         Sort
	Content      ContentPolicy
	Stories      Merge
	Lead         LeadPolicy
	Token        string // secret that a reader must know; empty: public
	Hub          string // address of the topic's WebSub hub; empty: none
}

// Minted is the name that the ids of a topic and its entries are made of: a
// topic that is renamed keeps them.
func (t Topic) Minted() string {
	if len(t.Formerly) > 0 {
		return t.Formerly[0]
	}
	return t.Name
}

// Match is what a story's words must fulfil: all of All, at least one of Any
// (if there are any), none of None. See package topic for the form of a term.
type Match struct {
	All, Any, None []string
}

// A Sort is the order of a topic's feed.
type Sort string

// The orders of a topic's feed.
const (
	SortPublished Sort = "published" // newest publication first; the default
	SortUpdated   Sort = "updated"   // newest change first
)

// A Merge says which items of a topic become one entry.
type Merge string

// The ways of merging.
const (
	MergeStories Merge = "merge"  // the reports and copies of one event; the default
	MergeCopies  Merge = "copies" // only copies of one text
	MergeOff     Merge = "off"    // every item for itself
)

// A LeadPolicy says which member of a story is shown.
type LeadPolicy string

// The policies. Ties go to the higher priority, then to the earlier item.
const (
	LeadPriority LeadPolicy = "priority" // the source with the highest priority; the default
	LeadEarliest LeadPolicy = "earliest"
	LeadFullest  LeadPolicy = "fullest"  // the longest text
	LeadOriginal LeadPolicy = "original" // the original of the copies: the agency's own, else the earliest
)
