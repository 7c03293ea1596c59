package story

import (
	"cmp"
	"slices"
)

// A cluster is a story as the index knows it: the items that represent it.
// Copies are not among them, since they say nothing that is not said already.
type cluster struct {
	id      string
	entries int    // live entries of any kind
	latest  uint32 // number of the last of them
	listed  uint32 // and of the one by which the story is found
	members []*entry
	only    [1]*entry // where members lie as long as there is one, as in most stories
	into    *cluster  // the story that absorbed it; nil: none did

	// Of the recent members: the sum of their vectors, sorted by hash, unless they
	// are few, as in most stories; its squared length; and the sums of their
	// times and of their terms. All are whole numbers, so that a story that was
	// restored, or that lost its oldest member, has the same ones as one that was
	// made anew.
	sum       []weighed
	spread    int64
	published int64
	words     int64 // terms of each, of shortItem at the most
}

// A weighed term is one of a story's sum.
type weighed struct {
	hash   uint32
	weight int32
}

const (
	recentMembers = 64 // members of a story that an item is compared with
	fewMembers    = 4  // members whose vectors take less room than their sum
)

// newCluster returns a story without items.
func newCluster(id string) *cluster {
	c := &cluster{id: id}
	c.members = c.only[:0]
	return c
}

// recent returns the members that an item is compared with.
func (c *cluster) recent() []*entry {
	return c.members[max(0, len(c.members)-recentMembers):]
}

// size is how many members an item is compared with.
func (c *cluster) size() int { return min(len(c.members), recentMembers) }

// when is the mean publication of the recent members.
func (c *cluster) when() int64 { return c.published / int64(max(1, c.size())) }

// join makes an entry a member.
func (c *cluster) join(e *entry) {
	switch n := len(c.members); {
	case n == fewMembers:
		for _, m := range c.members {
			c.sum = merged(c.sum, m.terms)
		}
	case n >= recentMembers:
		c.count(c.members[n-recentMembers], -1)
	}
	c.count(e, 1)
	c.members = append(c.members, e)
	c.moved()
}

// moved lets go of the only member when there are others.
func (c *cluster) moved() {
	if len(c.members) != 1 {
		c.only[0] = nil
	}
}

// leave takes out the oldest member.
func (c *cluster) leave() {
	if len(c.members) == 1 { // as most are: nothing is left to be counted
		c.members, c.spread, c.published, c.words = nil, 0, 0, 0
		c.moved()
		return
	}
	if len(c.members) <= recentMembers {
		c.count(c.members[0], -1)
	}
	c.members[0] = nil
	if c.members = c.members[1:]; len(c.members) == fewMembers {
		c.sum = nil
	}
}

// count adds an entry to the sum, or takes it out.
func (c *cluster) count(e *entry, sign int64) {
	c.spread += int64(e.norm) + 2*sign*c.dot(e.terms) // (s±e)² = s² ± 2se + e²
	c.published += sign * e.published
	c.words += sign * int64(min(len(e.terms), shortItem))
	switch {
	case c.sum == nil:
	case sign > 0:
		c.sum = merged(c.sum, e.terms)
	default:
		for _, t := range e.terms {
			if i, found := slices.BinarySearchFunc(c.sum, t.hash(), byHash); found {
				c.sum[i].weight -= int32(t.weight())
			}
		}
		c.sum = slices.DeleteFunc(c.sum, func(w weighed) bool { return w.weight == 0 })
	}
}

// merged adds a vector to a sum, in place where there is room.
func merged(sum []weighed, terms []term) []weighed {
	extra := 0
	for _, t := range terms {
		if i, found := slices.BinarySearchFunc(sum, t.hash(), byHash); found {
			sum[i].weight += int32(t.weight())
		} else {
			extra++
		}
	}
	i, j := len(sum)-1, len(terms)-1
	sum = slices.Grow(sum, extra)[:len(sum)+extra]
	for k := len(sum) - 1; j >= 0; { // from the end
		switch {
		case i >= 0 && sum[i].hash > terms[j].hash():
			sum[k] = sum[i]
			i--
			k--
		case i >= 0 && sum[i].hash == terms[j].hash():
			j-- // counted above
		default:
			sum[k] = weighed{terms[j].hash(), int32(terms[j].weight())}
			j--
			k--
		}
	}
	return sum
}

// dot is the product of a vector and the sum of the recent members.
func (c *cluster) dot(terms []term) int64 {
	if c.sum != nil {
		return dotSum(terms, c.sum)
	}
	total := int64(0)
	for _, m := range c.members {
		total += dot(terms, m.terms)
	}
	return total
}

func byHash(w weighed, hash uint32) int { return cmp.Compare(w.hash, hash) }

// opened is when the first item of the story was published, as far as its
// members remember; of a story without any, when e was.
func (c *cluster) opened(e *entry) int64 {
	first := e.published
	for _, m := range c.recent() {
		first = min(first, m.opened)
	}
	return first
}

// absorb moves what other has into c. Its members are told, which are asked for
// their story often; their copies find the way by themselves.
func (c *cluster) absorb(other *cluster) {
	other.into = c
	for _, m := range other.members {
		m.story = c
	}
	c.entries += other.entries
	c.latest = max(c.latest, other.latest)
	all := append(c.members, other.members...)
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.number, b.number) })
	c.members, c.sum, c.spread, c.published, c.words = nil, nil, 0, 0, 0
	for _, m := range all[max(0, len(all)-recentMembers):] {
		c.join(m)
	}
	c.members = all
	other.members, other.sum = nil, nil
	c.moved()
	other.moved()
}

// likeness is the product of the sums of two stories.
func likeness(a, b *cluster) int64 {
	if a.sum != nil && b.sum == nil {
		a, b = b, a
	}
	total := int64(0)
	if a.sum == nil {
		for _, m := range a.members {
			total += b.dot(m.terms)
		}
		return total
	}
	for i, j := 0, 0; i < len(a.sum) && j < len(b.sum); {
		switch {
		case a.sum[i].hash < b.sum[j].hash:
			i++
		case a.sum[i].hash > b.sum[j].hash:
			j++
		default:
			total += int64(a.sum[i].weight) * int64(b.sum[j].weight)
			i++
			j++
		}
	}
	return total
}

// dotSum is the product of a vector and a story's sum.
func dotSum(terms []term, sum []weighed) int64 {
	total := int64(0)
	if len(sum) > 8*len(terms) {
		for _, t := range terms {
			i, found := slices.BinarySearchFunc(sum, t.hash(), byHash)
			if sum = sum[i:]; found {
				total += int64(sum[0].weight) * t.weight()
			}
		}
		return total
	}
	for i, j := 0, 0; i < len(terms) && j < len(sum); {
		switch h := terms[i].hash(); {
		case h < sum[j].hash:
			i++
		case h > sum[j].hash:
			j++
		default:
			total += terms[i].weight() * int64(sum[j].weight)
			i++
			j++
		}
	}
	return total
}
