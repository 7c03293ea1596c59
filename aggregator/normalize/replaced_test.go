package normalize

import (
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestReplacedFile: an entry whose recording was replaced is another revision, or
// its readers would be led to the old one for good; one whose address is signed
// anew at each request, or counted by somebody else, is not.
func TestReplacedFile(t *testing.T) {
	hash := func(list ...news.Enclosure) string {
		return Items(testSource, feedOf(news.Entry{GUID: "1", Links: []news.Link{{Href: "/12"}}, Title: plain("Of clay"), Enclosures: list}), firstPoll)[0].Hash
	}
	audio := func(address string) news.Enclosure { return news.Enclosure{URL: address, Type: "audio/mpeg"} }
	was := hash(audio("https://h.example/12.mp3"))
	for address, same := range map[string]bool{
		"https://h.example/12.mp3?sig=2": true, "https://count.example/r.mp3/h.example/12.mp3": true, "https://h.example/12b.mp3": false,
	} {
		if got := hash(audio(address)) == was; got != same {
			t.Errorf("%s: the same revision is %v, want %v", address, got, same)
		}
	}
	if hash() != hash(news.Enclosure{URL: "https://h.example/cover.jpg", Type: "image/jpeg"}) {
		t.Error("a picture beside the text is another revision")
	}
}
