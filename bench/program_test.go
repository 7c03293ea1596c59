package bench

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/internal/built"
)

// A setting is a folder with a configuration and a store, for one program after
// another.
type setting struct {
	t      testing.TB
	dir    string
	origin *origin
	url    string // of the program
	admin  string
}

// secret is the token of the topics. Private ones have no archive: that of a
// long past is written at leisure, for a quarter of an hour after a first
// fetch, and would be counted with whatever else is measured meanwhile.
const secret = "for-the-benchmark-only"

// topics are those that the program publishes: everything, every item by
// itself, what several report, by tags, and by words.
func topics(l *language) string {
	var b strings.Builder
	private := ", token: " + secret + "}\n"
	b.WriteString("topics:\n  all: {limit: 100" + private + "  single: {stories: \"off\", limit: 100" + private + "  confirmed: {min_families: 2, sort: updated" + private)
	for i := range 4 {
		fmt.Fprintf(&b, "  tag-%d: {from: [\"tag:t%d\"], content: excerpt%s", i, i, private)
	}
	for i := range 3 {
		fmt.Fprintf(&b, "  words-%d: {match: {any: [%s]}%s", i, strings.Join(l.word[600+10*i:610+10*i], ", "), private)
	}
	return b.String()
}

// newSetting configures the feeds of an origin, on a schedule that leaves them
// alone until due is called, and a bell (see there). More is added at the end
// of the sources.
func newSetting(t testing.TB, o *origin, more string) *setting {
	t.Helper()
	s := &setting{t: t, dir: t.TempDir(), origin: o, url: "http://" + built.FreeAddress(t), admin: "http://" + built.FreeAddress(t)}
	var b strings.Builder
	fmt.Fprintf(&b, "server: {listen: %q, admin: %q}\nstore: wireroom.db\npolling: {budget: 1440}\n", s.url[7:], s.admin[7:])
	b.WriteString("defaults: {schedule: \"@every 12h\", allow_private: true}\n")
	sources(&b, o.url, len(o.docs))
	fmt.Fprintf(&b, "  bell: {url: %q, schedule: \"@every 1s\", min_interval: 1s}\n", o.url+"/bell")
	b.WriteString(more)
	b.WriteString(topics(o.press.lang))
	if err := os.WriteFile(filepath.Join(s.dir, "feeds.yaml"), []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *setting) store() string { return filepath.Join(s.dir, "wireroom.db") }

// A running program serves.
type running struct {
	child
	set *setting
}

func (s *setting) start() *running {
	s.t.Helper()
	cmd := exec.Command(built.Program(s.t), "serve")
	cmd.Dir = s.dir
	return &running{child{built.Start(s.t, cmd), s.t}, s}
}

// stop ends the program as its user would.
func (r *running) stop() {
	r.t.Helper()
	if _, err := r.Stop(); err != nil {
		r.t.Fatalf("the program ended with %v", err)
	}
}

// awake reports whether the program has not ended, and fails the test if it has.
func (r *running) awake() bool {
	if r.Ended() {
		r.t.Fatalf("the program ended by itself: %v", r.ProcessState)
	}
	return true
}

// patience is how long a phase may take, and quiet what the program takes of
// the processor, of a whole one, when it is done.
const (
	patience = time.Hour
	quiet    = 0.03
)

// settle waits until every feed was asked for and the program has nothing more
// to do: the filer is at the end of the log and the processor is left alone.
func (r *running) settle() {
	r.t.Helper()
	end := time.Now().Add(patience)
	calm := 0
	for before := r.cpu(); calm < 2 && r.awake(); {
		const look = 500 * time.Millisecond
		time.Sleep(look)
		now := r.cpu()
		if r.set.origin.round() == len(r.set.origin.docs) && float64(now-before)/float64(look) < quiet && r.set.filed() {
			calm++
		} else {
			calm = 0
		}
		before = now
		if time.Now().After(end) {
			r.t.Fatalf("after %v there is still work: %d feeds of %d asked for", patience, r.set.origin.round(), len(r.set.origin.docs))
		}
	}
}

// filed reports whether the filer is at the end of the log.
func (s *setting) filed() bool {
	s.t.Helper()
	_, left := s.cursor()
	return left == 0
}

// cursor returns how many records the log has had, and how many of them are not
// filed, -1 where that cannot be told.
func (s *setting) cursor() (last, left int64) {
	db, err := sql.Open("sqlite", "file:"+s.store()+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow("SELECT last, last - cursor FROM filer").Scan(&last, &left); err != nil {
		return 0, -1
	}
	return last, left
}

// due makes all feeds due now, as their schedules would.
func (s *setting) due() {
	var names []string
	for i := range s.origin.docs {
		names = append(names, sourceName(i))
	}
	s.origin.reset()
	s.dueNames(names)
}

// dueNames makes these sources due now.
func (s *setting) dueNames(names []string) {
	s.t.Helper()
	db := s.open()
	defer db.Close()
	now, due := time.Now(), map[string]time.Time{}
	for _, name := range names {
		due[name] = now
	}
	if err := db.SetDue(context.Background(), due); err != nil {
		s.t.Fatal(err)
	}
}

func (s *setting) open() *store.DB {
	s.t.Helper()
	db, err := store.Open(context.Background(), s.store(), slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	return db
}

// poll makes all feeds due and returns what the program takes until it has
// nothing more to do.
func (r *running) poll() time.Duration {
	r.t.Helper()
	begin := r.cpu()
	r.set.due()
	r.settle()
	return r.cpu() - begin
}

// get asks the program for a path, and answers status 0 where nobody answers.
func (s *setting) get(path string) (status int, etag string, body []byte) {
	return s.getUnless(path, "")
}

// getUnless does so unless what is there has that ETag.
func (s *setting) getUnless(path, known string) (status int, etag string, body []byte) {
	req, err := http.NewRequest(http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+secret)
	if known != "" {
		req.Header.Set("If-None-Match", known)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", nil
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, "", nil
	}
	return resp.StatusCode, resp.Header.Get("ETag"), body
}

// profile writes a profile of the running program below the folder that
// -profiles names. It is taken while the benchmark goes on.
func (r *running) profile(name, path string) {
	if *profilesFlag != "" {
		go r.fetch(context.Background(), name, path)
	}
}

// profiles writes profiles of the processor, one after the other, until it is
// stopped, and logs how far the filer was, and what the program had taken, at
// the end of each. The last one, which is cut off, is not written.
func (r *running) profiles(name string) (stop func()) {
	if *profilesFlag == "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	var taking sync.WaitGroup
	taking.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if r.fetch(ctx, fmt.Sprintf("%s-%02d", name, i), "/debug/pprof/profile?seconds=20") {
				last, left := r.set.cursor()
				r.t.Logf("%s-%02d ends: %d of %d filed, %s", name, i, last-left, last, cpu(r.cpu()))
			}
		}
	})
	return func() {
		cancel()
		taking.Wait()
	}
}

// fetch writes what the program's administrators are given at a path, and
// reports whether it was given.
func (r *running) fetch(ctx context.Context, name, path string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.set.admin+path, nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	for begin := time.Now(); err != nil && ctx.Err() == nil && time.Since(begin) < 10*time.Second; resp, err = http.DefaultClient.Do(req) {
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return err == nil && os.WriteFile(filepath.Join(*profilesFlag, name+".pprof"), body, 0o666) == nil
}
