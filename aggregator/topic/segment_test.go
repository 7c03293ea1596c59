package topic

import (
	"strings"
	"testing"
	"unicode"

	"github.com/clipperhouse/uax29/v2/words"
)

// segments is what segment should give: the library's, those that are words.
func segments(s string) []string {
	var list []string
	for it := words.FromString(s); it.Next(); {
		if isWord(it.Value()) {
			list = append(list, bare(it.Value()))
		}
	}
	return list
}

func bare(word string) string {
	return strings.TrimFunc(word, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) })
}

func FuzzSegment(f *testing.F) {
	for _, s := range []string{
		"The talks began at 3.5 p.m. on Mr. O'Neil's boat, they said: \"can't\" e.g. example.com/a_b.",
		"a.b a. b a.\tb a.é a’b l’été 1,000 1,x x,1 _a_ a_ a' 'a a:b a;b a..b a,", "C++ AT&T $5 50% #tag @me 100€ x=y a+b",
		"Müller-Straße über—alles „gut“ “x”", "Россия и Украина", "乌克兰ウクライナ우크라이나 สงคราม हिंदी", "🇺🇦👩‍👩‍👧 é\u0301 a\u200db \r\n\u00ad",
		"\xff\xfe a\x80b", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// Every item's text is valid. A zero-width joiner ties even a space to a
		// pictogram, which segment leaves out.
		s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\u200d", "")
		var got []string
		for start, end := segment(s, 0); start < end; start, end = segment(s, end) {
			got = append(got, bare(s[start:end]))
		}
		if want := segments(s); strings.Join(got, "\x00") != strings.Join(want, "\x00") {
			t.Errorf("%q\n got %q\nwant %q", s, got, want)
		}
	})
}

func FuzzTerm(f *testing.F) {
	for _, s := range []string{`Ukraine`, `"US" talks`, `title: /a(b|c)/i`, `sanction*`, `C++`, `/`, `"`, `é: x`, "\xff", `text:"a" "b`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		term, err := parseTerm(s)
		if err != nil {
			if flaw, ok := err.(*flaw); !ok || flaw.offset < 0 || flaw.offset > len(s) {
				t.Errorf("of %q the error is %#v", s, err)
			}
			return
		}
		newLexicon().add(term)
	})
}

// FuzzHash holds that what a word's hash is follows from the word alone, wherever
// in a text it stands, and that other words have other ones.
func FuzzHash(f *testing.F) {
	f.Add("a", "", "b")
	f.Add("sanctions", "the ", " were")
	f.Add("internationalisation", "x", "")
	f.Add("eightlet", "Über ", "s")
	v := newLexicon().newVocabulary("en")
	f.Fuzz(func(t *testing.T, word, before, after string) {
		if word == "" {
			return
		}
		want := v.hash(word, 0, len(word))
		if got := v.hash(before+word+after, len(before), len(before)+len(word)); got != want {
			t.Errorf("%q has another hash between %q and %q", word, before, after)
		}
		for _, other := range []string{word + "\x00", word[1:], word[:len(word)-1], "\x00" + word, word + word} {
			if other != "" && v.hash(other, 0, len(other)) == want {
				t.Errorf("%q and %q have one hash", word, other)
			}
		}
	})
}
