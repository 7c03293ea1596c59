package topic

import (
	"cmp"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A lexicon finds the terms of all topics in an item, in one pass over its
// words whatever the number of terms. It is built once, then safe for
// concurrent use.
type lexicon struct {
	phrases  [][]int // by number of the term: its atoms; nil for a pattern
	patterns []pattern
	atoms    []atom
	begins   [][]int // by number of an atom: the terms that begin with it
	fields   field   // that any term looks at
	limit    int     // of a text for patterns, in bytes

	numbers map[string]int // of known terms, while building
	words   map[atom]int   // numbers of known atoms, while building

	mu         sync.Mutex
	vocabulary map[string]*vocabulary // by language
	marks      []field                // by number of the term, while scanning an item
	marked     []int                  // terms that have a mark
}

type pattern struct {
	term int
	re   *regexp.Regexp
}

// A vocabulary is the words of a lexicon as they are compared in one language.
type vocabulary struct {
	language string
	loose    map[string][]int // key → atoms
	exact    map[string][]int
	affixes  affixes

	// News is written with few words, so what they came to is remembered: of
	// those that a term has, the hit, emptied when it grows too large; of the
	// others a hash, the last two in each place that a hash says. The seed is not
	// known outside, so that no feed can make a word that hides another.
	hits    map[string]*hit
	nothing [][2]uint32 // a power of two
	marked  int         // how often a hash was written there
	seed    maphash.Seed
	secret  [2]uint64
}

// Limits of what a vocabulary remembers and looks at.
const (
	maxHits    = 1 << 14
	minNothing = 1 << 11
	maxNothing = 1 << 17
	maxWord    = 256 // bytes of a word that is looked at
)

// A hit is what a word means to the terms.
type hit struct {
	atoms  []int // that the word is, sorted
	single []int // terms that the word is the whole of
	starts []int // terms of several words that begin with it
}

func newLexicon() *lexicon {
	return &lexicon{numbers: map[string]int{}, words: map[atom]int{}, vocabulary: map[string]*vocabulary{}}
}

// add returns the number of a term. Terms that differ in their fields only
// have one number.
func (l *lexicon) add(t term) int {
	l.fields |= t.fields
	id := t.pattern
	var phrase []int
	for _, a := range t.atoms {
		n, ok := l.words[a]
		if !ok {
			n = len(l.atoms)
			l.words[a] = n
			l.atoms = append(l.atoms, a)
			l.begins = append(l.begins, nil)
		}
		phrase = append(phrase, n)
		id += "\x00" + string(rune('0'+a.kind)) + a.word
	}
	if n, ok := l.numbers[id]; ok {
		return n
	}
	n := len(l.phrases)
	l.numbers[id] = n
	l.phrases = append(l.phrases, phrase)
	l.marks = append(l.marks, 0)
	if len(phrase) > 0 {
		l.begins[phrase[0]] = append(l.begins[phrase[0]], n)
	}
	if t.pattern != "" {
		l.patterns = append(l.patterns, pattern{n, regexp.MustCompile(t.pattern)})
	}
	return n
}

// A finding is a term that is in an item, and in which fields.
type finding struct {
	term int
	in   field
}

// find returns the terms that are in an item, by number.
func (l *lexicon) find(it *news.Item) []finding {
	texts := values(it)
	language := news.LanguageBase(it.Language)
	if language != "" && stemmers[language] == nil && particles[language] == nil {
		language = "und" // one vocabulary for all, whatever a feed calls them
	}
	findings := l.search(texts)
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.vocabulary[language]
	if v == nil {
		v = l.newVocabulary(language)
		l.vocabulary[language] = v
	}
	for i, list := range texts {
		if l.fields&(1<<i) == 0 {
			continue
		}
		for _, text := range list {
			if 1<<i == inURL {
				text = urlWords(text)
			}
			l.scan(v, text, 1<<i)
		}
	}
	for _, n := range l.marked {
		findings = append(findings, finding{n, l.marks[n]})
		l.marks[n] = 0
	}
	l.marked = l.marked[:0]
	slices.SortFunc(findings, func(a, b finding) int { return cmp.Compare(a.term, b.term) })
	return findings
}

// search returns the patterns that are in the fields of an item.
func (l *lexicon) search(texts [5][]string) []finding {
	var findings []finding
	for _, p := range l.patterns {
		f := finding{term: p.term}
		for i, list := range texts {
			if slices.ContainsFunc(list, func(s string) bool { return p.re.MatchString(head(s, l.limit)) }) {
				f.in |= 1 << i
			}
		}
		if f.in != 0 {
			findings = append(findings, f)
		}
	}
	return findings
}

// mark notes that a term is in a field.
func (l *lexicon) mark(term int, in field) {
	if l.marks[term] == 0 {
		l.marked = append(l.marked, term)
	}
	l.marks[term] |= in
}

// begun is a phrase of which the first words have been found.
type begun struct{ term, next int }

// batch is how many words are cut before they are looked up. The look-ups wait
// for memory, and next to each other they wait together.
const batch = 64

// A cut is a word of a text.
type cut struct {
	start, end int
	hash       uint64
}

// scan marks the terms of words that are in a text.
func (l *lexicon) scan(v *vocabulary, text string, in field) {
	var (
		open []begun
		cuts [batch]cut
	)
	for at := 0; at < len(text); {
		n := 0
		for n < batch {
			start, end := segment(text, at)
			if at = end; start == end {
				break
			}
			cuts[n] = cut{start, end, v.hash(text, start, end)}
			n++
		}
		for _, c := range cuts[:n] {
			if v.means(c.hash) {
				open = l.read(open, v.look(l, text[c.start:c.end], c.hash), in)
			} else {
				open = open[:0]
			}
		}
	}
}

// read marks the terms that a word completes, where these are begun; it returns
// those that are begun after it.
func (l *lexicon) read(open []begun, h *hit, in field) []begun {
	if h == nil {
		return open[:0]
	}
	still := open[:0]
	for _, b := range open {
		phrase := l.phrases[b.term]
		if _, ok := slices.BinarySearch(h.atoms, phrase[b.next]); !ok {
			continue
		}
		if b.next++; b.next == len(phrase) {
			l.mark(b.term, in)
		} else {
			still = append(still, b)
		}
	}
	for _, n := range h.single {
		l.mark(n, in)
	}
	for _, n := range h.starts {
		if l.marks[n]&in == 0 {
			still = append(still, begun{n, 1})
		}
	}
	return still
}

// hash returns a number for a word of a text that nobody outside can foretell.
// Words of up to sixteen bytes, as most are, are multiplied with secrets, which
// costs less than a call of maphash.
func (v *vocabulary) hash(text string, start, end int) uint64 {
	var a, b uint64
	switch n := end - start; {
	case n > 16:
		return maphash.String(v.seed, text[start:end])
	case n > 8:
		a, b = eight(text[start:]), eight(text[end-8:])
	case start+8 <= len(text):
		a = eight(text[start:]) & (^uint64(0) >> (64 - 8*n))
	default: // the same, where no eight bytes follow
		for i := end - 1; i >= start; i-- {
			a = a<<8 | uint64(text[i])
		}
	}
	high, low := bits.Mul64(a^v.secret[0], b^v.secret[1]^uint64(end-start))
	high, low = bits.Mul64(high^v.secret[1], low^v.secret[0])
	return high ^ low
}

// place returns where a hash is noted if its word means nothing, and what is
// noted then.
func (v *vocabulary) place(hash uint64) (*[2]uint32, uint32) {
	return &v.nothing[hash&uint64(len(v.nothing)-1)], uint32(hash>>32) | 1 // 0: no word
}

// means reports whether a word is not known to mean nothing.
func (v *vocabulary) means(hash uint64) bool {
	place, sum := v.place(hash)
	if place[0] == sum {
		return false
	}
	if place[1] != sum {
		return true
	}
	place[0], place[1] = sum, place[0] // what is common stays
	return false
}

// look returns what a word means; nil if nothing.
func (v *vocabulary) look(l *lexicon, word string, hash uint64) *hit {
	if len(word) > maxWord {
		return nil
	}
	h, ok := v.hits[word]
	if ok {
		return h
	}
	h = v.resolve(l, word)
	if h == nil {
		place, sum := v.place(hash)
		place[0], place[1] = sum, place[0]
		if v.marked++; v.marked > len(v.nothing) && len(v.nothing) < maxNothing {
			v.nothing, v.marked = make([][2]uint32, 2*len(v.nothing)), 0
		}
		return nil
	}
	if len(v.hits) >= maxHits {
		clear(v.hits)
	}
	v.hits[strings.Clone(word)] = h
	return h
}

// resolve works out what a word means.
func (v *vocabulary) resolve(l *lexicon, word string) *hit {
	var (
		atoms    []int
		formRoom [3]string // so that nothing is allocated for most words
		keyRoom  [6]string
	)
	forms, keys := appendWritten(formRoom[:0], word, v.language), keyRoom[:0]
	for _, form := range forms {
		atoms = append(atoms, v.exact[form]...)
		keys = appendKeys(keys, form, v.language)
		if v.affixes.any() {
			atoms = v.affixes.appendAtoms(atoms, fold(form))
		}
	}
	for _, key := range keys {
		atoms = append(atoms, v.loose[key]...)
	}
	if len(atoms) == 0 {
		return nil
	}
	slices.Sort(atoms)
	h := &hit{atoms: slices.Compact(atoms)}
	for _, a := range h.atoms {
		for _, n := range l.begins[a] {
			if len(l.phrases[n]) == 1 {
				h.single = append(h.single, n)
			} else {
				h.starts = append(h.starts, n)
			}
		}
	}
	return h
}

func (l *lexicon) newVocabulary(language string) *vocabulary {
	v := &vocabulary{language: language, loose: map[string][]int{}, exact: map[string][]int{},
		hits: map[string]*hit{}, nothing: make([][2]uint32, minNothing), seed: maphash.MakeSeed(), secret: [2]uint64{rand.Uint64(), rand.Uint64()}}
	for n, a := range l.atoms {
		switch a.kind {
		case loose:
			forms := appendWritten(nil, a.word, language)
			if strings.Contains(a.word, ":") { // who asks for re:publica does not ask for either part
				forms = forms[:1]
			}
			for _, form := range forms {
				for _, key := range appendKeys(nil, form, language) {
					v.loose[key] = append(v.loose[key], n)
				}
			}
		case exact:
			form := appendWritten(nil, a.word, language)[0]
			v.exact[form] = append(v.exact[form], n)
		default:
			v.affixes.add(a.kind, fold(a.word), n)
		}
	}
	return v
}
