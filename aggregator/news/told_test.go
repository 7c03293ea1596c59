package news_test

import (
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestTold: everybody is told where a feed is, and nobody what may be a secret.
func TestTold(t *testing.T) {
	for _, c := range []struct {
		url, want string
	}{
		{"https://paper.example/feed.xml", "https://paper.example/feed.xml"},
		{"https://paper.example/?feed=rss2", "https://paper.example/?feed=rss2"},
		{"https://paper.example/posts?alt=RSS", "https://paper.example/posts?alt=RSS"},
		{"https://paper.example/index.php?format=feed&type=atom", "https://paper.example/index.php?format=feed&type=atom"},
		{"https://paper.example/?rss", "https://paper.example/?rss"},
		{"https://www.youtube.com/feeds/videos.xml?channel_id=UCabc_-123", "https://www.youtube.com/feeds/videos.xml?channel_id=UCabc_-123"},
		{"https://www.youtube.com/feeds/videos.xml?playlist_id=PLabc", "https://www.youtube.com/feeds/videos.xml"},
		{"https://youtube.example/feeds/videos.xml?channel_id=UCabc", "https://youtube.example/feeds/videos.xml"},
		{"https://reader:hunter2@paper.example/feed?format=rss#top", "https://paper.example/feed?format=rss"},
		{"https://paper.example/feed?format=rss&token=hunter2", "https://paper.example/feed"},
		{"https://paper.example/feed?feed=2f1a77c0de&user=reader", "https://paper.example/feed"},
		{"https://paper.example/feed?hunter2=rss", "https://paper.example/feed"},
		{"https://paper.example/feed?hunter2", "https://paper.example/feed"},
		{"https://paper.example/feed?format=rss;hunter2", "https://paper.example/feed"},
		{"https://paper.example/feed?format=%zz", "https://paper.example/feed"},
		{"file:press.xml", ""},
	} {
		if got := (news.Source{URL: c.url}).Told(); got != c.want {
			t.Errorf("%s is told as %q, want %q", c.url, got, c.want)
		}
	}
	for _, s := range []news.Source{
		{URL: "https://paper.example/hunter2/feed", Unlisted: true},
		{URL: "https://council.example/papers", Page: &news.PageRules{Item: "li"}},
	} {
		if got := s.Told(); got != "" {
			t.Errorf("%+v is told as %q", s, got)
		}
	}
}
