package store

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wireroom/wireroom/aggregator/news"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"The Ferry, the ferry": "ferry the",
		"Zürich ﬁnal ①":        "1 final zurich",
		"渡轮 x":                 "x 渡轮 轮",
		"abc渡轮def":             "abc def 渡轮 轮",
		"が か":                  "か が",
		"轮 \u0488a":            "\u0488a 轮",
		"":                     "",
		strings.Repeat("é", 3000) + " " + strings.Repeat("b", 50): strings.Repeat("e", maxWord),
	} {
		if got := strings.Join(words(nil, &news.Item{Title: text}), " "); got != want {
			t.Errorf("%.20s: %q, want %q", text, got, want)
		}
	}
}

// TestWordsOfTheHead wants no more than the head of title and text to be looked at.
func TestWordsOfTheHead(t *testing.T) {
	for n, want := range map[int]string{maxIndexed - 3: "ee", maxIndexed - 2: "e", maxIndexed - 1: "", maxIndexed: "", maxIndexed + 9: ""} {
		it := news.Item{Title: strings.Repeat("–", n), Text: "eé more"}
		if got := strings.Join(words(nil, &it), " "); got != want {
			t.Errorf("behind a title of %d runes: %q, want %q", n, got, want)
		}
	}
}

// TestWordsAreFound wants every word of a text, as a person would copy it into a
// query, to be among those that the text is found by.
func TestWordsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 60, -1).Draw(t, "text")
		has := words(nil, &news.Item{Title: text})
		for _, part := range strings.Fields(text) {
			for _, c := range parseQuery(strings.Trim(part, "-*")) {
				for _, term := range c.terms {
					found := false
					for _, w := range has {
						found = found || w == term.word || term.prefix && strings.HasPrefix(w, term.word)
					}
					if !found {
						t.Fatalf("%q of %q is not among %q", term.word, text, has)
					}
				}
			}
		}
	})
}

// TestHyphensThatAreNotSeen reads words as they are copied from a page that says where
// they may be parted.
func TestHyphensThatAreNotSeen(t *testing.T) {
	for query, want := range map[string]string{"Zucker\u00adbäcker": "zuckerbacker", "and/\u200bor": "and or", "har\u2060bour*": "harbour"} {
		var got []string
		for _, c := range parseQuery(query) {
			for _, term := range c.terms {
				got = append(got, term.word)
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
}

// TestBeginnings reads queries for words that begin with what is given, each of which
// costs an engine a look at all words that do.
func TestBeginnings(t *testing.T) {
	for query, want := range map[string]string{
		"ferr*":                          "ferr*",
		"a* ferry":                       "a ferry", // nearly every item has such a word
		"é*":                             "e",
		"港 ferry":                        "港* ferry",
		"ab* cd* ef* gh* ij* kl":         "ab* cd* ef* gh* kl",
		"ab* cd* ef* gh* -ij* -kl":       "ab* cd* ef* gh* -kl",
		"ab* cd* ef* gh* -xy+ij* -kl":    "ab* cd* ef* gh* -kl", // who has xy alone is not meant
		"a港b港c港d港e港f":                    "a 港* b 港* c 港* d 港* e f",
		strings.Repeat("ab* ", 20) + "c": "ab* ab* ab* ab* c",
	} {
		var got []string
		for _, c := range parseQuery(query) {
			for _, term := range c.terms {
				word := term.word
				if c.not {
					word = "-" + word
				}
				if term.prefix {
					word += "*"
				}
				got = append(got, word)
			}
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
