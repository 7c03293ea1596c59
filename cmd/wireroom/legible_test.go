package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// What strangers write is shown and not obeyed: a terminal takes some characters
// for orders, such as to change what is on it.
func TestStrangersAreNotObeyed(t *testing.T) {
	const orders = "\x1b[31mred \u009b5m"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/site" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, `<html><head><link rel="alternate" type="application/feed+json" href="/feed"><link rel="alternate" type="application/rss+xml" title="`+orders+`" href="/other"></head></html>`)
			return
		}
		w.Header().Set("Content-Type", "application/feed+json")
		written := strings.ReplaceAll(orders, "\x1b", `\u001b`)
		fmt.Fprintf(w, `{"version": "https://jsonfeed.org/version/1.1", "title": "Tug %[1]s", "items": [{"id": "1 %[1]s", "title": "Free %[1]s", "content_text": "Off the reef %[1]s", "tags": ["sea %[1]s"], "authors": [{"name": "Ann %[1]s"}]}]}`, written)
	}))
	defer server.Close()
	file, list := filepath.Join(t.TempDir(), "feeds.yaml"), filepath.Join(t.TempDir(), "list.opml")
	write(t, list, `<opml><body><outline text="red" xmlUrl="http://a`+"\u009b"+`5m.localhost/"/><outline text="sea" xmlUrl="https://sea.example/"/></body></opml>`)
	for _, args := range [][]string{
		{"add", "--dry-run", "--allow-private", "--config", file, server.URL + "/site"},
		{"inspect", "--allow-private", "--config", file, server.URL + "/feed"},
		{"import", "--dry-run", "--config", file, list},
		{"stories", "-"},
	} {
		var out, errOut bytes.Buffer
		in := strings.NewReader(`{"id": "1", "source": "a", "title": "` + strings.ReplaceAll(orders, "\x1b", `\u001b`) + `"}`)
		if code := run(t.Context(), args, in, &out, &errOut); code != exitOK {
			t.Fatalf("%v: %d %s", args, code, &errOut)
		}
		if obeyed := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }; strings.ContainsFunc(out.String()+errOut.String(), obeyed) || !strings.Contains(out.String()+errOut.String(), "red") {
			t.Errorf("%v: %q %q", args, &out, &errOut)
		}
	}
}
