package poll_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

func TestRFC5005_ThePastIsFetchedWhenCatchingUp(t *testing.T) {
	for _, tc := range []struct {
		name           string
		rel            string
		first          bool
		pages          int // that the server has
		loop           bool
		foreign        bool
		wantDocs, reqs int
	}{
		{name: "archives at first import", rel: "prev-archive", first: true, pages: 3, wantDocs: 3, reqs: 3},
		{name: "archives over a gap", rel: "prev-archive", pages: 3, wantDocs: 3, reqs: 3},
		{name: "pages at first import", rel: "next", first: true, pages: 3, wantDocs: 3, reqs: 3},
		{name: "pages over a gap", rel: "next", pages: 3},
		{name: "without end", rel: "prev-archive", pages: 1000, wantDocs: 10, reqs: 10},
		{name: "in a circle", rel: "prev-archive", pages: 1000, loop: true, wantDocs: 2, reqs: 2},
		{name: "elsewhere", rel: "prev-archive", pages: 3, foreign: true},
		{name: "nothing", rel: "alternate", first: true, pages: 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, feedDoc(r.URL.Path)) }}
			r := loopback(t, o)
			page := func(n int) *news.Feed {
				f := &news.Feed{URL: fmt.Sprint(r.src.URL, "/", n), Entries: []news.Entry{{}}}
				to := fmt.Sprint("/feed/", n+1)
				if tc.loop {
					to = fmt.Sprint("/feed/", (n+1)%3)
				}
				if tc.foreign {
					to = "http://other.example.org/"
				}
				if n < tc.pages {
					f.Links = []news.Link{{Rel: tc.rel, Href: to}}
				}
				return f
			}
			read := func(a news.Answer) (*news.Feed, error) {
				var n int
				if _, err := fmt.Sscanf(string(a.Body), "feed\n/feed/%d", &n); err != nil {
					return nil, errors.New("not a feed")
				}
				return page(n), nil
			}
			since := time.Now().Add(-time.Hour)
			if tc.first {
				since = time.Time{}
			}
			docs := r.client.Earlier(t.Context(), r.src, page(0), since, time.Now(), read)
			if len(docs) != tc.wantDocs || len(o.requests()) != tc.reqs {
				t.Errorf("%d documents by %d requests, want %d by %d", len(docs), len(o.requests()), tc.wantDocs, tc.reqs)
			}
		})
	}
	if !poll.Behind(news.State{}, 5, 0) || !poll.Behind(news.State{LastBody: time.Now()}, 5, 5) {
		t.Error("the past is not fetched at first import, or over a gap")
	}
	if poll.Behind(news.State{LastBody: time.Now()}, 5, 4) || poll.Behind(news.State{LastBody: time.Now()}, 0, 0) {
		t.Error("the past is fetched on normal polls")
	}
}
