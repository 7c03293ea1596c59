package story

import (
	"cmp"
	"math"
	"slices"
)

// A cluster is a story as the index knows it: the items that represent it.
// Copies are not among them, since they say nothing that is not said already.
type cluster struct {
	id      string
	entries int // live entries of any kind
	members []*entry
	into    *cluster // the story that absorbed it; nil: none did

	// spread is the squared length of the sum of the recent members' vectors;
	// -1: to be computed again.
	spread int64
}

const (
	recentMembers = 32 // members of a story that an item is compared with
	postedTerms   = 25 // heaviest terms by which an item is found
	postedItems   = 64 // latest items by which a term is known
	maxCandidates = 96 // items that are compared in full
	maxStories    = 8  // stories that are scored
	bestMembers   = 4  // members to which an item must be close

	reach = 96 * 3600.0 // seconds beyond which two items are not compared

	maxSpan   = 7 * 24 * 3600
	maxDaily  = 400 // reports of a story in a day
	shortItem = 40  // distinct terms below which an item counts as short
	fewTerms  = 4   // distinct terms below which an item says too little to be compared
)

// recent returns the members that an item is compared with.
func (c *cluster) recent() []*entry {
	return c.members[max(0, len(c.members)-recentMembers):]
}

// length is the length of the sum of the recent members' vectors.
func (c *cluster) length() float64 {
	if c.spread < 0 {
		c.spread = 0
		list := c.recent()
		for i, a := range list {
			c.spread += a.norm
			for _, b := range list[:i] {
				c.spread += 2 * dot(a.terms, b.terms)
			}
		}
	}
	return math.Sqrt(float64(c.spread))
}

// join makes an entry a member.
func (c *cluster) join(e *entry) {
	if c.spread >= 0 {
		list := c.recent()
		if len(list) == recentMembers {
			first := list[0]
			for _, m := range list[1:] {
				c.spread -= 2 * dot(first.terms, m.terms)
			}
			c.spread -= first.norm
			list = list[1:]
		}
		for _, m := range list {
			c.spread += 2 * dot(e.terms, m.terms)
		}
		c.spread += e.norm
	}
	c.members = append(c.members, e)
}

// leave takes out the oldest member.
func (c *cluster) leave() {
	if len(c.members) <= recentMembers {
		c.spread = -1
	}
	c.members[0] = nil
	c.members = c.members[1:]
}

// opened is when the first item of the story was published, as far as its
// members remember; of a story without any, when e was.
func (c *cluster) opened(e *entry) int64 {
	first := e.published
	for _, m := range c.recent() {
		first = min(first, m.opened)
	}
	return first
}

// absorb moves what other has into c.
func (c *cluster) absorb(other *cluster) {
	other.into = c
	c.entries += other.entries
	c.members = append(c.members, other.members...)
	slices.SortFunc(c.members, func(a, b *entry) int { return cmp.Compare(a.number, b.number) })
	c.spread = -1
	other.members = nil
}

// likeness is the cosine of the sums of two stories' recent members.
func likeness(a, b *cluster) float64 {
	var sum int64
	for _, m := range a.recent() {
		for _, o := range b.recent() {
			sum += dot(m.terms, o.terms)
		}
	}
	if l := a.length() * b.length(); l > 0 {
		return float64(sum) / l
	}
	return 0
}

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
	like := cosine(a, b) * math.Exp(-apart/(3600*tune.decay))
	if a.source == b.source {
		like *= tune.own
	}
	return like
}

// stories returns the stories that an item is close to, the closest first.
// barred are entries that it must not be joined by.
func (x *Index) matches(e *entry, near []*entry, barred map[*entry]string) []match {
	var found []match
	if len(e.terms) < fewTerms {
		return nil
	}
	seen := map[*cluster]bool{}
	for _, c := range near {
		of := c.in()
		if seen[of] {
			continue
		}
		if seen[of] = true; len(seen) > maxStories {
			break
		}
		m := x.score(e, of, barred)
		x.margin(e, &m, near)
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

func (x *Index) margin(e *entry, m *match, near []*entry) {
	if tune.lambda == 0 || m.why != "" {
		return
	}
	sum, n := 0.0, 0.0
	for _, o := range near {
		if o.in() != m.cluster {
			sum += closeness(e, o)
			if n++; n >= tune.lk {
				break
			}
		}
	}
	sum /= tune.lk
	if m.score-(tune.lambda*sum-tune.loff)*(1-tune.lamShort*shortness(e)) < x.threshold(e) {
		m.why = "too close to other stories"
	}
}

// candidates returns the items that share telling terms with e, the closest
// first.
func (x *Index) candidates(e *entry) []*entry {
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
	type candidate struct {
		*entry
		score float64
	}
	list := make([]candidate, 0, len(x.touched))
	for _, number := range x.touched {
		list = append(list, candidate{x.at(number), float64(x.hits[number-x.first])})
		x.hits[number-x.first] = 0
	}
	order := func(a, b candidate) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(a.number) - int(b.number)
	}
	if len(list) > maxCandidates {
		slices.SortFunc(list, order)
		list = list[:maxCandidates]
	}
	for i := range list {
		list[i].score = closeness(e, list[i].entry)
	}
	slices.SortFunc(list, order)
	out := make([]*entry, len(list))
	for i := range list {
		out[i] = list[i].entry
	}
	return out
}

// threshold is the score at which an item joins a story. Few words have few
// neighbours by chance, and few chances to meet their own.
func (x *Index) threshold(e *entry) float64 { return tune.theta - tune.short*shortness(e) }

// shortness is 1 for an item of no words and 0 for one of shortItem terms.
func shortness(e *entry) float64 {
	return 1 - math.Min(1, float64(len(e.terms))/shortItem)
}

// score says how close an item is to a story: to its sum, to the best of its
// members, and to the mean of them. The last holds together what a running
// affair would else grow into.
func (x *Index) score(e *entry, c *cluster, barred map[*entry]string) match {
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
	m.why = ""
	top := 0.0
	for _, b := range best {
		top += b
	}
	top /= float64(min(n, bestMembers))
	center := 0.0
	if l := c.length(); l > 0 {
		center = sum * math.Sqrt(float64(e.norm)) / l
	}
	m.score = tune.cent*center + (1-tune.cent)*top
	mean := sum / float64(n)
	switch {
	case m.score < x.threshold(e)+tune.ln*(1-tune.lns*shortness(e))*math.Log(float64(len(list))):
		m.why = "too little in common"
	case mean < tune.gate*(1-tune.gateShort*shortness(e)):
		m.why = "too little in common with the story as a whole"
	case e.published-c.opened(e) > maxSpan:
		m.why = "the story is too long ago"
	case len(c.members) > maxDaily && today == len(list) && e.published-c.members[len(c.members)-maxDaily].published < 24*3600:
		m.why = "the story has too many reports of one day"
	}
	return m
}

var tune = struct{ theta, short, cent, gate, gateShort, merge, mergeShort, own, ln, lns, decay, lambda, lk, loff, lamShort float64 }{.2, 0, .3, .15, .7, .5, 0, .9, .02, 1, 24, .5, 5, .025, .5}
