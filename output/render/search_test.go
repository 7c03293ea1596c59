package render

import (
	"bytes"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	searching := site
	searching.Search = true
	const query = `ferry & "tram" <b>`
	for path, self := range map[string]string{
		"/search.rss": "rss", "/search.atom": "atom", "/search.json": "json", "/search": "",
	} {
		doc, err := Search(searching, path, query, ordinary().Filed)
		if err != nil {
			t.Fatal(err)
		}
		if want := `<https://feeds.example.org/search.` + self + `?q=ferry+%26+%22tram%22+%3Cb%3E>; rel="self"`; self != "" && doc.Link[0] != want {
			t.Errorf("%s: %s, want %s", path, doc.Link[0], want)
		}
		if bytes.Contains(doc.Body, []byte("<b>")) && self != "json" {
			t.Errorf("%s: the query is markup", path)
		}
		if !bytes.Contains(doc.Body, []byte("Ferry")) {
			t.Errorf("%s: what was found is missing", path)
		}
	}
	page, err := Search(searching, "/search", query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page.Body, []byte("Nothing was found")) || !bytes.Contains(page.Body, []byte(`value="ferry &amp; &#34;tram&#34; &lt;b&gt;"`)) {
		t.Errorf("an empty answer says nothing, or forgets the query:\n%s", page.Body)
	}
	page, err = Search(searching, "/search", " ", nil)
	if err != nil || strings.Contains(string(page.Body), "Nothing was found") || strings.Contains(string(page.Body), "Subscribe") {
		t.Errorf("without a query: %v\n%s", err, page.Body)
	}
	if _, err := Search(site, "/search.xml", "x", nil); err == nil {
		t.Error("a form that there is not was rendered")
	}
}
