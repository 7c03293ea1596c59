package story

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"
)

// A token is one word of a text, or two neighbouring characters of a script
// that is written without spaces.
type token struct {
	start, end int    // in the text, in bytes
	stem       uint32 // hash of the folded, stemmed word: what is compared
	word       uint32 // hash of the folded word: what shingles are made of
	flags      tokenFlags
}

type tokenFlags uint8

const (
	flagNumber   tokenFlags = 1 << iota // has a digit
	flagUpper                           // begins with a capital letter
	flagStop                            // a function word of its language
	flagSentence                        // the first word of a sentence
	flagBigram                          // of a script without spaces
)

// A lexer cuts texts into tokens. It remembers the stems of recent words, and
// so is not safe for concurrent use; what it remembers is no part of a result.
type lexer struct {
	known [1 << 16]knownWord
}

type knownWord struct {
	key        uint64
	stem, word uint32
	flags      tokenFlags
}

// maxToken is the length in bytes beyond which a "word" is no word of a
// language (base64, long addresses) and is passed over.
const maxToken = 64

// cut appends the tokens of a text in a language (BCP 47 base, may be empty)
// to dst, at most limit of them. Words are found by the rules of Unicode
// (UAX 29), which need no spaces.
func (l *lexer) cut(dst []token, text, language string, limit int) []token {
	stem := stemmer(language)
	sentence := true
	var previous token // of a script without spaces, and adjacent
	it := words.FromString(text)
	for it.Next() && limit > 0 {
		value := it.Value()
		r, _ := utf8.DecodeRuneInString(value)
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			previous = token{}
			if strings.ContainsAny(value, ".!?:\n\u2028\u2029。！？؟।") {
				sentence = true
			}
			continue
		}
		if len(value) > maxToken {
			continue
		}
		t := l.token(value, r, language, stem)
		t.start, t.end = it.Start(), it.End()
		if sentence {
			t.flags |= flagSentence
			sentence = false
		}
		if t.flags&flagBigram != 0 {
			// One character says little: take it with the one before.
			pair := t
			if previous.end == t.start && previous.end > 0 {
				pair.start = previous.start
				pair.stem = previous.word*0x9E3779B1 ^ t.word
				pair.word = pair.stem
			} else {
				pair.flags |= flagStop
			}
			previous, t = t, pair
		} else {
			previous = token{}
		}
		dst = append(dst, t)
		limit--
	}
	return dst
}

func (l *lexer) token(value string, first rune, language string, stem func(string) (string, bool)) token {
	key := xxh3.HashStringSeed(value, uint64(len(language))<<16|languageSalt(language))
	slot := &l.known[key%uint64(len(l.known))]
	if slot.key != key {
		*slot = knownWord{key: key}
		folded := fold(value)
		slot.word = uint32(xxh3.HashString(bare(folded)))
		slot.stem = slot.word
		switch {
		case strings.ContainsFunc(folded, unicode.IsDigit):
			slot.flags |= flagNumber
		case spaceless(first):
			slot.flags |= flagBigram
		default:
			stemmed, stop := stem(folded)
			slot.stem = uint32(xxh3.HashString(bare(stemmed)))
			if stop {
				slot.flags |= flagStop
			}
		}
		if unicode.IsUpper(first) {
			slot.flags |= flagUpper
		}
	}
	return token{stem: slot.stem, word: slot.word, flags: slot.flags}
}

func languageSalt(language string) uint64 {
	var salt uint64
	for i := range min(len(language), 3) {
		salt = salt<<8 | uint64(language[i])
	}
	return salt
}

// spaceless reports whether a letter is of a script that is written without
// spaces between words, which UAX 29 cuts into single characters.
func spaceless(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// fold brings a word to the form that is stemmed: no compatibility forms, no
// case, no apostrophe with what follows it; digits of every script are ASCII
// digits without separators.
func fold(word string) string {
	if ascii(word) {
		word = strings.ToLower(word)
	} else {
		word = strings.Map(func(r rune) rune {
			switch {
			case r == '’' || r == 'ʼ':
				return '\''
			case r == 'ـ': // the Arabic stretch
				return -1
			case r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r):
				return rune(digit(r))
			}
			return unicode.ToLower(r)
		}, norm.NFKC.String(word))
	}
	if i := strings.IndexByte(word, '\''); i > 1 {
		word = word[:i]
	}
	return number(word)
}

// bare removes accents and vowel points, which one outlet writes and another
// leaves out.
func bare(word string) string {
	if ascii(word) {
		return word
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(word))
}

// number removes what groups the digits of a number: 1,000 is 1000.
func number(word string) string {
	if word == "" || word[0] < '0' || word[0] > '9' {
		return word
	}
	i := strings.IndexAny(word, ",٬")
	if i < 0 || len(word) < i+4 {
		return word
	}
	return strings.NewReplacer(",", "", "٬", "").Replace(word)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// digit returns the ASCII form of a decimal digit. Unicode keeps the ten
// digits of a script together, so the value is the distance to the first.
func digit(r rune) byte {
	value := byte(0)
	for value < 9 && unicode.Is(unicode.Nd, r-1-rune(value)) {
		value++
	}
	return '0' + value
}
