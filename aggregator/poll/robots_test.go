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

// TestRobotsSpelling holds paths against rules that spell them otherwise (RFC 9309
// section 2.2.2).
func TestRobotsSpelling(t *testing.T) {
	for _, c := range []struct {
		rule, path string
		fits       bool
	}{
		{"/лента", "/%D0%BB%D0%B5%D0%BD%D1%82%D0%B0/1", true},
		{"/%d0%bb%d0%b5", "/%D0%BB%D0%B5%D0%BD%D1%82%D0%B0/1", true},
		{"/%7Eana/", "/~ana/feed", true},
		{"/~ana/", "/%7eana/feed", true},
		{"/a%2Fb", "/a/b", false},
		{"/a%2fb", "/a%2Fb", true},
		{"/*/лента$", "/x/%d0%bb%d0%b5%d0%bd%d1%82%d0%b0", true},
	} {
		r := robots{rules: parseRobots("User-agent: *\nDisallow: " + c.rule)}
		if r.allow(c.path) == c.fits {
			t.Errorf("%s fits %s: %v", c.rule, c.path, !c.fits)
		}
	}
}
