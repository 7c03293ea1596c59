package normalize

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wireroom/wireroom/internal/beside"
)

func FuzzCleanHTML(f *testing.F) {
	for _, in := range []string{
		"<p>a<table><b>x<tr><td>y</b>", "<pre>\n\nx", "<ul><li><div><li>x", "<h1><b><h2>x", "<a><p><a>",
		"<ruby>a<rt>b<rp>c", "<dl><dd><p><dt>x", "<table><caption><table><col>", "<details><summary>x<p>",
	} {
		f.Add(in)
	}
	for _, in := range seedInputs(f) {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) { checkClean(t, in) })
}

// seedInputs returns the inputs of the suites, or nothing where they are absent.
func seedInputs(f *testing.F) map[string]string {
	if _, err := os.Stat("../../../shared/corpora"); err != nil {
		return nil
	}
	return sanitiserInputs(f)
}

func FuzzDate(f *testing.F) {
	for _, c := range dateCases(f) {
		f.Add(c.In)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := parseDate(in)
		if !ok {
			return
		}
		if y := got.at.Year(); y < 0 || y > 10000 {
			t.Errorf("parseDate(%q) = %v", in, got.at)
		}
		if got.at.Location() != time.UTC || got.at.Nanosecond() != 0 {
			t.Errorf("parseDate(%q) = %v, not whole seconds of UTC", in, got.at)
		}
		// What it understood it understands again in the plainest form.
		again, ok := parseDate(got.at.Format(time.RFC3339))
		if got.at.Year() >= 1000 && got.at.Year() < 10000 && (!ok || !again.at.Equal(got.at)) {
			t.Errorf("parseDate(%q) = %v, but its RFC 3339 form is read as %v, %v", in, got.at, again.at, ok)
		}
	})
}

func FuzzAddress(f *testing.F) {
	for _, in := range []string{
		"http://example.org/a b?utm_source=x&y=1#frag", "//example.org", "/\\evil.example", "javascript:alert(1)",
		"http://exämple.org:80/%zz", "https://www.google.com/amp/s/example.org/x", "http://m.example.org/amp/x.amp.html",
		"http://a@b@c/", "http://[::1]:x/", "mailto:a@b.example?subject=x", "\thttp://e.example/\n", "http://e.example?x=%u1234",
	} {
		f.Add(in, "www.example.org")
	}
	f.Fuzz(func(t *testing.T, in, site string) {
		got := webAddress(pageURL, in, false)
		if got == "" {
			return
		}
		checkAddress(t, in, got)
		if u, err := url.Parse(webAddress("", "http://"+site, false)); err == nil {
			site = u.Hostname() // that of a feed's link, which went the same way
		}
		if again := webAddress(pageURL, got, false); again != got {
			t.Errorf("webAddress(%q) = %q, of which it makes %q", in, got, again)
		}
		c := canonical(got, site, false)
		checkAddress(t, in, c)
		if again := canonical(c, site, false); again != c {
			t.Errorf("canonical(%q) = %q, of which it makes %q", got, c, again)
		}
	})
}

func checkAddress(t *testing.T, in, got string) {
	t.Helper()
	u, err := url.Parse(got)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		t.Errorf("%q became %q", in, got)
	}
	if strings.ContainsAny(got, " \t\r\n<>\"") || !utf8.ValidString(got) {
		t.Errorf("%q became %q, which has characters that no address has", in, got)
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("AT&amp;T &lt;b> <b>x</b> vector<int> a<!-- c -->b <script>x</script>")
	f.Fuzz(func(t *testing.T, in string) {
		got := line(untagged(in))
		if !utf8.ValidString(got) {
			t.Errorf("%q became %q, no UTF-8", in, got)
		}
		for _, r := range got {
			if r < ' ' || r == 0xfffe || r == 0xffff {
				t.Errorf("%q became %q, which has a control character", in, got)
			}
		}
		bySmallWords(got)
		if e := excerpt(got, 20); utf8.RuneCountInString(e) > 20 {
			t.Errorf("excerpt of %q has %d characters: %q", got, utf8.RuneCountInString(e), e)
		}
	})
}

// A dateCase is one spelling of the corpus. TS is the instant that it means;
// without one, Accept says that it must be understood, and otherwise it must
// not be. Those of the W3C say by their name whether they are valid.
type dateCase struct {
	In, Src, W3C string
	TS           *int64
	Accept       bool
}

func dateCases(t testing.TB) []dateCase {
	t.Helper()
	raw, err := os.ReadFile(beside.Path(t, "corpora", "dates", "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []dateCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}
