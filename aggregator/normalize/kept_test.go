package normalize

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/beside"
)

// content is what of a document of the corpora is HTML: escaped, or between the
// marks of a CDATA section.
var content = regexp.MustCompile(`(?s)<(?:content:encoded|description|content)(?: [^>]*)?>(?:\s*<!\[CDATA\[(.*?)\]\]>\s*|([^<]*))</`)

// harmlessInputs returns the HTML of feedparser's cases of what is acceptable, and
// of real feeds.
func harmlessInputs(t *testing.T) (inputs []string) {
	t.Helper()
	known := map[string]bool{}
	for _, folder := range []string{"feedparser/tests/wellformed/sanitize", "news-snapshots", "poll-sequences", "rome", "rss-parser", "feed-rs", "node-feedparser", "newsboat"} {
		err := filepath.WalkDir(beside.Path(t, "corpora", filepath.FromSlash(folder)), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(folder, "feedparser") && !strings.Contains(path, "acceptable") {
				return err
			}
			body, err := os.ReadFile(path)
			body = []byte(strings.ReplaceAll(string(body), "]]><![CDATA[", "")) // two sections of one text
			for _, m := range content.FindAllStringSubmatch(string(body), 200) {
				if text := m[1] + html.UnescapeString(m[2]); strings.Contains(text, "<") && utf8.ValidString(text) && !known[text] {
					known[text] = true
					inputs = append(inputs, text)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return inputs
}

// kinds counts the elements of a tree that are allowed, with those of their
// attributes that are, and gathers its text; swallowed elements are left out,
// and so is the mark in the place of some of them.
func kinds(nodes []*html.Node, count map[string]int, text *strings.Builder) {
	for _, n := range nodes {
		switch n.Type {
		case html.TextNode:
			text.WriteString(strings.ReplaceAll(n.Data, "▶", ""))
		case html.ElementNode:
			if swallowed[n.Data] {
				continue
			}
			if e, ok := elements[n.Data]; ok && !idle(n) {
				count[n.Data]++
				for _, a := range n.Attr {
					if a.Namespace == "" && a.Val != "" && (slices.Contains(e.attrs, a.Key) || slices.Contains(globals, a.Key)) {
						count[n.Data+" "+a.Key]++
					}
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			kinds([]*html.Node{c}, count, text)
		}
	}
}

// idle reports whether an element shows nothing, and is taken out for that: a
// picture of one point, which counts readers, a link around nothing, or one to
// an address that is none.
func idle(n *html.Node) bool {
	of := map[string]string{}
	for _, a := range n.Attr {
		of[a.Key] = strings.TrimSpace(a.Val)
	}
	switch n.Data {
	case "img":
		return of["src"] == "" && of["srcset"] == "" || of["width"] == "1" || of["height"] == "1" || of["width"] == "0" || of["height"] == "0" || news.Counts(of["src"])
	case "a":
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Data != "img" || !idle(c) {
				return webAddress(pageURL, of["href"], true) == ""
			}
		}
		return true
	}
	return false
}

// TestHarmlessIsKept holds what is made of harmless HTML against it: elements
// and attributes that are allowed, and all text.
func TestHarmlessIsKept(t *testing.T) {
	inputs := harmlessInputs(t)
	all, lost := 0, map[string]int{}
	for _, in := range inputs {
		var before, after strings.Builder
		was, is := map[string]int{}, map[string]int{}
		kinds(parsed(t, in, false), was, &before)
		out := cleanHTML(in, pageURL, pageURL)
		kinds(parsed(t, out.html, false), is, &after)
		for kind, n := range was {
			all += n
			if is[kind] < n {
				lost[kind] += n - is[kind]
			}
		}
		if a, b := strings.Join(strings.Fields(before.String()), ""), strings.Join(strings.Fields(after.String()), ""); a != b {
			lost["text"]++
		}
	}
	t.Logf("%d inputs, %d elements and attributes, %d lost", len(inputs), all, len(lost))
	if all < 20_000 || len(lost) > 0 {
		t.Errorf("something harmless was lost: %v", lost)
	}
}
