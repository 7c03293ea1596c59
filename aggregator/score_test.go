package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// A scorer is a server that watches its readers' manners, as some do: it
// gives every feed other validators, changes them, sets cookies, sends readers
// away for a while, and notes what is not as it should be.
type scorer struct {
	mu    sync.Mutex
	feeds map[string]*scored
	marks []string
}

// A scored feed is what its reader has been given.
type scored struct {
	requests, bare, unchanged, refused int
	last, until                        time.Time
	tag, modified                      string // as they were last given
}

// least is the least interval of the feeds, and slack what a clock may be off.
const (
	least = 20 * time.Minute
	slack = time.Second
)

// validators are those of a feed at an instant: they change every few hours.
func validators(host string, at time.Time) (tag, modified string) {
	version := at.Unix() / int64(3600*(2+len(host)%4))
	switch host[0] {
	case 'a':
		return fmt.Sprintf("%q", fmt.Sprint("v", version)), ""
	case 'b':
		return "", time.Unix(version*3600, 0).UTC().Format(http.TimeFormat)
	case 'c':
		return fmt.Sprintf("W/%q", fmt.Sprint(version, `--gzip;a,b`)), time.Unix(version*3600, 0).UTC().Format(http.TimeFormat)
	case 'd':
		return fmt.Sprint("unquoted-", version), "Tue, 14 Jan 2026 9:5:1 +0100"
	}
	return fmt.Sprintf("%q", fmt.Sprint(version)), time.Unix(version*3600, 0).UTC().Format(http.TimeFormat)
}

func (s *scorer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, f := time.Now(), s.feeds[r.Host]
	note := func(what string, args ...any) {
		s.marks = append(s.marks, fmt.Sprintf("%s, request %d: ", r.Host, f.requests)+fmt.Sprintf(what, args...))
	}
	tag, since := r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since")
	if f.requests > 0 && now.Sub(f.last) < least-slack {
		note("%s after the last one", now.Sub(f.last))
	}
	if now.Before(f.until) {
		note("%s before the end of Retry-After", f.until.Sub(now))
	}
	if tag == "" && since == "" {
		f.bare++
	}
	if tag != f.tag || since != f.modified {
		note("validators %q and %q, given were %q and %q", tag, since, f.tag, f.modified)
	}
	for _, header := range []string{"Cookie", "Referer", "Authorization"} {
		if r.Header.Get(header) != "" {
			note("it sends %s", header)
		}
	}
	f.requests++
	f.last = now
	http.SetCookie(w, &http.Cookie{Name: "reader", Value: fmt.Sprint(f.requests)})
	if strings.HasPrefix(r.Host, "e") && f.requests%5 == 0 {
		f.refused++
		f.until = now.Add(100 * time.Minute).Truncate(time.Second) // as a header says it
		w.Header().Set("Retry-After", []string{"6000", f.until.UTC().Format(http.TimeFormat)}[f.refused%2])
		w.WriteHeader([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}[f.refused%2])
		return
	}
	newTag, modified := validators(r.Host, now)
	for header, value := range map[string]string{"ETag": newTag, "Last-Modified": modified} {
		if value != "" {
			w.Header().Set(header, value)
		}
	}
	if (newTag != "" && newTag == tag) || (newTag == "" && modified == since) {
		f.unchanged++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	f.tag, f.modified = newTag, modified
	fmt.Fprintf(w, "<rss version='2.0'><channel><title>%s</title><item><guid>%d</guid><title>A note of %[1]s</title></item></channel></rss>", r.Host, f.requests)
}

// TestScoreOfThreeDays polls for seventy-two hours, with twenty-two restarts:
// one request of each feed is unconditional, the first, and no other is early,
// inside Retry-After, or tells more than it must (S17).
func TestScoreOfThreeDays(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &scorer{feeds: map[string]*scored{}}
		b := &bureau{path: filepath.Join(dir, "score.db"), web: s}
		for i, schedule := range []string{news.ScheduleAuto, "*/20 * * * *", "@every 30m", "@every 1m"} {
			for _, kind := range []string{"a", "b", "c", "d", "e"} {
				name := fmt.Sprint(kind, strings.Repeat("x", i))
				s.feeds[name+".test"] = &scored{}
				src := b.add(name, "http://"+name+".test/", schedule)
				src.MinInterval = least
				b.sources[name] = src
			}
		}
		for range 23 { // not when a poll is under way: its answer would be lost, and asked for again
			b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(72*time.Hour/23 + 7*time.Second) })
		}
		requests, unchanged, refused := 0, 0, 0
		for name, f := range s.feeds {
			requests, unchanged, refused = requests+f.requests, unchanged+f.unchanged, refused+f.refused
			if f.bare != 1 || f.requests < 3 {
				t.Errorf("%s: %d of %d requests are unconditional", name, f.bare, f.requests)
			}
		}
		t.Logf("%d requests of %d feeds in 72 h, %d answered with 304, %d refused; %d marks", requests, len(s.feeds), unchanged, refused, len(s.marks))
		if len(s.marks) > 0 || refused < 20 || unchanged < requests/2 {
			t.Errorf("%d marks: %q", len(s.marks), s.marks[:min(len(s.marks), 10)])
		}
	})
}
