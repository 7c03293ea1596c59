package parse

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding/charmap"
)

// scripts are charsets of one byte a letter and the letters that are the most
// frequent in the languages written with them: about two thirds of a text in
// its own charset, and a third or less of it in another.
var scripts = []struct {
	charset string
	page    *charmap.Charmap
	letters string
}{
	{"windows-1251", charmap.Windows1251, cyrillic}, {"koi8-u", charmap.KOI8U, cyrillic},
	{"iso-8859-5", charmap.ISO8859_5, cyrillic}, {"ibm866", charmap.CodePage866, cyrillic},
	{"windows-1253", charmap.Windows1253, "αειοντσςηρπκόίά"},
	{"windows-1256", charmap.Windows1256, arabic}, {"iso-8859-6", charmap.ISO8859_6, arabic},
	{"windows-874", charmap.Windows874, "านรอกเงมยลวดทสต่้ัิี"},
}

const (
	cyrillic = "оеаинтсрвлкі"
	arabic   = "اليمونرتبةدع"
)

// byRuns tells the scripts in which whole words are bytes beyond ASCII. The
// detector does not know them well, least of all in short texts. Hebrew is told
// by its letters, which are all in one row of windows-1255; the others by their
// frequent ones, and Thai by two gaps as well. It returns nothing where none is
// certain, and for the charsets of several bytes a letter.
func byRuns(body []byte) string {
	var counts [256]int
	high, runs, gaps, hebrew := 0, 0, 0, 0
	for i, c := range body {
		if c < 0x80 {
			continue
		}
		counts[c]++
		high++
		if i == 0 || body[i-1] < 0x80 {
			runs++
		}
		if c < 0xa1 || c > 0xfb || c >= 0xdb && c <= 0xde {
			gaps++
		}
		if c >= 0xe0 && c <= 0xfa {
			hebrew++
		}
	}
	switch {
	case high < 12 || high < 3*runs:
		return ""
	case hebrew*100 >= high*97:
		return "windows-1255"
	}
	best, most := "", 0
	for _, s := range scripts {
		if s.charset == "windows-874" && gaps > 0 {
			continue
		}
		frequent := 0
		for _, letter := range s.letters {
			if c, ok := s.page.EncodeRune(letter); ok {
				frequent += counts[c]
			}
		}
		if frequent > most {
			best, most = s.charset, frequent
		}
	}
	if most*100 >= high*50 {
		return best
	}
	return ""
}

// likeliest returns the charset that a text looks most like, if it does look
// like one. Of several that are as likely it is always the same one: the
// detector finds them at once, in any order, and an item must not change from
// poll to poll.
func likeliest(text []byte) string {
	guesses, err := chardet.NewTextDetector().DetectAll(text)
	if err != nil {
		return ""
	}
	best := slices.MaxFunc(guesses, func(a, b chardet.Result) int {
		return cmp.Or(cmp.Compare(a.Confidence, b.Confidence), cmp.Compare(b.Charset, a.Charset), cmp.Compare(b.Language, a.Language))
	})
	if best.Confidence < 30 {
		return ""
	}
	return best.Charset
}

// legacy are the charsets that a language was written in before UTF-8.
var legacy = map[string]string{
	"pl": "windows-1250", "cs": "windows-1250", "sk": "windows-1250", "hu": "windows-1250", "sl": "windows-1250",
	"hr": "windows-1250", "bs": "windows-1250", "ro": "windows-1250", "sq": "windows-1250",
	"ru": "windows-1251", "uk": "windows-1251", "be": "windows-1251", "bg": "windows-1251", "mk": "windows-1251", "sr": "windows-1251",
	"el": "windows-1253", "tr": "windows-1254", "az": "windows-1254", "he": "windows-1255", "ar": "windows-1256", "fa": "windows-1256",
	"lt": "windows-1257", "lv": "windows-1257", "et": "windows-1257", "vi": "windows-1258", "th": "windows-874",
}

var statedLanguage = regexp.MustCompile(`<(?:dc:)?language>\s*([A-Za-z]{2})\b|xml:lang\s*=\s*["']([A-Za-z]{2})\b`)

// languageOf returns the language that a document says it is in, as two
// letters.
func languageOf(body []byte) string {
	m := statedLanguage.FindSubmatch(body[:min(len(body), 16<<10)])
	if m == nil {
		return ""
	}
	return strings.ToLower(first(string(m[1]), string(m[2])))
}

// wide are the languages whose charsets have several bytes a letter.
var wide = map[string]bool{"zh": true, "ja": true, "ko": true}

var markup = regexp.MustCompile(`<[!?/A-Za-z][^<>]*>|&[A-Za-z]{2,8};`)

// sample returns what tells a charset: the words with bytes beyond ASCII and
// those beside them, without markup, which is English in every feed.
func sample(body []byte) []byte {
	const enough = 64 << 10
	var out []byte
	for line := range bytes.Lines(body) {
		if !ascii(line) {
			out = append(out, markup.ReplaceAll(line, []byte(" "))...)
		}
		if len(out) > enough {
			return out[:enough]
		}
	}
	return out
}
