package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestRoomForWords: a lexer that makes room for more words cuts as before, and knows
// what it knew.
func TestRoomForWords(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "Walked%s %d ", spelt(uint64(i)), i)
	}
	var l lexer
	known := func() (n int) {
		for _, set := range l.known {
			for _, w := range set {
				if w.key != 0 {
					n++
				}
			}
		}
		return n
	}
	l.room(0)
	before := l.cut(nil, text.String(), "en", maxWords)
	words := known()
	for _, items := range []int{leastKnown, leastKnown + 1, 4 * leastKnown, 4 * leastKnown, 2 * mostKnown, 2 * mostKnown, 2 * mostKnown} {
		l.room(items)
		if known() != words {
			t.Errorf("with room for %d items %d words are known, not %d", items, known(), words)
		}
	}
	if len(l.known) != mostKnown {
		t.Errorf("there are %d places, where there should be no more than %d", len(l.known), mostKnown)
	}
	if after := l.cut(nil, text.String(), "en", maxWords); !slices.Equal(after, before) {
		t.Error("the text is cut otherwise")
	}
}
