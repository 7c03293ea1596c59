package poll_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// TestThreat16_OneQueueForGoodAndBad polls all misbehaviours and two hundred
// good sources through the aggregator's own queue and its usual number of
// workers, over the real store.
func TestThreat16_OneQueueForGoodAndBad(t *testing.T) {
	client, bad := poll.Rogues(t)
	interval := min(4*bad[0].Timeout, 10*time.Second)
	limit := interval / 10
	if interval == 10*time.Second { // the race detector, not the queue, is late
		limit = interval / 3
	}
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<rss version='2.0'><channel><title>%s</title></channel></rss>", r.URL.Path)
	}))
	defer good.Close()
	sources := map[string]news.Source{}
	for i := range 200 {
		name := fmt.Sprint("good-", i)
		sources[name] = news.Source{Name: name, URL: good.URL + "/" + name, AllowPrivate: true, Timeout: 10 * time.Second}
	}
	for _, src := range bad {
		sources[src.Name] = src
	}
	for name, src := range sources {
		src.Schedule, src.MinInterval = fmt.Sprint("@every ", interval), time.Second
		sources[name] = src
	}
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "pool.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	start := time.Now()
	if err := db.SetSources(t.Context(), slices.Collect(maps.Values(sources)), start); err != nil {
		t.Fatal(err)
	}
	rules, err := topic.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	due, polls, late, worst := map[string]time.Time{}, map[string]int{}, 0, time.Duration(0)
	a := aggregator.New(db, client, &aggregator.Plan{Sources: sources, Rules: rules, HostGap: time.Second}, log, aggregator.Options{
		Workers: 32, Owner: "pool",
		Polled: func(s news.State, _ news.Appended, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if was, ok := due[s.Source]; strings.HasPrefix(s.Source, "good") {
				if !ok {
					was = start
				}
				wait := s.LastPoll.Sub(was)
				if worst = max(worst, wait); wait > limit || !s.Outcome.OK() {
					late++
				}
			}
			due[s.Source] = s.NextDue
			polls[s.Source]++
		},
	})
	ctx, stop := context.WithTimeout(t.Context(), interval*3/2)
	defer stop()
	a.Collect(ctx)
	mu.Lock()
	defer mu.Unlock()
	for name := range sources {
		if want := map[bool]int{true: 2, false: 1}[strings.HasPrefix(name, "good")]; polls[name] < want {
			t.Errorf("%s was polled %d times", name, polls[name])
		}
	}
	if late > 0 {
		t.Errorf("%d polls of good sources were late by more than %s, at worst by %s", late, limit, worst)
	}
	t.Logf("%d bad sources beside 200 good ones, of which the latest poll came %s late", len(bad), worst)
}
