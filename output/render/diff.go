package render

import "strings"

// A span is a stretch of words that two texts share, or that one has.
type span struct {
	Kind spanKind
	Text string
}

type spanKind int

const (
	spanBoth spanKind = iota
	spanAdded
	spanRemoved
)

// maxDiffWords bounds the words of each text that are compared: the work grows
// with their product.
const maxDiffWords = 400

// diff tells how words of one text become another, by their longest common
// subsequence.
func diff(from, to string) []span {
	a, b := diffWords(from), diffWords(to)
	// common[i][j] is the length of the longest common subsequence of a[i:]
	// and b[j:].
	common := make([][]int16, len(a)+1)
	for i := range common {
		common[i] = make([]int16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var spans []span
	add := func(kind spanKind, word string) {
		if n := len(spans); n > 0 && spans[n-1].Kind == kind {
			spans[n-1].Text += " " + word
			return
		}
		spans = append(spans, span{kind, word})
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			add(spanBoth, a[i])
			i++
			j++
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			add(spanRemoved, a[i])
			i++
		default:
			add(spanAdded, b[j])
			j++
		}
	}
	return spans
}

func diffWords(s string) []string {
	var words []string
	for w := range strings.FieldsSeq(s) {
		if len(words) == maxDiffWords {
			return append(words, "…")
		}
		words = append(words, w)
	}
	return words
}
