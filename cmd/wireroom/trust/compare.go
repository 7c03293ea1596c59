package trust

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Findings are the differences between a model and what a program has of it:
// each a sentence. None is the only good number.
type Findings struct {
	Lost    []string
	Doubled []string
	Torn    []string // entries and documents that are not what was written
	Moved   []string // ids that are another than readers have seen
}

// String counts the findings and tells the first of each kind.
func (f Findings) String() string {
	s := fmt.Sprintf("%d lost, %d doubled, %d torn, %d ids changed", len(f.Lost), len(f.Doubled), len(f.Torn), len(f.Moved))
	for _, list := range [][]string{f.Lost, f.Doubled, f.Torn, f.Moved} {
		if len(list) > 0 {
			s += "; " + strings.Join(list[:min(len(list), 3)], "; ")
		}
	}
	return s
}

// Any reports whether there is a difference.
func (f Findings) Any() bool { return len(f.Lost)+len(f.Doubled)+len(f.Torn)+len(f.Moved) > 0 }

// Compare holds the records of a store, in the order of the log, against the
// lists: what the poller has acknowledged must be there, and if settled, which
// is when every source was polled once more after a fault, all that was ever
// sent.
func (m *Model) Compare(records []news.Record, settled bool) Findings {
	must := m.Held()
	if settled {
		m.mu.Lock()
		for name, l := range m.lists {
			must[name] = Held{l.served, l.edits}
		}
		m.mu.Unlock()
	}
	return m.CompareWith(records, must)
}

// A Held is what there must be of a list: entries 0 to Entries-1, and the
// revisions of those of 0 to Edits-1 that are revised.
type Held struct{ Entries, Edits int }

// Held returns what the poller has acknowledged of each list until now.
func (m *Model) Held() map[string]Held {
	m.mu.Lock()
	defer m.mu.Unlock()
	held := map[string]Held{}
	for name, l := range m.lists {
		held[name] = Held{l.held, l.heldEdits}
	}
	return held
}

// CompareWith holds the records of a store against the lists, of which there
// must be as much as is said.
func (m *Model) CompareWith(records []news.Record, all map[string]Held) (f Findings) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keys := map[string]news.Key{}
	revisions := map[string][]string{} // by guid, the texts in the order of the log
	for _, r := range records {
		guid := r.Item.GUID
		if key, ok := keys[guid]; ok && key != r.Item.Key() {
			f.Doubled = append(f.Doubled, guid+" is two items")
		}
		keys[guid] = r.Item.Key()
		revisions[guid] = append(revisions[guid], r.Item.HTML)
	}
	for name, l := range m.lists {
		for n := range l.shown {
			e := m.entry(name, n, 0)
			texts := revisions[e.guid]
			delete(revisions, e.guid)
			must, revised := n < all[name].Entries, n < all[name].Entries && revisionOf(n, all[name].Edits) > 1
			f.entry(e, m.entry(name, n, n+1), texts, must, revised && Kind(name) == Desk)
		}
	}
	for guid := range revisions {
		f.Torn = append(f.Torn, fmt.Sprintf("%q was never sent", guid))
	}
	return f
}

// entry holds the stored texts of one entry against it and its revision.
func (f *Findings) entry(e, revision entry, texts []string, must, revised bool) {
	known := map[string]int{}
	for _, text := range texts {
		if text != e.html && text != revision.html {
			f.Torn = append(f.Torn, fmt.Sprintf("%s is %.60q", e.guid, text))
		}
		if known[text]++; known[text] > 1 {
			f.Doubled = append(f.Doubled, e.guid+" has two records of one text")
		}
	}
	switch {
	case must && len(texts) == 0:
		f.Lost = append(f.Lost, e.guid)
	case revised && known[revision.html] == 0:
		f.Lost = append(f.Lost, e.guid+", revised")
	}
}

// A Ledger is what readers have seen: the id of every entry, by its link.
type Ledger map[string]string

// read is a JSON Feed, as far as the programme reads it.
type read struct {
	Items []struct {
		ID        string
		URL       string
		Extension struct {
			Also []struct{ URL string }
		} `json:"_wireroom"`
	}
}

// Published holds a topic's JSON Feed against the lists of a kind: every entry
// stands in it once, under the id that the ledger has of it, in which it is
// noted. Where not settled, what readers have not seen yet may be missing.
func (m *Model) Published(ledger Ledger, kind string, feed []byte, settled bool) (f Findings) {
	var doc read
	if err := json.Unmarshal(feed, &doc); err != nil {
		f.Torn = append(f.Torn, fmt.Sprintf("the feed of %s: %v", kind, err))
		return f
	}
	seen, ids := map[string]bool{}, map[string]bool{}
	for _, it := range doc.Items {
		if ids[it.ID] {
			f.Doubled = append(f.Doubled, it.ID+" stands twice")
		}
		ids[it.ID] = true
		if was, ok := ledger[it.URL]; ok && was != it.ID {
			f.Moved = append(f.Moved, fmt.Sprintf("%s had the id %s and has %s", it.URL, was, it.ID))
		}
		ledger[it.URL] = it.ID
		links := []string{it.URL}
		for _, also := range it.Extension.Also {
			links = append(links, also.URL)
		}
		for _, link := range links {
			if seen[link] {
				f.Doubled = append(f.Doubled, link+" is published twice")
			}
			seen[link] = true
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, l := range m.lists {
		if Kind(name) != kind {
			continue
		}
		for n := range l.served {
			link := m.entry(name, n, 0).link
			if _, known := ledger[link]; !seen[link] && (settled || known) {
				f.Lost = append(f.Lost, link+" is not published")
			}
		}
	}
	return f
}

// passing are the parts of a feed that follow when it was filed, and not what:
// the instant at which the feed as a whole changed, and where its archive
// begins, which is written at leisure.
var passing = regexp.MustCompile(`<(lastBuildDate|pubDate|updated)>[^<]*</(lastBuildDate|pubDate|updated)>|[^\n]*/archive/[0-9]+\.[^\n]*\n`)

// Timeless returns a feed without that: what two programs that have filed the
// same at different times must have in common, byte for byte. Instants of
// entries stay.
func Timeless(feed []byte) string {
	text := string(feed)
	end := len(text)
	for _, entry := range []string{"<item>", "<item ", "<entry>", "<entry ", `"items"`} {
		if i := strings.Index(text, entry); i >= 0 {
			end = min(end, i)
		}
	}
	return passing.ReplaceAllString(text[:end], "") + text[end:]
}
