package topic

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Regular expressions are linear in the text (RE2), but the factor grows with
// the pattern: one that counts to fifty takes seconds on a megabyte. Hence the
// limits. The text is cut so that all patterns together take at most maxSteps
// steps of the machine on one field of an item, whatever the item.
const (
	maxPattern = 1 << 10  // bytes of a pattern
	maxSubject = 64 << 10 // bytes of a text that is searched
	minSubject = 2 << 10  // bytes that must at least be searched
	maxSteps   = 16 << 20 // instructions of all patterns, times bytes
)

// subjectLimit returns how many bytes of a text are searched by patterns of so
// many instructions in all; 0 if they cost too much.
func subjectLimit(instructions int) int {
	limit := min(maxSubject, maxSteps/max(instructions, 1))
	if limit < minSubject {
		return 0
	}
	return limit
}

// parsePattern returns what stands between the slashes of a term, in the
// syntax of package regexp. The error is a *flaw.
func parsePattern(s string) (string, error) {
	end := strings.LastIndex(s, "/")
	if end == 0 {
		return "", &flaw{0, "a regular expression is opened and not closed: write /…/"}
	}
	pattern, flags := s[1:end], s[end+1:]
	if flags != "" && flags != "i" {
		return "", &flaw{utf8.RuneCountInString(s[:end+1]), fmt.Sprintf("%q is no flag of a regular expression; /…/i ignores case", flags)}
	}
	if _, err := instructions(pattern); err != nil {
		var f *flaw
		if errors.As(err, &f) {
			f.offset++
		}
		return "", err
	}
	if flags == "i" {
		pattern = "(?i)" + pattern // no group around it, whose end a \Q would quote
	}
	return pattern, nil
}

// instructions returns how many instructions a pattern compiles to: what one
// byte of text may cost. The error is a *flaw.
func instructions(pattern string) (int, error) {
	if pattern == "" {
		return 0, &flaw{0, "the regular expression is empty and would take everything"}
	}
	if len(pattern) > maxPattern {
		return 0, &flaw{utf8.RuneCountInString(pattern[:maxPattern]), fmt.Sprintf("the regular expression is longer than %d bytes", maxPattern)}
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		problem, offset := err.Error(), 0
		var wrong *syntax.Error
		if errors.As(err, &wrong) {
			problem = fmt.Sprintf("%s: %q", wrong.Code, wrong.Expr)
			offset = utf8.RuneCountInString(pattern[:max(0, strings.Index(pattern, wrong.Expr))])
		}
		return 0, &flaw{offset, "no regular expression: " + problem}
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0, &flaw{0, "no regular expression: " + err.Error()}
	}
	if !anchored(parsed) && regexp.MustCompile(pattern).MatchString("") {
		return 0, &flaw{0, "the regular expression fits no letter at all, and would take everything"}
	}
	return len(program.Inst), nil
}

// anchored reports whether a pattern asks for a place in the text: then it may
// well ask for nothing to be there.
func anchored(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(re.Sub, anchored)
}

// head returns at most limit bytes of s, whole characters only.
func head(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
