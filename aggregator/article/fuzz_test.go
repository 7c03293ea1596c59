package article_test

import (
	"net/url"
	"testing"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
)

// FuzzPage reads any bytes as every kind of page: what comes of it leads to
// the web, and nothing panics.
func FuzzPage(f *testing.F) {
	f.Add([]byte(listing), "text/html")
	f.Add([]byte(`<script type="application/ld+json">[{"@type":"NewsArticle","headline":["x"],"author":{"name":7}}]</script><base href="::">`), "")
	f.Add([]byte(`<meta charset=shift_jis><link rel=canonical href="//[::1"><form><p>x<table><form>`), "text/html; charset=utf-16")
	f.Add([]byte("<svg><style><!--</style><img src=x onerror=1>--><template><p>1 Jan 2026"), "\xff")
	f.Fuzz(func(t *testing.T, page []byte, contentType string) {
		var links []news.Link
		if e, err := article.Entry(page, contentType, "https://example.org/a"); err == nil {
			links = append(links, e.Links...)
		}
		if feed, err := article.Feed(page, contentType, "https://example.org/", news.PageRules{Item: "p, .teaser", Date: "*", Text: "*"}, 100); err == nil {
			for _, e := range feed.Entries {
				links = append(links, e.Links...)
			}
		}
		adverts, err := article.Feeds(page, contentType, "https://example.org/")
		if err == nil {
			for _, a := range adverts {
				links = append(links, news.Link{Href: a.URL})
			}
		}
		for _, l := range links {
			if u, err := url.Parse(l.Href); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				t.Errorf("a link is %q", l.Href)
			}
		}
	})
}
