package output_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// A starting shelf tells when the first topic is looked for.
type starting struct {
	watched
	look func()
}

func (s *starting) Documents(context.Context) ([]news.Document, error) { return nil, nil }

func (s *starting) Pick(context.Context, string, news.Sort, int, func([]news.Filed) []news.Filed) ([]news.Filed, bool, error) {
	s.look()
	return nil, false, nil
}

// TestReadersAtTheStart: who asks while topics are published for the first time, which
// takes as long as there are topics, is not told that there is nothing; and has the
// lists and the style of pages by then.
func TestReadersAtTheStart(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	desk := serve.New(serve.Options{Log: log})
	asked := func(path string, want int) {
		t.Helper()
		w := httptest.NewRecorder()
		desk.Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want || (want == http.StatusServiceUnavailable) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%s: %d, Retry-After %q, want %d", path, w.Code, w.Header().Get("Retry-After"), want)
		}
	}
	s := &starting{watched: watched{leads: true}}
	topic := news.Topic{Name: "all", Title: "Everything", Limit: 100}
	private := news.Topic{Name: "desk", Token: "a-secret-of-ours"}
	p := output.NewPublisher(s, desk, output.Catalogue{Topics: []news.Topic{topic, private}, MaxAge: time.Minute}, log, func([]news.Document) {})
	if err := p.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked("/none", http.StatusServiceUnavailable)
	looked := 0
	s.look = func() {
		if looked++; looked > 1 {
			return
		}
		for _, path := range []string{render.Assets()[0].Path, "/sources", "/sources.atom", "/topics.opml"} {
			asked(path, http.StatusOK)
		}
		for _, path := range []string{"/", "/topics/all", "/topics/all.rss", "/topics/desk.rss", "/topics/none.rss"} {
			asked(path, http.StatusServiceUnavailable)
		}
	}
	if err := p.Publish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if looked == 0 {
		t.Fatal("no topic was published")
	}
	asked("/", http.StatusOK)
	asked("/topics/all.rss", http.StatusOK)
	for _, path := range []string{"/topics/desk.rss", "/topics/none.rss", "/none"} {
		asked(path, http.StatusNotFound)
	}

	topic.Name, topic.Formerly = "every", []string{"all"}
	p.Replace(output.Catalogue{Topics: []news.Topic{topic}, MaxAge: time.Minute})
	looked = 0
	s.look = func() {
		looked++
		asked("/topics/all.rss", http.StatusMovedPermanently)
		asked("/topics/every.rss", http.StatusServiceUnavailable)
	}
	if err := p.Publish(t.Context(), nil); err != nil || looked == 0 {
		t.Fatal(looked, err)
	}
	asked("/topics/every.rss", http.StatusOK)
	asked("/topics/none.rss", http.StatusNotFound)

	// What another process does not publish under a newer catalogue is not waited for.
	p.Replace(output.Catalogue{Topics: []news.Topic{topic, {Name: "few"}}, MaxAge: time.Minute})
	p.StandAside(true)
	if err := p.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	asked("/topics/few.rss", http.StatusNotFound)
}
