package serve

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// tagList is If-None-Match as RFC 9110 section 13.1.2 writes it: entity tags
// with commas between them, of which some may have nothing between. tag is one.
var (
	tag     = regexp.MustCompile(`(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"`)
	tagList = regexp.MustCompile(`^[ \t,]*` + tag.String() + `(?:[ \t]*,[ \t,]*` + tag.String() + `)*[ \t,]*$`)
)

// FuzzMatches holds the comparison of entity tags against the grammar: of a list
// that keeps to it the answer is whether one of its tags is the same but for W/.
// Of any other the worst that may come of it is a document that the reader has.
func FuzzMatches(f *testing.F) {
	for _, list := range []string{
		`"a"`, `W/"a"`, `"b", "a"`, `"b",,W/"a" ,`, `*`, `"a`, `a`, `"b" "a"`, `"b,a"`, `W/W/"a"`, `w/"a"`, "\"a\"\t, \"\"", `"b"a"a"`, `"b", *`, `""`, "\"\xff\"",
	} {
		f.Add(list, "a")
	}
	f.Fuzz(func(t *testing.T, list, opaque string) {
		etag := `"` + opaque + `"`
		if found := tag.FindString(etag); found != etag || strings.HasPrefix(etag, "W/") {
			return // no tag of ours
		}
		got := matches(list, etag)
		if tagList.MatchString(list) {
			want := false
			for _, m := range tag.FindAllStringSubmatch(list, -1) {
				want = want || m[1] == opaque
			}
			if got != want {
				t.Errorf("matches(%q, %q) = %v", list, etag, got)
			}
		}
		if got && !strings.Contains(list, etag) && !strings.Contains(list, "*") {
			t.Errorf("%q is no name of %q, and yet not modified", list, etag)
		}
		if !matches(list+`, "", W/`+etag, etag) && tagList.MatchString(list) {
			t.Errorf("%q is not seen behind %q", etag, list)
		}
		// Where there is a list the time does not count, whatever the list says.
		modified := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
		if list != "" && notModified(list, modified.Format(http.TimeFormat), etag, modified) != got {
			t.Errorf("%q of %q: the time counts as well", list, etag)
		}
	})
}
