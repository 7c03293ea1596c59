package store

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The bounds of what is indexed of an item and looked for by a query.
const (
	maxIndexed    = 600 // runes of an item's title and text
	maxWord       = 40  // runes of a word; what is longer is found by its head
	maxQueryWords = 16

	// An engine merges what it has of all words that begin so before it finds the
	// first item. That nearly every item has a word that begins with one letter costs
	// a tenth of a second for a hundred thousand of them.
	maxBeginnings = 4 // of a query
	minBeginning  = 2 // runes, of a script with spaces between words
)

// words returns the words by which an item is found, each once, sorted: those
// of its title and of the head of its text. They take the place of what was in list.
func words(list []string, it *news.Item) []string {
	title, left := firstRunes(it.Title, maxIndexed)
	text, _ := firstRunes(it.Text, left-1)
	list = list[:0]
	eachRun(title+" "+text, func(run string, spaced bool) {
		if spaced {
			list = append(list, run)
			return
		}
		list = append(list, pairs(run)...)
		_, last := utf8.DecodeLastRuneInString(run)
		list = append(list, run[len(run)-last:])
	})
	slices.Sort(list)
	return slices.Compact(list)
}

// firstRunes returns the first n runes of a text, and how many of n it has not.
func firstRunes(text string, n int) (head string, left int) {
	for i := range text {
		if n <= 0 {
			return text[:i], 0
		}
		n--
	}
	return text, n
}

// pairs returns every two neighbours of a run that has no spaces between its
// words. Who has all pairs of a word has the word, but for rare chances.
func pairs(run string) (list []string) {
	for i, was := 0, -1; i < len(run); {
		_, size := utf8.DecodeRuneInString(run[i:])
		if was >= 0 {
			list = append(list, run[was:i+size])
		}
		was = i
		i += size
	}
	return list
}

// eachRun calls yield for every run of letters and digits, folded. Spaced is
// false for scripts that put no spaces between words.
func eachRun(text string, yield func(run string, spaced bool)) {
	text = folded(text)
	spaced, start, long, runes := true, -1, 0, 0
	end := func(at int) {
		if spaced && runes > maxWord {
			at = long
		}
		if start >= 0 {
			yield(text[start:at], spaced)
		}
		start, runes = -1, 0
	}
	for i, r := range text {
		mark, unspaced := false, false // a mark goes with what it marks
		word := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		if r >= utf8.RuneSelf {
			mark, unspaced = unicode.IsMark(r), isUnspaced(r)
			word = mark || unicode.IsLetter(r) || unicode.IsNumber(r)
		}
		if !word {
			end(i)
			spaced = true // for a mark that goes with nothing before it
			continue
		}
		if !mark && spaced == unspaced {
			end(i)
			spaced = !spaced
		}
		if start < 0 {
			start = i
		}
		if runes++; runes == maxWord+1 {
			long = i
		}
	}
	end(len(text))
}

// folded brings text to the form in which words are compared. Unlike a case
// folding it keeps ß, and unlike a transliteration ø: they are letters.
func folded(text string) string {
	plain := true
	for i := range len(text) {
		plain = plain && text[i] < utf8.RuneSelf
	}
	if !plain {
		text = norm.NFC.String(strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) && unicode.In(r, unicode.Inherited, unicode.Hebrew) && r != 0x3099 && r != 0x309A {
				return -1 // accents, vowel points; but not the marks that make other letters of kana
			}
			if r == '\u00ad' || r == '\u200b' || r == '\u2060' || r == '\ufeff' {
				return -1 // where a line may be broken, or not: copied from a page, and in no text
			}
			return r
		}, norm.NFKD.String(text)))
	}
	return strings.ToLower(text)
}

// isUnspaced reports whether a letter is of a script that puts no spaces
// between words.
func isUnspaced(r rune) bool {
	const prolonged = 'ー' // of both kana
	return r > unicode.MaxLatin1 && (r == prolonged || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

// A clause is a part of a query: all of its terms are in an item, or not all.
type clause struct {
	terms []term
	not   bool
}

// A term is a word of a query.
type term struct {
	word   string // letters, marks and digits only
	prefix bool   // words that begin so are meant too
}

// parseQuery reads the query of a person: words that must all be there. Those
// that end in an asterisk stand for all that begin so; what is behind a minus
// must not be there. Nothing else has a meaning, nor have words and beginnings of
// which there are too many. It returns nil if there is nothing to look for.
func parseQuery(query string) []clause {
	var all []clause
	wanted := false
	room, beginnings := maxQueryWords, maxBeginnings
	for _, part := range strings.Fields(query) {
		rest, not := strings.CutPrefix(part, "-")
		c := clause{not: not}
		eachRun(rest, func(run string, spaced bool) {
			switch {
			case spaced:
				c.terms = append(c.terms, term{run, false})
			case utf8.RuneCountInString(run) == 1:
				c.terms = append(c.terms, term{run, true})
			default:
				for _, p := range pairs(run) {
					c.terms = append(c.terms, term{p, false})
				}
			}
		})
		if c.terms = c.terms[:min(len(c.terms), room)]; len(c.terms) == 0 {
			continue
		}
		if last := &c.terms[len(c.terms)-1]; strings.HasSuffix(rest, "*") && utf8.RuneCountInString(last.word) >= minBeginning {
			last.prefix = true
		}
		n := len(c.terms)
		c.terms = slices.DeleteFunc(c.terms, func(t term) bool {
			if t.prefix {
				beginnings--
			}
			return t.prefix && beginnings < 0
		})
		if len(c.terms) == 0 || not && len(c.terms) < n {
			continue
		}
		room -= len(c.terms)
		wanted = wanted || !not
		all = append(all, c)
	}
	if !wanted {
		return nil
	}
	return all
}

// phrase writes a query in the language of an engine, whose words are quoted
// by quote and joined by these.
func phrase(query []clause, quote func(term) string, and, not string) string {
	var with, without []string
	for _, c := range query {
		var terms []string
		for _, t := range c.terms {
			terms = append(terms, quote(t))
		}
		if c.not {
			without = append(without, not+"("+strings.Join(terms, and)+")")
		} else {
			with = append(with, terms...)
		}
	}
	return "(" + strings.Join(with, and) + ")" + strings.Join(without, "")
}
