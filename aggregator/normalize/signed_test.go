package normalize

import (
	"strings"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// signatures are queries with which stores of files sign one address, each of two moments.
var signatures = [][2]string{
	{"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260601T060000Z&X-Amz-Expires=3600&X-Amz-Signature=aa", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260601T070000Z&X-Amz-Expires=3600&X-Amz-Signature=bb"},
	{"x-id=GetObject&X-Goog-Date=20260601T060000Z&X-Goog-Signature=aa", "x-id=GetObject&X-Goog-Date=20260601T070000Z&X-Goog-Signature=bb"},
	{"w=800&Expires=1780297200&Signature=a~a-&Key-Pair-Id=K2", "w=800&Expires=1780300800&Signature=b~b-&Key-Pair-Id=K2"},
	{"AWSAccessKeyId=AK&Expires=1780297200&Signature=aa%3D", "AWSAccessKeyId=AK&Expires=1780300800&Signature=bb%3D"},
	{"sv=2024-11-04&st=2026-06-01T06%3A00%3A00Z&se=2026-06-01T07%3A00%3A00Z&sr=b&sp=r&sig=aa%3D", "sv=2024-11-04&st=2026-06-01T07%3A00%3A00Z&se=2026-06-01T08%3A00%3A00Z&sr=b&sp=r&sig=bb%3D"},
	{"ex=6a1d&is=6a1c&hm=aa", "ex=6a1f&is=6a1e&hm=bb"},
}

// TestSigned: of an entry whose addresses are signed anew nothing is another but the
// signature, wherever the address stands; what selects something is not one.
func TestSigned(t *testing.T) {
	const text = "<p>The ferry waits for the tide, and for whoever is late.</p>"
	entries := map[string]func(address string) news.Entry{
		"a picture": func(a string) news.Entry {
			return news.Entry{GUID: "1", Content: news.Text{Value: text + `<img src="` + a + `" srcset="` + a + ` 2x">`}}
		},
		"a recording": func(a string) news.Entry {
			return news.Entry{GUID: "1", Title: plain("Tides"), Enclosures: []news.Enclosure{{URL: a, Type: "audio/mpeg"}}}
		},
		"a lead picture": func(a string) news.Entry {
			return news.Entry{GUID: "1", Title: plain("Tides"), Images: []news.Image{{URL: a}}}
		},
		"a link": func(a string) news.Entry { return news.Entry{Title: plain("Tides"), Links: []news.Link{{Href: a}}} },
		"nothing but a recording": func(a string) news.Entry {
			return news.Entry{Enclosures: []news.Enclosure{{URL: a, Type: "audio/mpeg"}}}
		},
		"a picture of the nameless": func(a string) news.Entry {
			return news.Entry{Content: news.Text{Value: text + `<img src='` + a + `'>`}}
		},
	}
	content := func(it news.Item) string {
		hash, _, _ := strings.Cut(it.Hash, " ")
		return hash
	}
	item := func(e news.Entry) news.Item { return Items(testSource, feedOf(e), firstPoll)[0] }
	for what, entry := range entries {
		for _, queries := range signatures {
			one, two := item(entry("https://h.example/12.mp3?"+queries[0])), item(entry("https://h.example/12.mp3?"+queries[1]))
			if one.ID != two.ID || content(one) != content(two) || one.Hash == two.Hash {
				t.Errorf("%s, signed by %s: %s, %s\nis another than %s, %s", what, queries[0], one.ID, one.Hash, two.ID, two.Hash)
			}
		}
	}
	for _, query := range []string{"Expires=never", "sig=1", "Signature=autograph", "se=1&st=2", "hm=1", "ex=1&is=2", ""} {
		for other, same := range map[string]bool{query: true, query + "&p=2": false} {
			one, two := item(entries["a picture"]("https://h.example/12.jpg?"+query)), item(entries["a picture"]("https://h.example/12.jpg?"+other))
			if one.Hash != content(one) || same != (one.Hash == two.Hash) {
				t.Errorf("?%s and ?%s: %s, %s", query, other, one.Hash, two.Hash)
			}
		}
	}
}
