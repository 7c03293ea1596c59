package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestPrivateStories: the readers of a private topic reach the pages of its
// stories from the topic's page, by the address with the token and by the token
// alone, and nobody else does; its feeds link to nothing that is not there.
func TestPrivateStories(t *testing.T) {
	t.Parallel()
	const token = "sesame-sesame-sesame"
	text := "The dredger Lise Brandt freed the harbour mouth of sand during the night, and from six in the morning on the ferries to the " +
		"outer islands sailed as the timetable has it, the harbour master said, who had slept on board."
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site := strings.Trim(r.URL.Path, "/")
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>%[1]s</title><link>https://%[1]s.example/</link><item><guid>%[1]s-1</guid>
			<link>https://%[1]s.example/dredger</link><title>%[1]s: harbour mouth is free</title><description>%[2]s</description></item></channel></rss>`, site, text)
	}))
	t.Cleanup(origin.Close)
	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\ndefaults: {allow_private: true}\n"+
		"sources: {wire: %[2]s/wire, paper: %[2]s/paper, other: %[2]s/other}\ntopics:\n  desk: {from: [wire, paper], token: %[3]s}\n  open: {from: [other], stories: 'off'}\n",
		addr, origin.URL, token))
	p := start(t, dir, built.Program(t))
	base := "http://" + addr
	below := base + "/private/" + token
	var page string
	await(t, time.Minute, "the story has two reports", func() bool {
		body, ok := get(below + "/topics/desk")
		page = string(body)
		return ok && strings.Contains(page, "Compare, and see") || p.Ended()
	})
	link := regexp.MustCompile(`href="([^"]*stories/[^"]*)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatalf("no story is linked to:\n%s", page)
	}
	for _, at := range []string{below + "/topics/desk", base + "/topics/desk"} {
		address := resolved(t, at, link[1])
		for _, given := range []string{token, "", "wrong"} {
			want := given == token || strings.HasPrefix(at, below) // where the one in the address counts
			status, cache, story := ask(t, address, given)
			if (status == http.StatusOK) != want || want && (!strings.Contains(story, "Who reported when") || !strings.Contains(story, "paper: harbour") || !strings.HasPrefix(cache, "private")) {
				t.Errorf("%s with the token %q is answered %d, %s:\n%s", address, given, status, cache, story)
			}
			if strings.Contains(story, "other: harbour") {
				t.Errorf("the page shows what the topic does not:\n%s", story)
			}
		}
		if back := regexp.MustCompile(`class="chip" href="([^"]*)"`).FindStringSubmatch(second(ask(t, address, token))); back == nil || resolved(t, address, back[1]) != at {
			t.Errorf("from %s a reader is led back to %q", address, back)
		}
	}
	for _, path := range []string{"/topics/open" + link[1][strings.Index(link[1], "/stories"):], "/private/" + token + "/topics/open/stories/x"} {
		if status, _, _ := ask(t, base+path, token); status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, status)
		}
	}
	for _, ext := range []string{".rss", ".atom", ".json"} {
		body, _ := get(below + "/topics/desk" + ext)
		for _, no := range []string{token, "/stories/", base + "/topics/desk"} {
			if strings.Contains(string(body), no) {
				t.Errorf("%s names %s", ext, no)
			}
		}
		if ext == ".json" && !json.Valid(body) {
			t.Errorf("%s", body)
		}
	}
}

func second(_ int, _, body string) string { return body }

// resolved is where a link of a page leads.
func resolved(t *testing.T, page, link string) string {
	t.Helper()
	u, err := url.Parse(page)
	if err == nil {
		u, err = u.Parse(link)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}

// ask asks for an address with a token, if there is one.
func ask(t *testing.T, address, token string) (status int, cache, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Cache-Control"), string(text)
}
