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
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// Turns count the claims of bad sources.
type turns struct {
	*store.DB
	bad atomic.Int64
}

// Claim implements aggregator.Log.
func (l *turns) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]news.Claim, error) {
	claims, err := l.DB.Claim(ctx, now, limit, lease)
	for _, c := range claims {
		if !strings.HasPrefix(c.State.Source, "good") {
			l.bad.Add(1)
		}
	}
	return claims, err
}

// goodAndBad returns two hundred sources at an address, and six of each bad one,
// which may take all the time that they like.
func goodAndBad(good string, bad []news.Source) map[string]news.Source {
	sources := map[string]news.Source{}
	for i := range 200 {
		name := fmt.Sprint("good-", i)
		sources[name] = news.Source{Name: name, URL: good + "/" + name, AllowPrivate: true, Timeout: time.Minute, Schedule: "@every 1s", MinInterval: time.Second}
	}
	for _, src := range bad {
		kind := src.Name
		src.Timeout, src.Schedule, src.MinInterval = time.Hour, "@every 1h", time.Hour
		for i := range 6 {
			src.Name = fmt.Sprint(kind, "-", i)
			sources[src.Name] = src
		}
	}
	return sources
}

// TestThreat16_OneQueueForGoodAndBad polls all misbehaviours, each of several
// sources, and two hundred good sources through the aggregator's own queue and
// its usual number of workers, over the real store. Those that hang have all the
// time of the test, and are more than the workers: once all bad ones have had
// their turn, good ones are polled only if none of them waits for a bad one.
func TestThreat16_OneQueueForGoodAndBad(t *testing.T) {
	const workers, rounds = 32, 2
	client, bad := poll.Rogues(t)
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<rss version='2.0'><channel><title>%s</title></channel></rss>", r.URL.Path)
	}))
	defer good.Close()
	sources := goodAndBad(good.URL, bad)
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "pool.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.SetSources(t.Context(), slices.Collect(maps.Values(sources)), time.Now()); err != nil {
		t.Fatal(err)
	}
	rules, err := topic.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	var mu sync.Mutex
	ended, failed, fed := map[string]int{}, 0, 0
	turns := &turns{DB: db}
	a := aggregator.New(turns, client, &aggregator.Plan{Sources: sources, Rules: rules, HostGap: time.Second}, log, aggregator.Options{
		Workers: workers, Owner: "pool",
		Polled: func(s news.State, _ news.Appended, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if ctx.Err() != nil {
				return // cut short by the end of the test
			}
			if isGood := strings.HasPrefix(s.Source, "good"); !isGood || turns.bad.Load() < int64(len(sources)-200) {
				if !isGood {
					ended[s.Source]++
				}
				return
			}
			ended[s.Source]++
			if !s.Outcome.OK() {
				failed++
			}
			if ended[s.Source] == rounds {
				if fed++; fed == 200 {
					stop()
				}
			}
		},
	})
	a.Collect(ctx)
	mu.Lock()
	defer mu.Unlock()
	hanging := 0
	for name := range sources {
		if ended[name] == 0 && !strings.HasPrefix(name, "good") {
			hanging++
		}
	}
	if hanging <= workers {
		t.Errorf("%d sources hang, too few to fill the seats of %d workers", hanging, workers)
	}
	if fed < 200 || failed > 0 {
		t.Errorf("%d of 200 good sources were polled %d times, %d polls failed", fed, rounds, failed)
	}
	t.Logf("%d bad sources beside 200 good ones, of which each was polled %d times while %d hung", len(sources)-200, rounds, hanging)
}
