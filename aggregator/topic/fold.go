package topic

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/irish"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/tamil"
	"github.com/blevesearch/snowballstem/turkish"
	"golang.org/x/text/unicode/norm"
)

// stemmers are the languages whose inflection is known, by primary subtag.
var stemmers = map[string]func(string) string{
	"ar": stemArabic,
	"da": snowball(danish.Stem),
	"de": snowball(german.Stem),
	"en": snowball(english.Stem),
	"es": snowball(spanish.Stem),
	"fi": snowball(finnish.Stem),
	"fr": snowball(french.Stem),
	"ga": snowball(irish.Stem),
	"hu": snowball(hungarian.Stem),
	"it": snowball(italian.Stem),
	"nb": snowball(norwegian.Stem),
	"nl": snowball(dutch.Stem),
	"nn": snowball(norwegian.Stem),
	"no": snowball(norwegian.Stem),
	"pt": snowball(portuguese.Stem),
	"ro": snowball(romanian.Stem),
	"ru": snowball(russian.Stem),
	"sv": snowball(swedish.Stem),
	"ta": snowball(tamil.Stem),
	"tr": snowball(turkish.Stem),
}

func snowball(stem func(*snowballstem.Env) bool) func(string) string {
	return func(word string) string {
		env := snowballstem.NewEnv(word)
		stem(env)
		return env.Current()
	}
}

// lightAffixes are what light stemming of Arabic takes off, in this order, at
// most one of each; the number is of letters that must be left (Larkey,
// Ballesteros and Connell, "Light stemming for Arabic information retrieval",
// 2007: light10).
var (
	arabicPrefixes = []string{"وال", "بال", "كال", "فال", "ال", "لل"}
	arabicSuffixes = []string{"ها", "ان", "ات", "ون", "ين", "يه", "ية", "ه", "ة", "ي"}
)

// stemArabic takes conjunction, article and endings off a word. Unlike the
// snowball stemmer it gives a word and the same word with its article one stem.
func stemArabic(word string) string {
	word = fold(word)
	if rest, ok := strings.CutPrefix(word, "و"); ok && utf8.RuneCountInString(rest) > 3 {
		word = rest
	}
	for _, prefix := range arabicPrefixes {
		if rest, ok := strings.CutPrefix(word, prefix); ok && utf8.RuneCountInString(rest) > 2 {
			word = rest
			break
		}
	}
	for _, suffix := range arabicSuffixes {
		if rest, ok := strings.CutSuffix(word, suffix); ok && utf8.RuneCountInString(rest) > 2 {
			word = rest
		}
	}
	return word
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
	}
	return ""
}

// elisions are what French, Italian and Catalan join to the next word by an
// apostrophe, which UAX #29 does not part.
var elisions = map[string]bool{
	"l": true, "d": true, "j": true, "m": true, "t": true, "s": true, "n": true, "c": true,
	"qu": true, "jusqu": true, "lorsqu": true, "puisqu": true, "quoiqu": true,
	"un": true, "all": true, "dall": true, "dell": true, "nell": true, "sull": true, "quell": true, "gl": true,
}

// appendWritten appends the forms in which a word is compared as written: the
// word, and what it is without an elided article or an English genitive.
func appendWritten(forms []string, word string) []string {
	if !isASCII(word) {
		word = strings.ReplaceAll(norm.NFKC.String(word), "’", "'")
	}
	forms = append(forms, word)
	if head, tail, ok := strings.Cut(word, "'"); ok {
		if elisions[strings.ToLower(head)] && tail != "" {
			forms = append(forms, tail)
		}
		if tail == "s" {
			forms = append(forms, head)
		}
	}
	return forms
}

// appendKeys appends the keys of a form of a word in a language. Two words are
// the same but for case, accents and inflection if they have a key in common.
// A stemmer wants its language's accents, but people leave them out: hence two.
func appendKeys(keys []string, form, language string) []string {
	form = strings.ToLower(form)
	if language == "" {
		language = fallback(form)
	}
	stem := stemmers[language]
	if stem == nil {
		return append(keys, fold(form))
	}
	one := fold(stem(form))
	keys = append(keys, one)
	if isASCII(form) {
		return keys
	}
	if two := stem(fold(form)); two != one {
		keys = append(keys, two)
	}
	return keys
}

// letters are those that differ from their plain form by more than a mark.
var letters = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ħ", "h", "ı", "i",
	"ς", "σ", // Greek final sigma
	"ى", "ي", "ة", "ه", "ک", "ك", "ی", "ي", "ـ", "", // Arabic and Persian writings of one letter; tatweel
)

// fold returns a word without case, accents, vowel points, and compatibility
// variants such as full-width letters. Marks that make another letter (as in
// Devanagari or kana) stay.
func fold(word string) string {
	word = strings.ToLower(word)
	if isASCII(word) {
		return word
	}
	word = strings.Map(func(r rune) rune {
		if isAccent(r) {
			return -1
		}
		return r
	}, norm.NFKD.String(word))
	return norm.NFC.String(letters.Replace(word))
}

// isAccent reports whether r is a combining mark of Latin, Greek, Cyrillic,
// Hebrew or Arabic writing.
func isAccent(r rune) bool {
	switch {
	case r >= 0x300 && r <= 0x36F, r >= 0x1AB0 && r <= 0x1AFF, r >= 0x1DC0 && r <= 0x1DFF:
		return true
	case r >= 0x591 && r <= 0x5C7, r >= 0x610 && r <= 0x61A, r >= 0x64B && r <= 0x65F, r == 0x670, r >= 0x6D6 && r <= 0x6ED:
		return unicode.Is(unicode.Mn, r)
	}
	return false
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
