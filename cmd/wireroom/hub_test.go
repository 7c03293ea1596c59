package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/built"
)

// TestRoutesRedirectNothing: an unclean path reaches the documents as it was
// asked for, with a hub as without one.
func TestRoutesRedirectNothing(t *testing.T) {
	var got string
	routes := (&pushing{}).routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.URL.Path }))
	for _, path := range []string{"/", "//topics/all.rss", "/private//topics/all.rss", "/topics/../topics/all.rss", "/hub/", "/websub"} {
		got = ""
		answer := httptest.NewRecorder()
		routes.ServeHTTP(answer, httptest.NewRequest("GET", "http://feeds.wireroom.test"+path, nil))
		if answer.Code != http.StatusOK || got != path {
			t.Errorf("%s: answered %d by the documents at %q", path, answer.Code, got)
		}
	}
}

// TestHubOfOwnTopics: a hub takes subscriptions to the topics that name it. To others
// it would never send anything.
func TestHubOfOwnTopics(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "feeds.yaml"), `server: {base_url: "https://wire.example.org"}
store: hub.db
sources: {office: "http://site.test/feed"}
topics:
  own: {}
  none: {hub: none}
  other: {hub: "https://hub.example.org/"}
`)
	cfg, err := config.Load(filepath.Join(dir, "feeds.yaml"), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Store = filepath.Join(dir, "hub.db")
	p, err := assemble(t.Context(), cfg, nil, slog.New(slog.DiscardHandler), poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for topic, want := range map[string]int{"own": http.StatusAccepted, "none": http.StatusNotFound, "other": http.StatusNotFound} {
		p.desk.Set(news.Document{Path: "/topics/" + topic + ".rss", Topic: topic, ContentType: "application/rss+xml", Body: []byte(topic)})
		form := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {"https://wire.example.org/topics/" + topic + ".rss"}, "hub.callback": {"https://reader.example.org/"}}
		r := httptest.NewRequest("POST", "https://wire.example.org/hub", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer := httptest.NewRecorder()
		if p.handler.ServeHTTP(answer, r); answer.Code != want {
			t.Errorf("a subscription to the topic %q is answered %d: %s", topic, answer.Code, answer.Body)
		}
	}
}

// TestOutsideHubIsToldAgain: a hub that does not take it when it is told of a change is
// told again.
func TestOutsideHubIsToldAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "feeds.yaml"), `server: {base_url: "https://wire.example.org", hub: "http://hub.test/"}
sources: {office: "http://site.test/feed"}
topics: {all: {}}
`)
	synctest.Test(t, func(t *testing.T) {
		cfg, err := config.Load(filepath.Join(dir, "feeds.yaml"), os.LookupEnv)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Store = filepath.Join(dir, "hub.db")
		web := newWire()
		var told atomic.Int64
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if told.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})}
		go server.Serve(web)
		defer server.Close()
		p, err := assemble(t.Context(), cfg, nil, slog.New(slog.DiscardHandler), poll.Options{DialContext: web.dial})
		if err != nil {
			t.Fatal(err)
		}
		defer p.close()
		doc := news.Document{Path: "/topics/all.rss", Topic: "all", ContentType: "application/rss+xml", Body: []byte("all")}
		p.desk.Set(doc)
		p.tell([]news.Document{doc})
		time.Sleep(24 * time.Hour)
		if n := told.Load(); n != 2 {
			t.Errorf("the hub was told %d times", n)
		}
	})
}

// TestOnceTellsOfWhatIsWritten: a hub that is told of a file fetches it at once.
func TestOnceTellsOfWhatIsWritten(t *testing.T) {
	t.Parallel()
	origin, dir := harbour(t), t.TempDir()
	told := make(chan string, 10)
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		feed, err := os.ReadFile(filepath.Join(dir, "public", "topics", "all.rss"))
		if err != nil {
			feed = []byte(err.Error())
		}
		told <- string(feed)
	}))
	t.Cleanup(hub.Close)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {base_url: \"https://feeds.example.org\", hub: %q, hub_private: true}\nstore: wireroom.db\n"+
		"defaults: {allow_private: true}\nsources:\n  harbour: %s/harbour\ntopics:\n  all: {}\n", hub.URL, origin.URL))
	once := exec.Command(built.Program(t), "once")
	once.Dir = dir
	if out, err := once.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	select {
	case feed := <-told:
		if !strings.Contains(feed, "of the harbour office") {
			t.Errorf("when the hub was told there was\n%s", feed)
		}
	default:
		t.Error("the hub was not told")
	}
}

// TestSecretIsOne: of replicas that begin at once upon a new store all have the same
// secret, so that what a hub asks of one is known to each.
func TestSecretIsOne(t *testing.T) {
	dsn := storetest.Postgres(t).DSN(t)
	var mu sync.Mutex
	secrets := map[string]bool{}
	var replicas sync.WaitGroup
	begin := make(chan struct{})
	for range 8 {
		db, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		replicas.Go(func() {
			<-begin
			key, err := secretKey(t.Context(), db)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			secrets[string(key)] = true
		})
	}
	close(begin)
	replicas.Wait()
	if len(secrets) != 1 {
		t.Errorf("they have %d secrets", len(secrets))
	}
}
