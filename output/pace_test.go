package output_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/serve"
)

// A watched shelf has nothing on it, and notes when it is looked at.
type watched struct {
	output.Shelf // nil: what is not below is not asked for
	leads        bool
	filed        []news.Filed // nil: it cannot be read
	looks        []time.Time
}

func (w *watched) Leads() bool { return w.leads }

func (w *watched) DocumentsSince(context.Context, int64) ([]news.Document, int64, error) {
	if !w.leads {
		w.looks = append(w.looks, time.Now())
	}
	return nil, 0, nil
}

func (w *watched) Pick(_ context.Context, _ string, _ news.Sort, _ int, _ func([]news.Filed) []news.Filed) ([]news.Filed, bool, error) {
	w.looks = append(w.looks, time.Now())
	time.Sleep(200 * time.Millisecond) // a round that is long enough for the longest pause
	if w.filed == nil {
		return nil, false, errors.New("the shelf is empty")
	}
	return w.filed, false, nil
}

func (w *watched) States(context.Context) ([]news.State, error)          { return nil, nil }
func (w *watched) Outlets(context.Context) ([]news.Outlet, error)        { return nil, nil }
func (w *watched) SaveDocuments(context.Context, []news.Document) error  { return nil }
func (w *watched) ShareDocuments(context.Context, []news.Document) error { return nil }
func (w *watched) Archived(context.Context, string) (int, time.Time, error) {
	return 0, time.Time{}, nil
}
func (w *watched) Unarchived(context.Context, string, int, int) ([]news.Filed, error) {
	return nil, nil
}

// paced runs a publisher for so long, and files something when it has run for at. It
// returns when that began.
func (w *watched) paced(t *testing.T, long, at time.Duration) (start time.Time) {
	topic := news.Topic{Name: "all", Title: "Everything", Limit: 100, Content: news.ContentFull, Token: "secret", Window: 3 * time.Hour}
	log := slog.New(slog.DiscardHandler)
	p := output.NewPublisher(w, serve.New(serve.Options{Log: log}), output.Catalogue{Topics: []news.Topic{topic}}, log, func([]news.Document) {})
	start = time.Now()
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	time.AfterFunc(at, func() { p.Changed([]string{"all"}) })
	p.Run(ctx)
	return start
}

// TestFollowsEverySecond: who does not publish looks once a second for what
// another one has published, however long nothing else happens.
func TestFollowsEverySecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{}
		w.paced(t, 30*time.Second+time.Millisecond, time.Hour)
		if len(w.looks) != 31 {
			t.Errorf("in 30 s it looks %d times", len(w.looks))
		}
		for i := 1; i < len(w.looks); i++ {
			if gap := w.looks[i].Sub(w.looks[i-1]); gap > time.Second {
				t.Errorf("it looks %s after the last time", gap)
			}
		}
	})
}

// A following shelf is another process's, which publishes under a newer catalogue.
type following struct {
	watched
	docs atomic.Pointer[[]news.Document]
}

func (f *following) publish(docs ...news.Document) { f.docs.Store(&docs) }

func (f *following) Documents(context.Context) ([]news.Document, error) { return *f.docs.Load(), nil }

func (f *following) DocumentsSince(_ context.Context, rev int64) ([]news.Document, int64, error) {
	docs := *f.docs.Load()
	return docs[rev:], int64(len(docs)), nil
}

// TestNewTopicIsNotGone: while replicas are configured anew one after the other,
// those that do not know a topic yet serve it as well, and tell no reader that it
// has ended. One that was ended before has.
func TestNewTopicIsNotGone(t *testing.T) {
	doc := func(topic string) news.Document {
		return news.Document{Path: "/topics/" + topic + ".rss", Topic: topic, ContentType: "application/rss+xml", Body: []byte(topic)}
	}
	for _, restarted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := &following{}
			f.publish(doc("all"), doc("ended"))
			log := slog.New(slog.DiscardHandler)
			desk := serve.New(serve.Options{Log: log})
			p := output.NewPublisher(f, desk, output.Catalogue{Topics: []news.Topic{{Name: "all"}}}, log, func([]news.Document) {})
			want := func(topic string, code int) {
				t.Helper()
				w := httptest.NewRecorder()
				desk.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/topics/"+topic+".rss", nil))
				if w.Code != code {
					t.Errorf("restarted %v: %s is answered with %d, not %d", restarted, topic, w.Code, code)
				}
			}
			if restarted { // with what it was configured by
				f.publish(doc("all"), doc("new"))
				p.StandAside(true)
			}
			if err := p.Restore(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				p.Run(ctx)
				close(ended)
			}()
			time.Sleep(3 * time.Second)
			if !restarted {
				want("ended", http.StatusGone)
				f.publish(doc("all"), doc("ended"), doc("new"))
				time.Sleep(3 * time.Second)
			}
			want("new", http.StatusOK)
			p.StandAside(true) // as the process finds out some seconds later
			time.Sleep(3 * time.Second)
			want("new", http.StatusOK)
			p.Replace(output.Catalogue{Topics: []news.Topic{{Name: "all"}, {Name: "new"}}})
			p.StandAside(false)
			time.Sleep(3 * time.Second)
			want("new", http.StatusOK)
			p.Replace(output.Catalogue{Topics: []news.Topic{{Name: "all"}}})
			time.Sleep(3 * time.Second)
			want("new", http.StatusGone)
			stop()
			<-ended
		})
	}
}

// TestPublishedAtOnceAtRest: what is filed while nothing else is comes into its
// topic at once, also when all was just published anew, as it is each minute.
func TestPublishedAtOnceAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{leads: true}
		const filed = time.Minute + 500*time.Millisecond
		start := w.paced(t, filed+5*time.Second, filed)
		if last := w.looks[len(w.looks)-1].Sub(start); len(w.looks) != 3 || last != filed {
			t.Errorf("what was filed after %s is published after %s, the last of %d times", filed, last, len(w.looks))
		}
	})
}

// TestRestsAtRest: a topic is not made anew every minute if nothing is filed of it,
// but when an item outgrows its window, and when it could not be published.
func TestRestsAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{leads: true, filed: []news.Filed{}}
		w.paced(t, time.Hour, 2*time.Hour)
		if n := len(w.looks); n != 6 && n != 7 {
			t.Errorf("in an hour in which nothing is filed a topic is made %d times", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(4*time.Minute + 10*time.Second)
		w := &watched{leads: true, filed: []news.Filed{{Filing: news.Filing{Key: "k", Published: end.Add(-3 * time.Hour)}}}}
		start := w.paced(t, 6*time.Minute, time.Hour)
		if n := len(w.looks); n != 2 || w.looks[1].Sub(start).Round(time.Minute) != 5*time.Minute {
			t.Errorf("an item outgrows the window after %s, and the topic is made at %s", end.Sub(start), w.looks)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := &watched{leads: true}
		w.paced(t, 5*time.Minute+time.Second, time.Hour)
		if n := len(w.looks); n != 6 {
			t.Errorf("in five minutes in which it fails it is tried %d times", n)
		}
	})
}

// A sealed shelf can be published from, but keeps no archive.
type sealed struct{ watched }

func (s *sealed) Archived(context.Context, string) (int, time.Time, error) {
	return 0, time.Time{}, nil
}

func (s *sealed) Unarchived(context.Context, string, int, int) ([]news.Filed, error) {
	return nil, errors.New("the shelf is sealed")
}

// TestArchivingThatFailsIsSaidOnce: a store that is away for an hour is not told of
// with every attempt to archive something.
func TestArchivingThatFailsIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		log := slog.New(slog.NewTextHandler(&said, nil))
		s := &sealed{watched{leads: true, filed: []news.Filed{}}}
		p := output.NewPublisher(s, serve.New(serve.Options{Log: log}), output.Catalogue{Topics: []news.Topic{{Name: "all", Limit: 100}}}, log, func([]news.Document) {})
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		p.Run(ctx)
		if n := strings.Count(said.String(), "archiving failed"); n != 1 {
			t.Errorf("in an hour it is said %d times", n)
		}
	})
}
