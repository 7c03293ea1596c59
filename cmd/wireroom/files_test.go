package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wireroom/wireroom/internal/built"
)

// A site is a folder of files that wireroom once writes of one source.
type site struct {
	t    *testing.T
	dir  string
	base string // address of a web server that knows nothing but files
	feed atomic.Value
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, s.feed.Load()) }))
	t.Cleanup(origin.Close)
	files := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(s.dir, "public"))))
	t.Cleanup(files.Close)
	s.base = files.URL
	write(t, filepath.Join(s.dir, "feeds.yaml"), fmt.Sprintf("server: {base_url: %q}\nstore: w.db\n"+
		"defaults: {schedule: '@every 1s', min_interval: 1s, allow_private: true}\nsources:\n  harbour: %s/\ntopics:\n  all: {limit: 20}\n", files.URL, origin.URL))
	return s
}

// once is the command, ready to be started.
func (s *site) once() *exec.Cmd {
	cmd := exec.Command(built.Program(s.t), "once", "--out", "public")
	cmd.Dir = s.dir
	return cmd
}

func (s *site) run() {
	s.t.Helper()
	if out, err := s.once().CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
}

// files returns the bytes of every file, by name.
func (s *site) files() map[string]string {
	s.t.Helper()
	all := map[string]string{}
	root := filepath.Join(s.dir, "public")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil && strings.HasSuffix(path, ".next") || err == nil && d.IsDir() {
			return nil
		} else if err != nil {
			return err
		}
		body, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(path, ".next") {
			return nil // it is in its place by now
		}
		name, _ := filepath.Rel(root, path)
		all[filepath.ToSlash(name)] = string(body)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// TestOnceIsKilled ends wireroom once as soon as it begins to write, again and
// again, until it comes to its end. All the while every file is as it was or as
// it is to be, and at the end nothing is left of what was cut short. Where it came
// to its end too soon, as the test saw too late that it had begun, the feed has
// other headlines, and all is done again.
func TestOnceIsKilled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.feed.Store(bulletin("harbour", 50))
	s.run()
	if before := s.files(); len(before) < 60 || before["topics/all/archive/1.rss"] == "" {
		t.Fatalf("%d files were written", len(before))
	}
	halves := 0
	for round := 0; halves < 3 && round < 40 && !t.Failed(); round++ {
		word := fmt.Sprintf("Announcement %d.", round)
		s.feed.Store(strings.ReplaceAll(bulletin("harbour", 60), "Notice", word))
		halves += s.killed(word + " 0 of") // the newest, for it stands above the others
	}
	if halves < 3 {
		t.Errorf("it was ended in the middle %d times", halves)
	}
}

// killed ends the command as soon as it begins to write, until it comes to its
// end, and returns how often it was ended before. At the end the feed has a text.
func (s *site) killed(text string) int {
	t := s.t
	t.Helper()
	before := s.files()
	var halves []map[string]string
	for range 200 {
		now := s.files()
		cmd := s.once()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		var err error
		for running := true; running; {
			select {
			case err = <-ended:
				running = false
			default:
				if changes(now, s.files()) > 8 {
					_ = cmd.Process.Kill() // it may have ended
					err = <-ended
					running = false
				}
			}
		}
		if err == nil && changes(before, s.files()) > 0 {
			break
		}
		halves = append(halves, s.files())
	}
	after := s.files()
	for _, half := range halves {
		for name, text := range half {
			if strings.HasPrefix(name, "sources") && strings.HasSuffix(strings.TrimSpace(text), ">") {
				continue // each run asks the source again, and tells it there
			}
			if text != before[name] && text != after[name] && name != ".wireroom" && !strings.HasSuffix(name, ".next") {
				t.Errorf("%s is neither as it was nor as it is to be", name)
			}
		}
		for name := range before {
			if _, there := half[name]; !there && after[name] != "" {
				t.Errorf("%s was away", name)
			}
		}
	}
	if !strings.Contains(after["topics/all.rss"], text) {
		t.Error("the feed is not the new one")
	}
	list := strings.Fields(after[".wireroom"])
	if len(list) != len(after)-1 {
		t.Errorf("%d files are listed and %d are there", len(list), len(after)-1)
	}
	for _, name := range list {
		if _, ok := after[name]; !ok || strings.HasSuffix(name, ".next") {
			t.Errorf("%s is listed and not there", name)
		}
	}
	return len(halves)
}

// changes counts the files that are other ones.
func changes(before, now map[string]string) (n int) {
	for name, text := range now {
		if before[name] != text && name != ".wireroom" {
			n++
		}
	}
	return n
}

// TestOnceIsAWholeSite follows every link of what wireroom once writes, as a
// web server gives it that knows nothing but files.
func TestOnceIsAWholeSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.feed.Store(bulletin("harbour", 50))
	s.run()
	link := regexp.MustCompile(`(?:href|src|value|url|action)="([^"]+)"|"(?:next_url|feed_url|home_page_url|story_url)": "([^"]+)"`)
	seen, queue := map[string]bool{"/": true}, []string{"/"}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		body, ok := get(s.base + at)
		if !ok {
			t.Errorf("%s is not found", at)
			continue
		}
		here, err := url.Parse(s.base + at)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(body), -1) {
			to, err := here.Parse(m[1] + m[2])
			if err != nil || to.Host != here.Host || to.Path == "/hub" || seen[to.Path] {
				continue
			}
			seen[to.Path] = true
			queue = append(queue, to.Path)
		}
	}
	for _, want := range []string{"/topics/all", "/topics/all.json", "/topics/all/archive/1.json", "/sources", "/topics.opml"} {
		if !seen[want] {
			t.Errorf("nothing leads to %s", want)
		}
	}
	if len(seen) < 60 {
		t.Errorf("%d addresses were found", len(seen))
	}
	if seen["/search"] {
		t.Error("a page asks what no file can answer")
	}
}
