package topic

import (
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
	prefixes []atomPrefix

	// seen remembers what words came to, for news is written with few words;
	// nil for those that no term has. It is emptied when it grows too large.
	seen map[string]*hit
}

// Limits of what a vocabulary remembers: words, and bytes of a word.
const (
	maxSeen = 1 << 15
	maxWord = 64
)

type atomPrefix struct {
	folded string
	atom   int
}

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
	if len(phrase) > 0 {
		l.begins[phrase[0]] = append(l.begins[phrase[0]], n)
	}
	if t.pattern != "" {
		l.patterns = append(l.patterns, pattern{n, regexp.MustCompile(t.pattern)})
	}
	return n
}

// find returns in which fields of an item each term is found, by number.
func (l *lexicon) find(it *news.Item) []field {
	found := make([]field, len(l.phrases))
	texts := values(it)
	language := news.LanguageBase(it.Language)
	if language != "" && stemmers[language] == nil {
		language = "und" // one vocabulary for all, whatever a feed calls them
	}
	l.mu.Lock()
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
			l.scan(v, text, 1<<i, found)
		}
	}
	l.mu.Unlock()
	for _, p := range l.patterns {
		for i, list := range texts {
			if slices.ContainsFunc(list, func(s string) bool { return search(p.re, s, l.limit) }) {
				found[p.term] |= 1 << i
			}
		}
	}
	return found
}

// begun is a phrase of which the first words have been found.
type begun struct{ term, next int }

// scan marks the terms of words that are in a text.
func (l *lexicon) scan(v *vocabulary, text string, in field, found []field) {
	var open []begun
	for start, end := segment(text, 0); start < end; start, end = segment(text, end) {
		h := v.look(l, text[start:end])
		if h == nil {
			open = open[:0]
			continue
		}
		still := open[:0]
		for _, b := range open {
			phrase := l.phrases[b.term]
			if _, ok := slices.BinarySearch(h.atoms, phrase[b.next]); !ok {
				continue
			}
			if b.next++; b.next == len(phrase) {
				found[b.term] |= in
			} else {
				still = append(still, b)
			}
		}
		open = still
		for _, n := range h.single {
			found[n] |= in
		}
		for _, n := range h.starts {
			if found[n]&in == 0 {
				open = append(open, begun{n, 1})
			}
		}
	}
}

// look returns what a word means; nil if nothing.
func (v *vocabulary) look(l *lexicon, word string) *hit {
	h, ok := v.seen[word]
	if ok {
		return h
	}
	h = v.resolve(l, word)
	if len(word) <= maxWord {
		if len(v.seen) >= maxSeen {
			clear(v.seen)
		}
		v.seen[strings.Clone(word)] = h
	}
	return h
}

func (v *vocabulary) resolve(l *lexicon, word string) *hit {
	if len(word) > 4*maxWord {
		return nil
	}
	var atoms []int
	for _, form := range written(word) {
		atoms = append(atoms, v.exact[form]...)
		folded := fold(form)
		for _, p := range v.prefixes {
			if strings.HasPrefix(folded, p.folded) {
				atoms = append(atoms, p.atom)
			}
		}
	}
	for _, key := range keys(word, v.language) {
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
	v := &vocabulary{language: language, loose: map[string][]int{}, exact: map[string][]int{}, seen: map[string]*hit{}}
	for n, a := range l.atoms {
		switch a.kind {
		case loose:
			for _, key := range keys(a.word, language) {
				v.loose[key] = append(v.loose[key], n)
			}
		case exact:
			form := written(a.word)[0]
			v.exact[form] = append(v.exact[form], n)
		case prefix:
			v.prefixes = append(v.prefixes, atomPrefix{fold(a.word), n})
		}
	}
	return v
}
