package poll

import (
	"strings"
	"testing"
)

// TestRobotsByAnyEditor reads rules that begin with a mark of their coding, whose lines
// end as on old machines, and that stand behind a line of great length.
func TestRobotsByAnyEditor(t *testing.T) {
	rules := "User-agent: *\nDisallow: /private\n"
	for name, text := range map[string]string{
		"plain":               rules,
		"with a mark":         "\ufeff" + rules,
		"with CR":             strings.ReplaceAll(rules, "\n", "\r"),
		"with CR LF":          strings.ReplaceAll(rules, "\n", "\r\n"),
		"behind a great line": "# " + strings.Repeat("x", 100<<10) + "\n" + rules,
	} {
		r := robots{rules: parseRobots(text)}
		if r.allow("/private/feed.xml") || !r.allow("/feed.xml") {
			t.Errorf("%s: rules %v", name, r.rules)
		}
	}
}
