package topic

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A field is a part of an item that terms are compared with, as a bit.
type field uint8

const (
	inTitle field = 1 << iota
	inText
	inAuthor
	inCategory
	inURL
)

// usual are the fields of a term that names none.
const usual = inTitle | inText

// fieldNames are the prefixes that a term may begin with, in bit order.
var fieldNames = []string{"title", "text", "author", "category", "url"}

// String names the fields, as in "title and text".
func (f field) String() string {
	var names []string
	for i, name := range fieldNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " and ")
}

// values are the texts of an item, one list for each field in bit order.
func values(it *news.Item) [5][]string {
	authors := make([]string, len(it.Authors))
	for i, a := range it.Authors {
		authors[i] = a.Name
	}
	return [5][]string{{it.Title}, {it.Text}, authors, it.Categories, {it.Canonical}}
}

// A kind says how an atom is compared with a word.
type kind uint8

const (
	loose  kind = iota // in any case, accents and inflection
	exact              // as written
	prefix             // by its beginning, in any case and accents
	suffix             // by its end
	inside             // by any part of it
)

// An atom is one word of a term.
type atom struct {
	kind kind
	word string
}

// A term is one string of a match, taken apart: words, or a regular expression.
type term struct {
	source  string
	fields  field
	atoms   []atom
	pattern string // in the syntax of package regexp; empty: atoms
}

// parseTerm takes a term apart. The error is a *flaw.
func parseTerm(source string) (term, error) {
	t := term{source: source, fields: usual}
	rest, err := t.cutField()
	if err != nil {
		return t, err
	}
	start := utf8.RuneCountInString(source) - utf8.RuneCountInString(rest)
	rest = strings.TrimRightFunc(rest, unicode.IsSpace)
	var f *flaw
	if strings.HasPrefix(rest, "/") {
		t.pattern, err = parsePattern(rest)
		if errors.As(err, &f) {
			f.offset += start
		}
		return t, err
	}
	rest = abbreviations(strings.Map(straight, rest))
	if f = misread(rest); f != nil {
		f.offset += start
		return t, f
	}
	if t.fields == inURL {
		rest = strings.Map(unjoined, rest)
	}
	for i, part := range strings.Split(rest, `"`) {
		if i%2 == 1 {
			t.atoms = appendAtoms(t.atoms, part, exact)
		} else {
			t.atoms = appendAtoms(t.atoms, part, loose)
		}
	}
	if len(t.atoms) == 0 {
		return t, &flaw{0, "there is no letter or digit to look for; punctuation is found by a regular expression, as in /\\?!/"}
	}
	return t, nil
}

// cutField takes a leading "title:" or the like off the term, and the spaces
// after it.
func (t *term) cutField() (rest string, err error) {
	rest = strings.TrimLeftFunc(t.source, unicode.IsSpace)
	name, after, ok := strings.Cut(rest, ":")
	if !ok || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return rest, nil
	}
	if i := slices.Index(fieldNames, strings.ToLower(name)); i >= 0 {
		t.fields = 1 << i
		return strings.TrimLeftFunc(after, unicode.IsSpace), nil
	}
	if name != "" && strings.HasPrefix(after, " ") {
		return "", &flaw{0, fmt.Sprintf("there is no field %q; the fields are %s, and words with a colon stand in quotes: \"%s:…\"",
			name, strings.Join(fieldNames, ", "), name)}
	}
	return rest, nil
}

// straight makes the quotes of typesetters those of a keyboard.
func straight(r rune) rune {
	if strings.ContainsRune("“”„‟«»＂", r) {
		return '"'
	}
	return r
}

// abbreviations makes the quotes that stand between two Hebrew letters the mark of an
// abbreviation, which keyboards lack.
func abbreviations(s string) string {
	letters := []rune(s)
	hebrew := func(i int) bool { return i >= 0 && i < len(letters) && unicode.Is(unicode.Hebrew, letters[i]) }
	for i, r := range letters {
		if r == '"' && hebrew(i-1) && hebrew(i+1) {
			letters[i] = '״'
		}
	}
	return string(letters)
}

// appendAtoms appends the words of s. A star at the end of a word makes it a
// prefix, at its beginning a suffix, at both a part.
func appendAtoms(atoms []atom, s string, k kind) []atom {
	for start, end := segment(s, 0); start < end; start, end = segment(s, end) {
		a := atom{k, s[start:end]}
		before, after := strings.HasSuffix(s[:start], "*"), strings.HasPrefix(s[end:], "*")
		switch {
		case k == exact:
		case before && after:
			a.kind = inside
		case before:
			a.kind = suffix
		case after:
			a.kind = prefix
		}
		atoms = append(atoms, a)
	}
	return atoms
}

// urlWords returns an address to be looked at word by word.
func urlWords(address string) string {
	if plain, err := url.PathUnescape(address); err == nil {
		address = plain
	}
	return strings.Map(unjoined, address)
}

// unjoined maps what joins words in a sentence, and parts them in an address,
// to a space.
func unjoined(r rune) rune {
	if r < utf8.RuneSelf && classes[r] == joint {
		return ' '
	}
	return r
}
