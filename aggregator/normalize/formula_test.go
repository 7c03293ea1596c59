package normalize

import (
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestFormulas: a formula is kept as a line of text, once.
func TestFormulas(t *testing.T) {
	for in, want := range map[string]string{
		`<p>Let <math alttext="x^2"><msup><mi>x</mi><mn>2</mn></msup></math> be.</p>`: "<p>Let x^2 be.</p>",
		`<p>Let <math><semantics><msup><mi>x</mi><mn>2</mn></msup>
			<annotation encoding="application/x-tex">x^2 &lt; y</annotation></semantics></math> be.</p>`: "<p>Let x^2 &lt; y be.</p>",
		`<p>Let <math display="block"><mi>a</mi><mo>&lt;</mo> <mi>b</mi><mtext>.<script>x()</script></mtext></math></p>`: "<p>Let a &lt; b .</p>",
		`<span><math alttext="{x}"><mi>x</mi></math></span><img class="mwe-math-fallback-image-inline" src="/x.svg" alt="{x}">`: `<span></span>` +
			`<img src="https://www.gazette.example/x.svg" alt="{x}">`,
		`<span class="katex"><math><mi>x</mi></math><span class="katex-html" aria-hidden="true">x</span></span>`: `<span><span>x</span></span>`,
		`<p>Let <math><mi>x</mi> be.</p>`:     "<p>Let x be.</p>",
		`<p><svg><title>y</title></svg>x</p>`: "<p>x</p>",
	} {
		if it := itemOf(in); it.HTML != want {
			t.Errorf("%s\n became %s, want\n%s", in, it.HTML, want)
		}
	}
}

// itemOf returns the item of an untitled entry with that body.
func itemOf(body string) news.Item {
	return Items(testSource, feedOf(news.Entry{Links: []news.Link{{Href: "/1"}}, Content: news.Text{Value: body, Type: news.TextHTML}}), firstPoll)[0]
}
