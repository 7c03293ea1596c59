package story

import "testing"

// TestAgencies tells what names an agency before a text from abbreviations in brackets
// that are written like one.
func TestAgencies(t *testing.T) {
	for text, want := range map[string]string{
		"LONDON (Reuters) - The bank raised its rates.":                              "reuters.com",
		"MOSCOW, February 12. /TASS/. The ferry sank.":                               "tass.com",
		"(AP) — Two boats collided.":                                                 "apnews.com",
		"New Delhi (Sputnik) The minister left.":                                     "sputniknews.com",
		"طرابلس (رويترز) غرقت عبارة.":                                                "reuters.com",
		"The Middle East and North Africa (MENA) region saw a summer of great heat.": "",
		"The Palestinian Authority (PA) said on Monday that it would not come.":      "",
		"Canadian Pacific (CP) has sold its ferries.":                                "",
		"A mobile application (app) helps farmers.":                                  "",
	} {
		if rest, got := unmarked(text); got != want || want == "" && rest != text {
			t.Errorf("%q is by %q, want %q; what is left: %q", text, got, want, rest)
		}
	}
}
