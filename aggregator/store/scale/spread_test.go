package scale

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// TestSpread stops for hours, on both stores: what was missed is polled once,
// and not all at once again an interval later.
func TestSpread(t *testing.T) {
	cluster := storetest.Postgres(t)
	for name, dsn := range map[string]string{"SQLite": sqlitePath(t), "PostgreSQL": cluster.DSN(t)} {
		t.Run(name, func(t *testing.T) { spread(t, dsn) })
	}
}

func spread(t *testing.T, dsn string) {
	const n, every = 60, time.Hour
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, `<rss version="2.0"><channel><title>A feed</title></channel></rss>`)
	}))
	defer server.Close()
	plan := &aggregator.Plan{Sources: map[string]news.Source{}, Authority: "scale.example"}
	var err error
	if plan.Rules, err = topic.Compile(nil); err != nil {
		t.Fatal(err)
	}
	var list []news.Source
	for i := range n {
		src := news.Source{Name: fmt.Sprint("source", i), URL: fmt.Sprint(server.URL, "/", i), Schedule: "@every 1h", AllowPrivate: true, Timeout: time.Minute}
		plan.Sources[src.Name] = src
		list = append(list, src)
	}
	db := open(t, dsn)
	stopped := time.Now().Add(-5 * time.Hour)
	if err := db.SetSources(t.Context(), list, stopped); err != nil {
		t.Fatal(err)
	}
	for left := n; left > 0; {
		claims, err := db.Claim(t.Context(), stopped, n, time.Minute)
		if err != nil || len(claims) == 0 {
			t.Fatal(len(claims), err)
		}
		for _, c := range claims {
			left--
			_, err := db.Append(t.Context(), c, nil, func(news.Appended) news.State {
				s := c.State
				s.URL, s.Schedule = plan.Sources[s.Source].URL, "@every 1h"
				s.Polls, s.LastPoll, s.LastSuccess, s.NextDue = 2, stopped, stopped, stopped.Add(every)
				return s
			}, stopped, 0)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	began := time.Now()
	a := aggregator.New(db, poll.NewClient(poll.Options{}), plan, slog.New(slog.DiscardHandler), aggregator.Options{Workers: 8, Owner: "scale"})
	a.CollectOnce(t.Context())
	if asked.Load() != n {
		t.Errorf("%d polls of %d sources", asked.Load(), n)
	}
	states, err := db.States(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var parts [5]int // of the half hour over which they are spread
	for _, s := range states {
		shift := s.NextDue.Sub(s.LastPoll) - every
		if s.LastPoll.Before(began) || shift < 0 || shift > every/2 {
			t.Fatalf("%s was polled at %s and is due at %s", s.Source, s.LastPoll, s.NextDue)
		}
		parts[min(len(parts)-1, int(shift*time.Duration(len(parts))/(every/2)))]++
	}
	for _, k := range parts {
		if k == 0 || k > n/2 {
			t.Errorf("over half an hour they are spread %d", parts)
		}
	}
}
