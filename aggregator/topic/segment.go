package topic

import (
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// The classes of an ASCII byte for segment.
const (
	gap    = iota // separates words and is nothing itself
	letter        // or digit
	joint         // joins two words to one in some places: ' . , : ; _
	symbol        // a word of its own, so that C++ and AT&T can be asked for
	wide          // not ASCII
)

var classes = func() (table [256]uint8) {
	for c := range table {
		switch r := rune(c); {
		case c >= utf8.RuneSelf:
			table[c] = wide
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			table[c] = letter
		case r == '\'' || r == '.' || r == ',' || r == ':' || r == ';' || r == '_':
			table[c] = joint
		case isSymbol(r):
			table[c] = symbol
		}
	}
	return table
}()

// isSymbol reports whether a character that is neither letter nor digit counts
// as a word.
func isSymbol(r rune) bool {
	switch r {
	case '#', '%', '&', '@':
		return true
	case '|', '~', '<', '>', '=', '©', '®', '™':
		return false
	}
	return unicode.In(r, unicode.Sm, unicode.Sc, unicode.So)
}

// segment returns the bounds of the first word of s at or after from, by the
// word boundaries of UAX #29; start is len(s) if there is none. A word holds a
// letter or a digit, or is a symbol.
//
// The common case, a run of ASCII letters before a space, is decided here; the
// rest is left to the library.
func segment(s string, from int) (start, end int) {
	for i := from; i < len(s); {
		switch classes[s[i]] {
		case gap:
			i++
		case symbol:
			if i+1 == len(s) || classes[s[i+1]] != wide {
				return i, i + 1
			}
			return i, i + library(s[i:])
		case letter:
			if end, ok := run(s, i); ok {
				return i, end
			}
			return i, i + library(s[i:])
		default:
			end := i + library(s[i:])
			if isWord(s[i:end]) {
				return i, end
			}
			i = end
		}
	}
	return len(s), len(s)
}

// run returns the end of the run of ASCII letters that begins at i, and
// whether the word certainly ends there.
func run(s string, i int) (end int, ok bool) {
	for i++; i < len(s) && classes[s[i]] == letter; i++ {
	}
	if i == len(s) {
		return i, true
	}
	switch classes[s[i]] {
	case gap, symbol:
		return i, true
	case joint:
		// It joins only what is followed by a letter.
		if s[i] == '_' {
			return i, false
		}
		if i+1 == len(s) {
			return i, true
		}
		next := classes[s[i+1]]
		return i, next == gap || next == symbol
	}
	return i, false
}

// library returns the length of the segment that s begins with.
func library(s string) int {
	segments := words.FromString(s)
	segments.Next()
	return len(segments.Value())
}

func isWord(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || isSymbol(r) {
			return true
		}
	}
	return false
}
