package topic

import (
	"math/bits"
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
		case joint:
			// Where no word is before it, it joins nothing.
			if s[i] != '_' && (i+1 == len(s) || classes[s[i+1]] != wide) {
				i++
				continue
			}
			fallthrough
		default:
			if n := punctuation(s[i:]); n > 0 {
				i += n
				continue
			}
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
	for {
		i++
		for n := 8; n == 8; i += n {
			n = letters8(s[i:])
		}
		for i < len(s) && classes[s[i]] == letter {
			i++
		}
		if i == len(s) {
			return i, true
		}
		if s[i] != '\'' || !within(s, i) {
			break
		}
	}
	switch classes[s[i]] {
	case gap, symbol:
		return i, true
	case wide:
		return i, punctuation(s[i:]) > 0
	case joint:
		// It joins only what is followed by a letter.
		if s[i] == '_' {
			return i, false
		}
		if i+1 == len(s) {
			return i, true
		}
		next := classes[s[i+1]]
		return i, next == gap || next == symbol || next == wide && punctuation(s[i+1:]) > 0
	}
	return i, false
}

// letters8 returns how many of the first bytes of s are alphabetic, of eight at
// most and none where there are fewer: all at once, for a processor guesses badly
// where a word ends.
func letters8(s string) int {
	const every, high = 0x0101010101010101, 0x8080808080808080
	if len(s) < 8 {
		return 0
	}
	raw := eight(s)
	small := (raw | 0x20*every) &^ high
	// The high bit of each byte says whether it is one.
	from, beyond := small+(0x80-'a')*every, small+(0x7F-'z')*every
	return bits.TrailingZeros64(^(from&^beyond&^raw)&high) / 8
}

// eight returns the first eight bytes of s, the first one lowest.
func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// within reports whether the byte at i stands between two ASCII letters, none
// of them a digit.
func within(s string, i int) bool {
	return i+1 < len(s) && alphabetic(s[i-1]) && alphabetic(s[i+1])
}

func alphabetic(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// punctuation returns the length of the common mark that s begins with, if it
// never joins words: an unbroken space, a dash, a quote (but none that is an
// apostrophe), a bullet or an ellipsis.
func punctuation(s string) int {
	switch {
	case len(s) > 1 && s[0] == 0xC2 && (s[1] == 0xA0 || s[1] == 0xAB || s[1] == 0xBB):
		return 2
	case len(s) > 2 && s[0] == 0xE2 && s[1] == 0x80 && (0x90 <= s[2] && s[2] <= 0x97 || 0x9C <= s[2] && s[2] <= 0xA3 || s[2] == 0xA6):
		return 3
	}
	return 0
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
