package story

import (
	"github.com/wireroom/wireroom/aggregator/news"
)

// partners counts the copies of the window that two outlets have of each other.
// Some outlets carry the texts of others every day, and most never do: of two
// that had one text before, the next one is the likelier to be one.
type partners map[uint64]int

// add counts an entry that is a copy of another outlet's, or takes it out.
func (p partners) add(e *entry, n int) {
	from := e.from().Source
	if k := kinds[e.kind]; k != news.KindCopy && k != news.KindSame || from == e.outlet.Value() {
		return
	}
	key := e.source + sourceSum(from) // the same either way round
	if p[key] += n; p[key] == 0 {
		delete(p, key)
	}
}

// of is how many copies the outlets of two entries have of each other.
func (p partners) of(a, b *entry) int { return p[a.source+b.source] }
