package news

import (
	"cmp"
	"time"
)

// A Kind says how an item came to its story.
type Kind string

// The kinds of membership.
const (
	KindNew    Kind = "new"    // the first item of its story
	KindSame   Kind = "same"   // the same item by exact identity: link, guid, or title and text
	KindCopy   Kind = "copy"   // the same text, lightly edited, trimmed or with another headline
	KindReport Kind = "report" // another text on the same event
)

// A Decision says which story an item belongs to, and why. There is one for
// each item; a later revision of the item may replace it.
type Decision struct {
	Seq      int64    `json:"seq"`    // of the record that was decided upon
	Key      Key      `json:"key"`    // of the item
	Story    string   `json:"story"`  // id of the story: the slug of its first item
	Copies   string   `json:"copies"` // id of the copy group within the story: the slug of the group's first item
	Kind     Kind     `json:"kind"`
	Of       Key      `json:"of,omitzero"`      // the member that it was recognised by
	Score    float64  `json:"score"`            // 0 to 1
	Family   string   `json:"family"`           // the publisher that is counted
	Agency   string   `json:"agency,omitempty"` // the wire that the text is from, by its mark
	Evidence Evidence `json:"evidence,omitzero"`
	Nearest  *Near    `json:"nearest,omitempty"` // the closest item that it was not merged with
	Absorbs  []string `json:"absorbs,omitempty"` // ids of stories that this decision joined to Story
	Sketch   []byte   `json:"-"`                 // the item's fingerprint, from which the index is made again after a restart
}

// Evidence is what a decision rests on, to be shown to a person.
type Evidence struct {
	Rule     string        `json:"rule,omitempty"`     // such as "canonical link", "containment", "cluster"
	Passages []string      `json:"passages,omitempty"` // text that both have
	Terms    []string      `json:"terms,omitempty"`    // telling words that both have
	Names    []string      `json:"names,omitempty"`    // names and numbers that both have
	Apart    time.Duration `json:"apart,omitempty"`    // between the two instants of publication
	Note     string        `json:"note,omitempty"`
}

// Near is the closest item that an item was not merged with, and why not.
type Near struct {
	Key   Key     `json:"key"`
	Story string  `json:"story"`
	Score float64 `json:"score"`
	Why   string  `json:"why"`
}

// A Member is an item within a story.
type Member struct {
	First    int64 // Seq of the item's first record; 0: not stored yet
	Record   Record
	Decision Decision
	Outlet   Outlet
}

// Since is the member's place in the order of the log: that of its item's first
// record, whatever came of it later.
func (m *Member) Since() int64 {
	if m.First != 0 {
		return m.First
	}
	return m.Record.Seq
}

// Publisher is whom the member counts for as an independent report: the agency
// whose text it carries, else the outlet's family.
func (m *Member) Publisher() string {
	if m.Decision.Agency != "" {
		return m.Decision.Agency
	}
	return m.Decision.Family
}

// Family is the publisher that a reader would name. Outlets that carry one agency's
// text stay apart here: they are counted once, but they are several places to read it.
func (m *Member) Family() string {
	return cmp.Or(m.Outlet.Family, m.Decision.Family, m.Record.Item.Source)
}

// A Story is the items that tell the same news, in the order of the log.
type Story struct {
	ID      string
	Members []Member
}

// Families returns the publishers that report the story, each once, in the
// order of their first report. Outlets that carry one agency's text count as
// that agency, once.
func (s *Story) Families() []string {
	var names []string
	seen := map[string]bool{}
	for i := range s.Members {
		name := s.Members[i].Publisher()
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// An Outlet is a source as readers are shown it.
type Outlet struct {
	Source   string            `json:"source"`
	Title    string            `json:"title"`
	Feed     string            `json:"feed,omitempty"` // address of the feed, without credentials
	FeedID   string            `json:"feed_id,omitempty"`
	Link     string            `json:"link,omitempty"` // address of the site
	Family   string            `json:"family,omitempty"`
	Tags     []string          `json:"tags,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"`
	Priority int               `json:"priority,omitempty"`
	Language string            `json:"language,omitempty"`
	Rights   string            `json:"rights,omitempty"`
	Icon     string            `json:"icon,omitempty"`
	Content  ContentPolicy     `json:"content,omitempty"`
}
