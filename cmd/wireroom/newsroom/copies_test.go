package newsroom

import (
	"strings"
	"testing"
	"unicode"
)

// shingles returns the runs of four words of a text.
func shingles(text string) map[string]bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	all := map[string]bool{}
	for i := 4; i <= len(words); i++ {
		all[strings.Join(words[i-4:i], " ")] = true
	}
	return all
}

// contained is the share of the shorter text that stands in the longer one.
func contained(a, b map[string]bool) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	both := 0
	for s := range a {
		if b[s] {
			both++
		}
	}
	return float64(both) / float64(max(1, len(a)))
}

// TestCopiesAreCopies holds the day against what it claims: a copy has most of
// its text from where it says, and what is no copy shares next to nothing.
func TestCopiesAreCopies(t *testing.T) {
	acts, err := script(day)
	if err != nil {
		t.Fatal(err)
	}
	reports, err := standing(acts, Closing)
	if err != nil {
		t.Fatal(err)
	}
	from, texts := map[string]string{}, map[string]map[string]bool{}
	copies := 0
	for _, a := range acts {
		if a.of != "" {
			from[a.key] = a.of
			copies++
		}
	}
	origin := func(key string) string {
		if from[key] != "" {
			return from[key]
		}
		return key
	}
	for _, r := range reports {
		texts[r.key()] = shingles(strings.Join(r.text, " "))
	}
	for i, a := range reports {
		for _, b := range reports[i+1:] {
			share := contained(texts[a.key()], texts[b.key()])
			if same := origin(a.key()) == origin(b.key()); same && share < 0.5 {
				t.Errorf("%s and %s are of one text, and share only %.2f", a.key(), b.key(), share)
			} else if !same && share > 0.1 {
				t.Errorf("%s and %s are of two texts, and share %.2f", a.key(), b.key(), share)
			}
		}
	}
	if copies < 25 {
		t.Errorf("only %d copies", copies)
	}
}
