package article

import (
	"regexp"
	"strings"
)

// A date as pages write it: the day in figures or words, then, maybe, a time
// and a zone. Package normalize reads it; here it need only be found.
var (
	day = `(?:\d{4}-\d{1,2}-\d{1,2}` +
		`|\d{4}/\d{1,2}/\d{1,2}` +
		`|\d{1,2}[./-]\d{1,2}[./-]\d{4}` +
		`|\d{1,2}(?:st|nd|rd|th|er|\.)?[ -](?:de |of )?\p{L}{3,12}\.?,?[ -](?:de |del )?\d{4}` +
		`|\p{L}{3,12}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}` +
		`|\d{4} ?[年년] ?\d{1,2} ?[月월] ?\d{1,2} ?[日일])`
	clock    = `\d{1,2}[:h]\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[AaPp]\.?[Mm]\.?\b)?`
	zone     = `(?:Z\b|[A-Z]{2,5}\b|(?:GMT|UTC)? ?[+-]\d{2}:?\d{2}\b)`
	between  = `(?:T|,? (?:at|à|um|в|a las|alle|om|kl\.?) |[ ,|/·•–—-]{1,4})`
	dateLike = regexp.MustCompile(`(?:^|[^\p{L}\d])(` + day + `)(?:` + between + `(` + clock + `)(?: ?(` + zone + `))?)?`)
)

// dateIn returns the first date in a text, with its time and zone where they
// follow, and what stands between them made a space; empty if there is none.
func dateIn(s string) string {
	m := dateLike.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(strings.Join(m[1:], " "))
}
