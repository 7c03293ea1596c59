package topic

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// FuzzPattern holds a regular expression of a rule against package regexp: a
// topic takes an item by it if and only if it is in the text, and it never costs
// more than a field of an item may.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{`a(b|c)`, `(?i)(.*?,){50}P`, `^$`, `\bUS\b`, `a|`, `x*`, `(a{100}){100}`, `a/b`, `\/`, `[[:^word:]]`, `\pL+\d`, `(?s).`, `a)|(b`, `(?P<n>é)`, `\Qa.b\E`, `\Qa.b`, `(?i:K)`, `$^`, "\xff", `\C`} {
		f.Add(s, false, "abc,P")
		f.Add(s, true, "AC us \u212a\n")
	}
	f.Fuzz(func(t *testing.T, written string, fold bool, title string) {
		title = strings.ToValidUTF8(title, "")
		flags := ""
		if fold {
			flags = "i"
		}
		rules, err := Compile([]news.Topic{{Name: "all", Match: news.Match{Any: []string{"title:/" + written + "/" + flags}}}})
		if err != nil {
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > utf8.RuneCountInString(written)+len("title://i") {
				t.Errorf("of %q the error is %#v", written, err)
			}
			return
		}
		if strings.TrimSpace(written) != written {
			return // the term is trimmed, which may change what stands between the slashes
		}
		as := syntax.Perl
		if fold {
			as |= syntax.FoldCase
		}
		parsed, err := syntax.Parse(written, as)
		if err != nil {
			t.Fatalf("%q is taken, but is no regular expression: %v", written, err)
		}
		plain := regexp.MustCompile(parsed.String())
		program, err := syntax.Compile(parsed.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if limit, n := rules.lexicon.limit, len(program.Inst); limit < minSubject || limit > maxSubject || limit*n > maxSteps {
			t.Errorf("%q searches %d bytes by %d instructions", written, limit, n)
		}
		got := false
		for _, found := range rules.lexicon.find(&news.Item{Title: title, Text: "another text"}) {
			got = found.in&inTitle != 0
		}
		if want := plain.MatchString(head(title, maxSubject)); got != want && len(title) <= rules.lexicon.limit {
			t.Errorf("/%s/%s is in %q: %v", written, flags, title, got)
		}
	})
}
