package story

import "testing"

func TestUncaptioned(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"none", "A bridge fell.\nNobody was hurt.", "A bridge fell.\nNobody was hurt."},
		{
			"before the text, with rights",
			"A crane by the bridge in Ostholm. (AP Photo/A. Name, File)Copyright 2026 The Agency. All rights reserved. This material may not be published or rewritten.\nA bridge fell.",
			"\nA bridge fell.",
		},
		{"in one line with the text", "A crane. (Photo: Agency/B. Name) A bridge fell.", "A bridge fell."},
		{"between paragraphs", "A bridge fell.\nFILE PHOTO: A crane. REUTERS/Ann Name/File Photo\nNobody was hurt.", "A bridge fell.\nNobody was hurt."},
		{"a line of its own", "Мост упал.\nФото: А. Имя\nНикто не пострадал.", "Мост упал.\nНикто не пострадал."},
		{"of a picture and of nothing else", "Photo: C. Name", "Photo: C. Name"},
		{"a word of the text", "The office lost every Photo of the bridge (all of them).", "The office lost every Photo of the bridge (all of them)."},
	} {
		if got := uncaptioned(tt.text); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestPairs(t *testing.T) {
	var l lexer
	l.room(0)
	pairs := func(title string) []uint16 { return pairsOf(l.cut(nil, title, "en", maxTitleWords)) }
	title := pairs("Bridge falls in U.S. town")
	for _, tt := range []struct {
		title string
		want  float64
	}{{"Bridge falls in US town", 1}, {"In US town bridge falls", 0.6}, {"Library lends tools", 0}, {"", 0}} {
		if got := samePairs(title, pairs(tt.title)); got != tt.want {
			t.Errorf("%q: %.2f, want %.2f", tt.title, got, tt.want)
		}
	}
}

func TestAtLeast(t *testing.T) {
	for _, tt := range []struct {
		k, n int
		p    float64
		want float64
	}{{0, 5, 0.3, 1}, {2, 2, 0.5, 0.25}, {1, 2, 0.5, 0.75}, {3, 3, 0.1, 0.001}} {
		if got := atLeast(tt.k, tt.n, tt.p); got < tt.want-1e-9 || got > tt.want+1e-9 {
			t.Errorf("%d of %d at %.1f: %f, want %f", tt.k, tt.n, tt.p, got, tt.want)
		}
	}
}
