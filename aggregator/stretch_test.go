package aggregator_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// stretches is how many the log has that is filed here.
const stretches = 4

// A slowLog takes its time to file, and refuses some of it.
type slowLog struct {
	*store.DB
	refuse   int // the batch with decisions that is refused, from 1
	batches  int
	read     atomic.Int64  // stretches
	ahead    chan struct{} // closed when all are
	filing   atomic.Bool
	asked    int // for decisions
	tooEarly int // asked while a batch was being filed
}

// File implements aggregator.Log.
func (l *slowLog) File(ctx context.Context, batch news.Batch) error {
	l.filing.Store(true)
	defer l.filing.Store(false)
	if len(batch.Decisions) > 0 {
		if l.batches == 0 {
			select {
			case <-l.ahead:
			case <-time.After(2 * time.Minute):
				return errors.New("while the first stretch is stored not all others are read")
			}
		}
		time.Sleep(50 * time.Millisecond)
		if l.batches++; l.batches == l.refuse {
			return errors.New("refused")
		}
	}
	return l.DB.File(ctx, batch)
}

// Records implements aggregator.Log.
func (l *slowLog) Records(ctx context.Context, after int64, limit int) ([]news.Record, error) {
	if l.read.Add(1) == stretches-1 { // Unfiled has read the first
		close(l.ahead)
	}
	return l.DB.Records(ctx, after, limit)
}

// Decision implements aggregator.Log.
func (l *slowLog) Decision(ctx context.Context, key news.Key) (news.Decision, bool, error) {
	l.asked++
	if l.filing.Load() {
		l.tooEarly++
	}
	return l.DB.Decision(ctx, key)
}

// appendNews stores items of a source, of which some say what others of it say and the
// first, which is too old for the index, is revised after a while.
func appendNews(t *testing.T, db *store.DB, n int, now time.Time) {
	t.Helper()
	item := func(i int, text string, published time.Time) news.Item {
		id := fmt.Sprint("item ", i)
		return news.Item{ID: id, GUID: id, URL: "https://city.test/" + fmt.Sprint(i), Title: text, Text: text, Language: "en",
			Published: published, FirstSeen: now, Fetched: now, Dated: true, Hash: text}
	}
	var items []news.Item
	for i := range n {
		text := fmt.Sprintf("Council number %d votes upon the bridge over river %d in town %d", i/2, i/2*7, i/2*13)
		published := now.Add(time.Duration(i-n) * time.Second)
		if i == 0 {
			published = now.AddDate(-1, 0, 0)
		}
		items = append(items, item(i, text, published))
	}
	for _, part := range [][]news.Item{items, {item(0, "Council number 0 has voted, and the bridge is built", now.AddDate(-1, 0, 0))}} {
		claims, err := db.Claim(t.Context(), time.Now(), 1, time.Minute)
		if err != nil || len(claims) != 1 {
			t.Fatal(claims, err)
		}
		if _, err := db.Append(t.Context(), claims[0], part, func(news.Appended) news.State {
			s := claims[0].State
			s.NextDue = time.Now()
			return s
		}, time.Now(), 0); err != nil {
			t.Fatal(err)
		}
	}
}

// filedBy files a log of some stretches until it stands, and returns its stories.
func filedBy(t *testing.T, now time.Time, refuse int) (stories []string, log *slowLog) {
	t.Helper()
	b := &bureau{path: filepath.Join(t.TempDir(), "wireroom.db"), topics: []news.Topic{{Name: "all", Limit: 100}}}
	b.add("city", "http://city.test/", "@every 10m")
	b.wrap = func(db *store.DB) aggregator.Log {
		log = &slowLog{DB: db, refuse: refuse, ahead: make(chan struct{})}
		return log
	}
	a, db, shut := b.open(t)
	defer shut()
	appendNews(t, db, 1700, now)
	if refuse != 0 {
		if err := a.FileOnce(t.Context()); err == nil {
			t.Error("nothing tells that a stretch was not stored")
		}
	}
	if err := a.FileOnce(t.Context()); err != nil {
		t.Fatal(err)
	}
	if unfiled, err := db.Unfiled(t.Context(), 1); err != nil || len(unfiled) != 0 {
		t.Fatal(len(unfiled), err)
	}
	err := db.EachStory(t.Context(), time.Time{}, func(s news.Story) bool {
		text := s.ID
		for _, m := range s.Members {
			text += fmt.Sprint("; ", m.Record.Item.ID, " ", m.Record.Revision, " ", m.Decision.Seq, m.Decision.Kind, m.Decision.Of, m.Decision.Score, m.Decision.Sketch)
		}
		stories = append(stories, text)
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return stories, log
}

// TestStretches: stretches are put into stories while the first is stored, and one of
// them finds in the store what it asks for; one that is not stored leaves nothing behind.
func TestStretches(t *testing.T) {
	now := time.Now()
	stories, log := filedBy(t, now, 0)
	if len(stories) < 800 || log.batches != stretches {
		t.Fatalf("%d stories in %d stretches", len(stories), log.batches)
	}
	if log.asked != 1 || log.tooEarly > 0 {
		t.Errorf("decisions were asked for %d times, %d times too early", log.asked, log.tooEarly)
	}
	for refuse := 1; refuse <= stretches; refuse++ {
		again, _ := filedBy(t, now, refuse)
		if diff := gocmp.Diff(stories, again); diff != "" {
			t.Errorf("when stretch %d was refused the first time, stories are others:\n%s", refuse, diff)
		}
	}
}
