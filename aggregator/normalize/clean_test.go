package normalize

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

const pageURL = "https://example.org/dir/page.html"

// parsed returns the tree that an HTML parser builds of a fragment.
func parsed(t testing.TB, s string, scripting bool) []*html.Node {
	t.Helper()
	context := &html.Node{Type: html.ElementNode, DataAtom: atom.Div, Data: "div"}
	nodes, err := html.ParseFragmentWithOptions(strings.NewReader(s), context, html.ParseOptionEnableScripting(scripting))
	if err != nil {
		t.Fatalf("parse %q: %v", s, err)
	}
	return nodes
}

// active returns what of a tree runs, loads, takes input, or leads off the web.
func active(nodes []*html.Node) []string {
	var found []string
	var visit func(*html.Node)
	visit = func(n *html.Node) {
		if n.Type == html.ElementNode {
			if n.Namespace != "" {
				found = append(found, "namespace "+n.Namespace)
			}
			if _, ok := elements[n.Data]; !ok {
				found = append(found, "element "+n.Data)
			}
			for _, a := range n.Attr {
				switch {
				case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", a.Key == "id", a.Key == "name", a.Key == "class", a.Key == "target":
					found = append(found, "attribute "+a.Key)
				case a.Key == "href", a.Key == "src", a.Key == "cite", a.Key == "poster", a.Key == "action", a.Key == "formaction", a.Key == "data", a.Key == "background":
					u, err := url.Parse(a.Val)
					if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" {
						found = append(found, "address "+a.Val)
					}
				}
			}
		}
		if n.Type == html.CommentNode {
			found = append(found, "comment")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
	}
	for _, n := range nodes {
		visit(n)
	}
	return found
}

// policy is the second opinion: bluemonday, allowed the same elements and
// attributes, must find nothing to do.
var policy = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowURLSchemes("http", "https", "mailto")
	p.RequireParseableURLs(true)
	p.AllowAttrs(globals...).Globally()
	for name, e := range elements {
		p.AllowElements(name)
		p.AllowNoAttrs().OnElements(name)
		if len(e.attrs) > 0 {
			p.AllowAttrs(e.attrs...).OnElements(name)
		}
	}
	return p
}()

func dump(nodes []*html.Node) string {
	var b strings.Builder
	var visit func(*html.Node, int)
	visit = func(n *html.Node, depth int) {
		fmt.Fprintf(&b, "%d %d %s %v\n", depth, n.Type, n.Data, n.Attr)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c, depth+1)
		}
	}
	for _, n := range nodes {
		visit(n, 0)
	}
	return b.String()
}

// rendered again: the tree written out and read once more.
func reparsed(t testing.TB, nodes []*html.Node) []*html.Node {
	t.Helper()
	var b strings.Builder
	for _, n := range nodes {
		if err := html.Render(&b, n); err != nil {
			t.Fatal(err)
		}
	}
	return parsed(t, b.String(), true)
}

// checkClean fails unless what cleanHTML makes of an input has nothing active
// in it in either mode of a parser, is nested as parsers nest it, and stays as
// it is when it is cleaned again.
func checkClean(t testing.TB, in string) {
	t.Helper()
	got := cleanHTML(in, pageURL, pageURL)
	tree := parsed(t, got.html, true)
	for _, scripting := range []bool{true, false} {
		if found := active(parsed(t, got.html, scripting)); len(found) > 0 {
			t.Errorf("active content is left: %v\n in: %q\nout: %q", found, in, got.html)
		}
	}
	if a, b := dump(tree), dump(parsed(t, got.html, false)); a != b {
		t.Errorf("the tree depends on scripting\n in: %q\nout: %q", in, got.html)
	}
	if a, b := dump(tree), dump(reparsed(t, tree)); a != b {
		t.Errorf("reading it again changes the tree\n in: %q\nout: %q\n%s\n%s", in, got.html, a, b)
	}
	if a, b := dump(tree), dump(parsed(t, policy.Sanitize(got.html), true)); a != b {
		t.Errorf("bluemonday would still change it\n in: %q\nout: %q\n%s\n%s", in, got.html, a, b)
	}
	again := cleanHTML(got.html, pageURL, pageURL)
	if again.html != got.html {
		t.Errorf("not idempotent\n in: %q\n1st: %q\n2nd: %q", in, got.html, again.html)
	}
	if again.text != got.text {
		t.Errorf("the text changes when it is cleaned again\n in: %q\n1st: %q\n2nd: %q", in, got.text, again.text)
	}
	// What was written is what a parser sees: same elements, same nesting.
	var b strings.Builder
	for _, n := range tree {
		if err := html.Render(&b, n); err != nil {
			t.Fatal(err)
		}
	}
	if written := cleanHTML(b.String(), pageURL, pageURL).html; written != got.html {
		t.Errorf("a parser builds another tree than was written\n in: %q\nout: %q\nsee: %q", in, got.html, written)
	}
}

func TestSanitiserSuites(t *testing.T) {
	inputs := sanitiserInputs(t)
	flagged := 0
	var slowest, sum time.Duration
	for id, in := range inputs {
		start := race.Spent(t)
		cleanHTML(in, pageURL, pageURL)
		took := race.Spent(t) - start
		sum, slowest = sum+took, max(slowest, took)
		if len(active(parsed(t, in, true)))+len(active(parsed(t, in, false))) > 0 {
			flagged++
		}
		t.Run(id, func(t *testing.T) { checkClean(t, in) })
	}
	t.Logf("%d inputs, %d with active content before; slowest %v, all %v", len(inputs), flagged, slowest, sum)
	if flagged < len(inputs)/3 {
		t.Errorf("the oracle sees active content in %d of %d inputs only: it is blind", flagged, len(inputs))
	}
	if !race.Enabled && (slowest > 100*time.Millisecond || sum > 10*time.Second) {
		t.Errorf("too slow: slowest %v, all %v", slowest, sum)
	}
}

func TestSanitiserOnHostileFeeds(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(beside.Path(t, "corpora", "security", "hostile-feeds"), "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no hostile feeds", err)
	}
	for _, file := range files {
		in, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			checkClean(t, string(in))
			checkClean(t, html.UnescapeString(string(in)))
		})
	}
}

func TestCleanHTML(t *testing.T) {
	for _, c := range []struct{ in, html, text string }{
		{"<p>one<p>two", "<p>one</p><p>two</p>", "one\ntwo"},
		{"a<br>b<br/>c", "a<br>b<br>c", "a\nb\nc"},
		{"<b><p>x</b>y</p>", "<b><p>x</p></b>y", "x\ny"},
		{"<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>", "a\nb"},
		{"<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>", "a\nb\nc"},
		{"<table><tr><td>a<td>b</table>", "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", "a b"},
		{"<table>stray<tr><td>a</table>", "<table><tbody><tr><td>stray</td></tr><tr><td>a</td></tr></tbody></table>", "stray\na"},
		{"<td>no table</td>", "no table", "no table"},
		{"<a href=/x>a<a href=/y>b</a>", `<a href="https://example.org/x">a</a><a href="https://example.org/y">b</a>`, "ab"},
		{`<a href="javascript:alert(1)">a</a>`, "a", "a"},
		{`<a href="/x">a<a name=y>b</a>c</a>`, `<a href="https://example.org/x">ab</a>c`, "abc"},
		{`"a" 'b'<img src="https://feeds.feedburner.com/~ff/x">`, `"a" 'b'`, `"a" 'b'`},
		{`<a href="mailto:ed@example.org?subject=x">a</a>`, `<a href="mailto:ed@example.org">a</a>`, "a"},
		{`<img src=pic.png onerror=x width=10px>`, `<img src="https://example.org/dir/pic.png" width="10">`, ""},
		{`<img src=a.png srcset="a.png 1x,b.png 2x ,/c.png, d.png 3">`, `<img src="https://example.org/dir/a.png" srcset="https://example.org/dir/a.png 1x, https://example.org/dir/b.png 2x, https://example.org/c.png">`, ""},
		{`<img src=pixel.gif width=1 height=1>`, "", ""},
		{`<img src="data:image/gif;base64,x" data-src=/p.jpg>`, `<img src="https://example.org/p.jpg">`, ""},
		{"a<script>b</script>c<style>d</style>e", "ace", "ace"},
		{"a<script>b", "a", "a"},
		{"a<iframe>b", "ab", "ab"},
		{"a<iframe src=x>b", `a<a href="https://example.org/dir/x" title="example.org">▶</a>b`, "a▶b"},
		{`<iframe src="https://player.example.net/v?a=1&amp;b=2" width=560>old</iframe>`, `<a href="https://player.example.net/v?a=1&amp;b=2" title="player.example.net">▶</a>`, ""},
		{`<iframe data-src="//www.youtube-nocookie.com/embed/q_9-X?rel=0" src="about:blank"></iframe>`, `<a href="https://www.youtube.com/watch?v=q_9-X" title="www.youtube-nocookie.com">▶</a>`, ""},
		{`<iframe src="/count" width="1" height="1"></iframe><iframe src="/tags" style="display: none"></iframe>`, "", ""},
		{`<iframe src="javascript:alert(1)"></iframe><iframe srcdoc="<script>x</script>"></iframe>`, "", ""},
		{`<a href="/x">x<iframe src="/y"></iframe></a>`, `<a href="https://example.org/x">x</a>`, "x"},
		{"<svg><p>x</svg>y", "y", "y"},
		{"<math>x", "x", "x"},
		{"<noscript><img src=x></noscript>y", "y", "y"},
		{"<template><b>x</template>y", "y", "y"},
		{"<form><input><label>Mail</label></form>y", "Mail\ny", "Mail y"},
		{"<h1>a<h2>b</h2>", "<h1>a</h1><h2>b</h2>", "a\nb"},
		{"<pre>\n\n a\n  b</pre>", "<pre> a\n  b</pre>", "a\nb"},
		{"1 < 2 & 3", "1 &lt; 2 &amp; 3", "1 < 2 & 3"},
		{"a\x00b\x0bc\ufffe", "abc", "abc"},
		{`<p dir=rtl lang=he title="t" style=x class=y id=z>a`, `<p dir="rtl" lang="he" title="t">a</p>`, "a"},
		{"<video src=v.mp4 autoplay></video>", `<video src="https://example.org/dir/v.mp4" controls=""></video>`, ""},
		{"  a  \n b ", "a  \n b", "a b"},
	} {
		got := cleanHTML(c.in, pageURL, pageURL)
		if got.html != c.html || got.text != c.text {
			t.Errorf("cleanHTML(%q)\n got %q, text %q\nwant %q, text %q", c.in, got.html, got.text, c.html, c.text)
		}
		checkClean(t, c.in)
	}
}

// TestManyCandidates: each letter of a srcset may become an address as long as the
// one that it is resolved against.
func TestManyCandidates(t *testing.T) {
	base := "https://gazette.example/" + strings.Repeat("b", 8000) + "/"
	for _, list := range []string{"srcset", "data-srcset"} {
		got := cleanHTML(`<img src="x" `+list+`="`+strings.Repeat("a 1x,", 10_000)+`">`, base, "")
		if n := len(got.html); n > maxBody {
			t.Errorf("%s: %d bytes", list, n)
		}
	}
}

func TestCleanHTMLIsBounded(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector is too slow for it")
	}
	for name, in := range map[string]string{
		"deep blocks":  strings.Repeat("<div>", 100_000) + "x",
		"deep inlines": strings.Repeat("<b>", 100_000) + "x",
		"deep tables":  strings.Repeat("<table><td>", 20_000) + "x",
		"svg openings": strings.Repeat("<svg>", 50_000) + "x</svg>",
		"svg unclosed": strings.Repeat("<svg>", 50_000) + "x",
		"raw unclosed": strings.Repeat("<textarea>", 50_000) + "x",
		"lists":        strings.Repeat("<ul><li>", 50_000),
		"end tags":     strings.Repeat("</p></b></table>", 50_000),
		"attributes":   "<a " + strings.Repeat("x=1 ", 100_000) + ">y",
		"brackets":     strings.Repeat("<", 500_000),
		"ampersands":   strings.Repeat("&", 500_000),
		"comments":     strings.Repeat("<!--", 200_000),
	} {
		start := race.Spent(t)
		got := cleanHTML(in, pageURL, pageURL)
		if took := race.Spent(t) - start; took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if len(got.html) > 6*maxBody {
			t.Errorf("%s: made %d bytes of %d", name, len(got.html), len(in))
		}
		depth := 0
		for z := html.NewTokenizer(strings.NewReader(got.html)); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			if tag, _ := z.TagName(); kind == html.StartTagToken && elements[string(tag)].role != roleVoid {
				depth++
			} else if kind == html.EndTagToken {
				depth--
			}
			if depth > 256 {
				t.Errorf("%s: elements are nested %d deep", name, depth)
				break
			}
		}
	}
}
