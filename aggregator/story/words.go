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
	start, end int32  // in the text, in bytes
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
	flagQuoted                          // in quotation marks: the words of somebody else
)

// A lexer cuts texts into tokens. It remembers the stems of recent words, and
// so is not safe for concurrent use; what it remembers is no part of a result.
type lexer struct {
	known [][2]knownWord // a power of two; of two words that share a place the newer is first
}

// Places for words that are remembered. Who has many items meets many words.
const (
	leastKnown = 1 << 16
	mostKnown  = 1 << 20
)

type knownWord struct {
	key        uint64 // of which the last byte is spared for the flags
	stem, word uint32
}

const flagBits = 8 // of a key

// room makes room for the words of so many items.
func (l *lexer) room(items int) {
	if len(l.known) > 0 && (len(l.known) >= items || len(l.known) == mostKnown) {
		return
	}
	old := l.known
	l.known = make([][2]knownWord, max(leastKnown, 2*len(old)))
	for _, set := range old {
		for _, w := range []knownWord{set[1], set[0]} {
			if place := l.place(w.key); w.key != 0 {
				place[1], place[0] = place[0], w
			}
		}
	}
}

// place is where a word is, if it is known.
func (l *lexer) place(key uint64) *[2]knownWord {
	return &l.known[key>>flagBits&uint64(len(l.known)-1)]
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
	var quote rune     // the mark that opened a quotation; 0: none is open
	var previous token // of a script without spaces, and adjacent
	for start, end := 0, 0; end < len(text) && limit > 0; {
		start, end = end, end+segment(text[end:])
		value := text[start:end]
		r, _ := utf8.DecodeRuneInString(value)
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			previous = token{}
			if value == " " {
				continue
			}
			if strings.ContainsAny(value, ".!?:\n\u2028\u2029。！？؟।") {
				sentence = true
			}
			quote = quoted(quote, value)
			continue
		}
		if len(value) > maxToken {
			continue
		}
		t := l.token(value, r, language, stem)
		t.start, t.end = int32(start), int32(end)
		if quote != 0 {
			t.flags |= flagQuoted
		}
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

// segment returns the length of what a text begins with, by the rules of
// Unicode: a word, or something between two. Most words, and what stands between
// them, are told at a glance.
func segment(text string) int {
	n := 0
	for n < len(text) && asciiWord(text[n]) {
		n++
	}
	switch {
	case n > 0 && (n == len(text) || text[n] == ' '),
		n > 0 && n+1 < len(text) && text[n+1] == ' ' && (text[n] == '.' || text[n] == ','):
		return n
	case n == 0 && len(text) > 1 && (text[0] == ' ' || text[0] == '.' || text[0] == ',') && text[1] < utf8.RuneSelf && text[1] != text[0]:
		return 1
	}
	it := words.FromString(text)
	it.Next()
	return it.End()
}

func asciiWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// quoted follows quotation marks through what stands between two words. A
// quotation ends with its paragraph, if not before: closing marks are forgotten.
func quoted(open rune, between string) rune {
	for _, r := range between {
		switch r {
		case '\n', '\u2029', '”', '»':
			open = 0
		case '«', '„':
			open = r
		case '“': // which closes what „ has opened
			if open == '„' {
				open = 0
			} else {
				open = r
			}
		case '"':
			if open == 0 {
				open = r
			} else {
				open = 0
			}
		}
	}
	return open
}

func (l *lexer) token(value string, first rune, language string, stem func(string) (string, bool)) token {
	key := xxh3.HashStringSeed(value, uint64(len(language))<<16|languageSalt(language))
	set := l.place(key)
	slot := &set[0]
	switch key >> flagBits {
	case set[0].key >> flagBits:
	case set[1].key >> flagBits:
		slot = &set[1]
	default:
		set[1] = set[0]
		var flags tokenFlags
		folded := fold(value)
		slot.word = uint32(xxh3.HashString(bare(folded)))
		slot.stem = slot.word
		switch {
		case strings.ContainsFunc(folded, unicode.IsDigit):
			flags |= flagNumber
		case spaceless(first):
			flags |= flagBigram
		default:
			stemmed, stop := stem(folded)
			slot.stem = uint32(xxh3.HashString(bare(stemmed)))
			if stop {
				flags |= flagStop
			}
		}
		if unicode.IsUpper(first) {
			flags |= flagUpper
		}
		slot.key = key>>flagBits<<flagBits | uint64(flags)
	}
	return token{stem: slot.stem, word: slot.word, flags: tokenFlags(slot.key)}
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
	return number(initials(word))
}

// initials takes the points out of an abbreviation: u.s is us.
func initials(word string) string {
	if strings.IndexByte(word, '.') < 0 {
		return word
	}
	for part := range strings.SplitSeq(word, ".") {
		if r, n := utf8.DecodeRuneInString(part); n != len(part) || !unicode.IsLetter(r) {
			return word
		}
	}
	return strings.ReplaceAll(word, ".", "")
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
