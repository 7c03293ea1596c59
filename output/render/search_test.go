package render

import (
	"bytes"
	"regexp"
	"slices"
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

// What is found keeps its id whichever of the story's topics it was found in, and it
// is no other's: that of the topic, or of another query.
func TestSearchIDs(t *testing.T) {
	query := strings.Repeat("渡", 200)
	ids := func(query, topic string) (list []string) {
		found := ordinary().Filed
		for i := range found {
			found[i].ID = "tag:example.org,2026-03-14:" + topic + "/" + found[i].Key
		}
		for _, path := range []string{"/search.rss", "/search.atom", "/search.json"} {
			doc, err := Search(site, path, query, found)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range regexp.MustCompile(`(?:<guid[^>]*>|<id>|"id": ")(tag:[^<"]*/s[12])[<"]`).FindAllSubmatch(doc.Body, -1) {
				list = append(list, string(id[1]))
			}
		}
		return list
	}
	city := ids(query, "city")
	if len(city) != 6 || !slices.Equal(city[:2], city[2:4]) || !slices.Equal(city[:2], city[4:]) || !isCanonical(city[0]) || len(city[0]) > 100 {
		t.Fatalf("ids %q", city)
	}
	if got := ids(query, "coast"); !slices.Equal(got, city) {
		t.Errorf("found in another topic: %q, want %q", got, city)
	}
	if got := ids("ferry", "city"); slices.Contains(got, city[0]) || len(got) != 6 {
		t.Errorf("another query has the ids %q", got)
	}
}
