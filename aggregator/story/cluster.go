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

// recentMembers is how many members of a story an item is compared with.
const recentMembers = 128

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
