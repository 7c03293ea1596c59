package story

import (
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

const (
	maxPassages = 3   // passages, terms and names that evidence shows
	maxPassage  = 160 // length of a passage in bytes
	maxEvidence = 8
)

// evidence is what an item and another have in common, in the item's words.
func (r *reading) evidence(e, other *entry) news.Evidence {
	var v news.Evidence
	v.Apart = time.Duration(e.published-other.published) * time.Second
	if v.Apart < 0 {
		v.Apart = -v.Apart
	}
	v.Passages = r.passages(other.shingles)
	type common struct {
		weight int64
		tally
	}
	var room [maxTerms]common
	list := room[:0]
	for i, j := 0, 0; i < len(r.tallies) && j < len(other.terms); {
		switch a, b := r.tallies[i].hash, other.terms[j].hash(); {
		case a < b:
			i++
		case a > b:
			j++
		default:
			t := r.tallies[i]
			t.flags |= other.terms[j].flags() &^ termTitle
			list = append(list, common{other.terms[j].weight(), t})
			i++
			j++
		}
	}
	slices.SortStableFunc(list, func(a, b common) int { return int(b.weight - a.weight) })
	for _, c := range list {
		word := r.word(int(c.at))
		if c.flags&(termNumber|termName) != 0 && len(v.Names) < maxEvidence {
			v.Names = append(v.Names, word)
		} else if c.flags&(termNumber|termName) == 0 && len(v.Terms) < maxEvidence {
			v.Terms = append(v.Terms, word)
		}
	}
	return v
}

// word is what stands in the title and the text at a place.
func (r *reading) word(at int) string {
	if at < len(r.head) {
		return r.title[r.head[at].start:r.head[at].end]
	}
	t := r.body[at-len(r.head)]
	return r.text[t.start:t.end]
}

// passages returns the longest stretches of the item's text whose sampled
// shingles another text has as well.
func (r *reading) passages(hashes []uint32) []string {
	type stretch struct{ from, to int }
	var list []stretch
	open := false
	for _, s := range r.kept {
		if _, both := slices.BinarySearch(hashes, s.hash); !both {
			open = false
			continue
		}
		end := min(s.at+shingleWords, len(r.body))
		if open && s.at-list[len(list)-1].to <= 2*restRate {
			list[len(list)-1].to = end
			continue
		}
		list = append(list, stretch{s.at, end})
		open = true
	}
	slices.SortStableFunc(list, func(a, b stretch) int { return (b.to - b.from) - (a.to - a.from) })
	var out []string
	for _, s := range list[:min(len(list), maxPassages)] {
		out = append(out, clip(r.text[r.body[s.from].start:r.body[s.to-1].end]))
	}
	return out
}

// clip shortens a passage at a space, and folds its white space.
func clip(s string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(s) {
		if b.Len() > maxPassage { // of a long one the rest is not looked at
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	if s = b.String(); len(s) <= maxPassage {
		return s
	}
	cut := maxPassage
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	if i := strings.LastIndexByte(s[:cut], ' '); i > maxPassage/2 {
		cut = i
	}
	return s[:cut] + "…"
}
