package story

import (
	"math"
	"slices"
)

const (
	postedTerms   = 25 // heaviest terms by which an item is found
	postedItems   = 64 // latest items by which a term is known
	maxCandidates = 96 // items that are compared in full
	maxStories    = 8  // stories that are scored
	bestMembers   = 4  // members to which an item must be close

	reach     = 96 * 3600.0 // seconds beyond which two items are not compared
	decay     = 20 * 3600.0 // seconds in which closeness falls to 1/e
	ownOutlet = 0.85        // closeness of two items of one outlet, which writes alike and repeats itself
	maxSpan   = 7 * 24 * 3600
	maxDaily  = 400 // reports of a story in a day
	shortItem = 40  // distinct terms below which an item counts as short
	fewTerms  = 4   // distinct terms below which an item says too little to be compared

	// The score at which an item joins a story, of long items and by how much
	// less of short ones: few words have few neighbours by chance, and few
	// chances to meet their own.
	closeEnough = 0.2
	shortEnough = 0.03
	perMember   = 0.01 // by how much more for each time that the story is e times as large
	centerShare = 0.3  // of the score, for the story's sum; the rest for its best members
	wholeEnough = 0.15 // mean closeness to all members

	// What is as close to other stories as to its own belongs to a running affair
	// and to none of its events: of the mean closeness to the nearest others, so
	// much counts against the score, beyond what is usual.
	againstOthers = 0.5
	nearestOthers = 5
	usualOthers   = 0.05

	// The likeness at which two stories that an item belongs to are one.
	likeEnough      = 0.6
	likeEnoughShort = 0.2 // by how much less if the item is short
)

// A match is how close an item is to a story.
type match struct {
	cluster *cluster
	score   float64
	closest *entry  // the member that is most like the item
	best    float64 // how like it is
	why     string  // why it was not joined; empty: it may be
}

// cosine is how alike two items are by their words, 0 to 1.
func cosine(a, b *entry) float64 {
	if a.norm == 0 || b.norm == 0 {
		return 0
	}
	return float64(dot(a.terms, b.terms)) / math.Sqrt(float64(a.norm)*float64(b.norm))
}

// closeness is the cosine of two items, less the longer they lie apart.
func closeness(a, b *entry) float64 {
	apart := math.Abs(float64(a.published - b.published))
	if apart > reach {
		return 0
	}
	like := cosine(a, b) * math.Exp(-apart/decay)
	if a.source == b.source {
		like *= ownOutlet
	}
	return like
}

// A candidate is an item that shares telling terms with another.
type candidate struct {
	*entry
	score float64 // closeness
}

func byScore(a, b candidate) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return int(a.number) - int(b.number)
}

// candidates returns the items that share telling terms with e, the closest
// first.
func (x *Index) candidates(e *entry) []candidate {
	x.touched = x.touched[:0]
	for _, t := range heaviest(e.terms, postedTerms) {
		x.posted.each(t.hash(), func(number uint32) {
			slot := &x.hits[number-x.first]
			if *slot == 0 {
				x.touched = append(x.touched, number)
			}
			*slot += uint32(t.weight() * t.weight())
		})
	}
	list := make([]candidate, 0, len(x.touched))
	for _, number := range x.touched {
		list = append(list, candidate{x.at(number), float64(x.hits[number-x.first])})
		x.hits[number-x.first] = 0
	}
	if len(list) > maxCandidates {
		slices.SortFunc(list, byScore)
		list = list[:maxCandidates]
	}
	for i := range list {
		list[i].score = closeness(e, list[i].entry)
	}
	slices.SortFunc(list, byScore)
	return list
}

// matches returns the stories of the candidates, the closest first. barred are
// entries that the item must not be joined by, and why.
func (x *Index) matches(e *entry, near []candidate, barred map[*entry]string) []match {
	if len(e.terms) < fewTerms {
		return nil
	}
	var found []match
	seen := map[*cluster]bool{}
	for _, c := range near {
		of := c.in()
		if seen[of] {
			continue
		}
		if seen[of] = true; len(seen) > maxStories {
			break
		}
		m := score(e, of, barred)
		if m.why == "" && m.score-elsewhere(e, of, near) < enough(e, 1) {
			m.why = "as close to other stories"
		}
		if m.closest != nil {
			found = append(found, m)
		}
	}
	slices.SortStableFunc(found, func(a, b match) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(a.closest.number) - int(b.closest.number)
	})
	return found
}

// elsewhere is how much speaks against a story because the item is close to
// others as well.
func elsewhere(e *entry, c *cluster, near []candidate) float64 {
	sum, n := 0.0, 0
	for _, o := range near {
		if n == nearestOthers {
			break
		}
		if o.in() != c {
			sum += o.score
			n++
		}
	}
	return againstOthers * (sum/nearestOthers - usualOthers) * (1 - shortness(e))
}

// shortness is 1 for an item of no words and 0 for one of shortItem terms.
func shortness(e *entry) float64 {
	return 1 - math.Min(1, float64(len(e.terms))/shortItem)
}

// enough is the score at which an item joins a story of so many members.
func enough(e *entry, members int) float64 {
	short := shortness(e)
	return closeEnough - shortEnough*short + perMember*(1-short)*math.Log(float64(members))
}

// score says how close an item is to a story: to its sum, to the best of its
// members, and to the mean of them. The last holds together what a running
// affair would else grow into.
func score(e *entry, c *cluster, barred map[*entry]string) match {
	m := match{cluster: c}
	var sum float64
	var best [bestMembers]float64
	list := c.recent()
	today, n := 0, 0
	for _, o := range list {
		if barred[o] != "" {
			m.why = barred[o]
			continue
		}
		like := closeness(e, o)
		n++
		sum += like
		if like > m.best || m.closest == nil {
			m.best, m.closest = like, o
		}
		for i := range best {
			if like > best[i] {
				like, best[i] = best[i], like
			}
		}
		if math.Abs(float64(o.published-e.published)) < 24*3600 {
			today++
		}
	}
	if m.closest == nil {
		if len(list) > 0 {
			m.closest = list[len(list)-1]
		}
		return m
	}
	top := 0.0
	for _, b := range best {
		top += b
	}
	top /= float64(min(n, bestMembers))
	center := 0.0
	if l := c.length(); l > 0 {
		center = sum * math.Sqrt(float64(e.norm)) / l
	}
	m.score = centerShare*center + (1-centerShare)*top
	switch {
	case m.score < enough(e, n):
		m.why = "too little in common"
	case sum/float64(n) < wholeEnough*(1-shortness(e)):
		m.why = "too little in common with the story as a whole"
	case e.published-c.opened(e) > maxSpan:
		m.why = "the story is too long ago"
	case today == len(list) && len(c.members) > maxDaily && e.published-c.members[len(c.members)-maxDaily].published < 24*3600:
		m.why = "the story has too many reports of one day"
	default:
		m.why = ""
	}
	return m
}
