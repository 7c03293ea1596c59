package story

import (
	"math"
	"slices"
)

const (
	postedTerms   = 25   // heaviest terms by which an item is found
	postedItems   = 64   // latest items by which a term is known
	postedHits    = 800  // of all its terms that are counted for an item: who has many needs few of each
	maxCandidates = 96   // items that are compared in full
	maxStories    = 12   // stories that are scored
	bestMembers   = 4    // members to which an item must be close: one alone makes chains
	alike         = 0.12 // cosine below which two items cannot be one form filled in twice

	reach     = 96 * 3600.0 // seconds beyond which two items are not compared
	decay     = 20 * 3600.0 // seconds in which closeness falls to 1/e
	ownOutlet = 0.85        // closeness of two items of one outlet, which writes alike and repeats itself
	maxSpan   = 7 * 24 * 3600
	maxDaily  = 400 // reports of a story in a day
	shortItem = 40  // distinct terms below which an item counts as short
	fewTerms  = 4   // distinct terms below which an item says too little to be compared
)

const (
	// The score by which an item joins a story is mostly its closeness to the best
	// of the members, and a little to all of them and to their sum, which holds
	// together what a running affair would else draw in.
	bestShare   = 0.8
	meanShare   = 0.1
	centerShare = 0.1

	// The score at which an item joins. Few
	// words have few neighbours by chance, and few chances to meet their own: short
	// items need less. A story of one is met by chance more easily than one of many:
	// so much more, divided by its members. And where the day holds many items, more
	// of them are alike by chance: so much more for each time that it holds e times
	// as many as usualDay.
	closeEnough = 0.2
	shortEnough = 0.045
	perChance   = 0.03
	perDensity  = 0.01

	// The mean likeness of all their members at which two stories are one, and what
	// is added and taken as above. It is the mean that keeps a running affair from
	// growing by its edges, and that is steady enough to be trusted the more, the
	// more members it is taken over.
	likeEnough      = 0.225
	likeEnoughShort = 0.08
	likeChance      = 0.08
	likeDensity     = 0.005
)

// usualDay is how many items a day is taken to hold.
const usualDay = 1000

// A match is how close an item is to a story.
type match struct {
	cluster *cluster
	score   float64
	closest *entry  // the member that is most like the item
	best    float64 // how like it is
	why     string  // why it was not joined; empty: it may be
}

// cosine is how alike two items are by their words, 0 to 1.
func cosine(a, b *entry) float64 { return cosineOf(dot(a.terms, b.terms), a, b) }

// cosineOf is the same where the product of their vectors is known.
func cosineOf(product int64, a, b *entry) float64 {
	if a.norm == 0 || b.norm == 0 {
		return 0
	}
	return float64(product) / math.Sqrt(float64(a.norm)*float64(b.norm))
}

// A candidate is an item that shares telling terms with another.
type candidate struct {
	*entry
	product int64   // of their vectors
	like    float64 // cosine
	score   float64 // closeness
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

// candidates returns the items that share telling terms with e, of which the lens is,
// the closest first.
func (x *Index) candidates(e *entry) []candidate {
	posted := x.postedOf(e)
	for _, t := range posted {
		x.sink += x.posted.touch(t.spread())
	}
	for _, t := range posted {
		x.found = x.posted.find(x.found[:0], t.spread(), x.roll.alive())
		for _, number := range latest(x.found, postedHits/len(posted)) {
			x.hits.add(number, uint32(t.weight()*t.weight()))
		}
	}
	x.ranked = x.hits.take(x.ranked[:0])
	clear(x.near) // and no block of entries that have gone is held by it
	list := x.near[:0]
	for _, rank := range greatest(x.ranked, maxCandidates) {
		list = append(list, candidate{entry: x.roll.at(rankedNumber(rank))})
	}
	for i := range list {
		o := list[i].entry
		x.sink += o.norm + uint32(o.published)
	}
	for i := range list {
		x.sink += touch(list[i].terms)
	}
	for i := range list {
		o := &list[i]
		o.product = x.lens.dot(o.terms)
		o.like = cosineOf(o.product, e, o.entry)
		o.score = o.like * faded(e.published-o.published)
		if o.source == e.source {
			o.score *= ownOutlet
		}
	}
	slices.SortFunc(list, byScore)
	x.near = list
	return list
}

// latest returns the n latest of the entries that a table has for one hash, in
// whose list the latest come first once the bits that it keeps begin anew.
func latest(found []uint32, n int) []uint32 {
	if len(found) <= n {
		return found
	}
	if found[0] > found[len(found)-1] {
		slices.Sort(found)
	}
	return found[len(found)-n:]
}

// greatest moves the n greatest of a list, which are all different, to its
// front and returns them, in no order.
func greatest(list []uint64, n int) []uint64 {
	if len(list) <= n {
		return list
	}
	for lo, hi := 0, len(list); hi-lo > 1; { // the n-th is in list[lo:hi]
		pivot := list[lo+(hi-lo)/2]
		i, j := lo, hi-1
		for i <= j {
			for list[i] > pivot {
				i++
			}
			for list[j] < pivot {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i++
				j--
			}
		}
		switch {
		case n <= j:
			hi = j + 1
		case n >= i:
			lo = i
		default:
			return list[:n]
		}
	}
	return list[:n]
}

// density says how many items the day holds, as the logarithm of how many times
// the usual. An index that has not seen a day does not know, and takes the day
// for a usual one until it does.
func (x *Index) density(e *entry) float64 {
	const day = 24 * 3600
	x.lately = max(x.lately, x.roll.first)
	for x.lately != x.roll.next() && x.roll.at(x.lately).clock < e.clock-day { // clocks only go forward
		x.lately++
	}
	seen := 0.0
	if x.roll.count > 0 {
		seen = float64(e.clock - x.roll.at(x.roll.first).clock)
	}
	held := float64(x.roll.next()-x.lately) + usualDay*math.Exp(-seen/day)
	return math.Log((1 + held) / usualDay)
}

// faded is what time leaves of the closeness of two items that lie so many
// seconds apart.
func faded(apart int64) float64 {
	s := math.Abs(float64(apart))
	if s > reach {
		return 0
	}
	return math.Exp(-s / decay)
}

// A neighbour is a story as a new item sees it.
type neighbour struct {
	*cluster
	top     [bestMembers]float64 // closeness of the closest members
	seen    int                  // members that are candidates,
	product int64                // and the product of the item and their sum
	near    int                  // those that are close at all, and not barred
	barred  int64                // as product, of those that the item must not be joined by
	why     string
	first   *entry // the closest member that is not barred; else the closest
	like    float64
}

// neighbours sorts candidates by their stories, of which it keeps the closest, in a
// list that is empty.
func neighbours(list []neighbour, near []candidate, barred map[*entry]string) []neighbour {
	for _, o := range near {
		if o.score == 0 {
			break
		}
		of := o.story // a member's, which is the one that it belongs to now
		i := slices.IndexFunc(list, func(n neighbour) bool { return n.cluster == of })
		if i < 0 {
			if len(list) == maxStories {
				continue
			}
			i = len(list)
			list = append(list, neighbour{cluster: of})
		}
		n := &list[i]
		n.seen++
		n.product += o.product
		if why := barred[o.entry]; why != "" {
			n.barred += o.product
			if n.first == nil {
				n.first, n.why = o.entry, why
			}
			continue
		}
		if n.near == 0 {
			n.first, n.like, n.why = o.entry, o.score, ""
		}
		if n.near < bestMembers {
			n.top[n.near] = o.score
		}
		n.near++
	}
	return list
}

// matches returns the stories of the candidates, the closest first. barred are
// entries that the item must not be joined by, and why.
func (x *Index) matches(e *entry, near []candidate, barred map[*entry]string, density float64) []match {
	if len(e.terms) < fewTerms {
		return nil
	}
	var room [maxStories]neighbour
	list := neighbours(room[:0], near, barred)
	found := make([]match, 0, len(list))
	for i := range list {
		found = append(found, score(e, &list[i], density))
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

// shortness is 1 for an item of no words and 0 for one of shortItem terms.
func shortness(e *entry) float64 {
	return 1 - math.Min(1, float64(len(e.terms))/shortItem)
}

// score says how close an item is to a story, and why that is not enough. What
// is close enough as a story of one, to one of several, joins it too.
func score(e *entry, n *neighbour, density float64) match {
	m := match{cluster: n.cluster, closest: n.first, best: n.like, why: n.why}
	if n.near == 0 {
		return m
	}
	size := float64(n.size())
	top := 0.0
	for _, t := range n.top {
		top += t / math.Min(size, bestMembers)
	}
	product := n.product
	if n.seen < len(n.members) || n.seen > recentMembers {
		product = n.dot(e.terms)
	}
	dot := float64(product-n.barred) * faded(e.published-n.when())
	mean := dot / (size * weightUnit * weightUnit)
	center := dot / math.Sqrt(float64(max(1, e.norm))*float64(max(1, n.spread)))
	m.score = bestShare*top + meanShare*mean + centerShare*center
	short := shortness(e)
	switch {
	case m.score < closeEnough-shortEnough*short+perDensity*density+perChance/size && (size == 1 || mean < oneStory(short, 1, size, density)):
		m.why = "too little in common"
	case e.published-n.opened(e) > maxSpan:
		m.why = "the story is too long ago"
	case len(n.members) > maxDaily && e.published-n.members[len(n.members)-maxDaily].published < 24*3600:
		m.why = "the story has too many reports of one day"
	}
	return m
}

// oneStory is the mean likeness of their members at which two stories are one.
func oneStory(short, sizeA, sizeB, density float64) float64 {
	return likeEnough - likeEnoughShort*short + likeDensity*density + likeChance*(1/sizeA+1/sizeB)/2
}
