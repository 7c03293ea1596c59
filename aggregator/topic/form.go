package topic

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// elisions are what French, Italian and Catalan join to the next word by an
// apostrophe, which UAX #29 does not part.
var elisions = map[string]bool{
	"l": true, "d": true, "j": true, "m": true, "t": true, "s": true, "n": true, "c": true,
	"qu": true, "jusqu": true, "lorsqu": true, "puisqu": true, "quoiqu": true,
	"un": true, "all": true, "dall": true, "dell": true, "nell": true, "sull": true, "quell": true, "gl": true,
}

// appendWritten appends the forms in which a word of a language is compared as
// written: the word, and what it is without an elided article, an English
// genitive or an ending that the language parts off by a mark.
func appendWritten(forms []string, word, language string) []string {
	stem := "" // before a zero-width non-joiner, as Persian puts before endings
	if !isASCII(word) {
		stem, _, _ = strings.Cut(word, "\u200c")
		word = strings.Map(visible, norm.NFKC.String(word))
	}
	forms = append(forms, word)
	if stem != "" && len(stem) < len(word) {
		forms = append(forms, stem)
	}
	if head, tail, ok := strings.Cut(word, "'"); ok {
		if elisions[strings.ToLower(head)] && tail != "" {
			forms = append(forms, tail)
		}
		if tail == "s" || language == "tr" || language == "az" { // İstanbul'un
			forms = append(forms, head)
		}
	}
	if head, tail, ok := strings.Cut(word, ":"); ok { // Finnish EU:n, Swedish USA:s
		forms = append(forms, head, tail)
	}
	return forms
}

// visible maps the characters that a word is written with: the many that serve as
// apostrophe, and the marks of a Hebrew abbreviation, to those of a keyboard; soft
// hyphens, joiners and marks of direction to none.
func visible(r rune) rune {
	switch {
	case strings.ContainsRune("’‘ʼʻ׳", r):
		return '\''
	case r == '״':
		return '"'
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// appendKeys appends the keys of a form of a word in a language. Two words are
// the same but for case, accents and inflection if they have a key in common.
// A stemmer wants its language's accents, but people leave them out: hence two.
func appendKeys(keys []string, form, language string) []string {
	if language == "" {
		language = fallback(form)
	}
	if language == "tr" {
		form = strings.ToLowerSpecial(unicode.TurkishCase, form)
	} else {
		form = strings.ToLower(form)
	}
	stem := stemmers[language]
	if stem == nil {
		keys = append(keys, fold(form))
		if bare := particles[language]; bare != nil {
			keys = append(keys, bare(keys[len(keys)-1]))
		}
		return keys
	}
	one := fold(stem(form))
	keys = append(keys, one)
	if isASCII(form) {
		return keys
	}
	bare := fold(form)
	if two := stem(bare); two != one {
		keys = append(keys, two)
	}
	if language == "ru" && bare != one && endless(bare) {
		keys = append(keys, bare)
	}
	return keys
}

// endless reports whether a Russian word ends in a consonant. Of a noun that is all
// of it, as Киев, Иран and Лавров: the stemmer takes the end for an ending, and gives
// the word another stem than its cases have.
func endless(word string) bool {
	r, _ := utf8.DecodeLastRuneInString(word)
	return strings.ContainsRune("бвгджзклмнпрстфхцчшщ", r)
}

// fallback is the language by whose stemmer a word is taken where the item's
// language is not known: the most common one of the word's script.
func fallback(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	switch {
	case unicode.Is(unicode.Latin, r):
		return "en"
	case unicode.Is(unicode.Cyrillic, r):
		return "ru"
	case unicode.Is(unicode.Arabic, r):
		return "ar"
	case unicode.Is(unicode.Hangul, r):
		return "ko"
	case unicode.Is(unicode.Hebrew, r):
		return "he"
	}
	return ""
}

// particles are the languages that write particles together with a word, and
// what takes one off. A word is compared with it and without, for many a word
// only looks as if it had one.
var particles = map[string]func(folded string) string{"ko": bareKorean, "he": bareHebrew}

// koreanParticles stand after a noun; the longer ones first.
var koreanParticles = []string{
	"에서는", "에서도", "으로는", "으로도", "에게서", "이라고", "에서", "에게", "으로", "까지", "부터", "처럼", "보다", "이나", "라고",
	"은", "는", "이", "가", "을", "를", "의", "에", "와", "과", "도", "로", "만",
}

// bareKorean takes a particle off a word, if two syllables are left.
func bareKorean(word string) string {
	word = norm.NFC.String(word)
	for _, particle := range koreanParticles {
		if rest, ok := strings.CutSuffix(word, particle); ok && utf8.RuneCountInString(rest) > 1 {
			return rest
		}
	}
	return word
}

// bareHebrew takes conjunction, preposition and article off a word, at most two
// of them, if three letters are left.
func bareHebrew(word string) string {
	for range 2 {
		r, size := utf8.DecodeRuneInString(word)
		if !strings.ContainsRune("והבכלמש", r) || utf8.RuneCountInString(word) < 4 {
			break
		}
		word = word[size:]
	}
	return word
}
