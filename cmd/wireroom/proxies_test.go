package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestProxies puts the proxies of docs/operating.md before a wireroom, as the
// blocks there say but for addresses and certificates: what a reader gets is
// what Wireroom gave, byte for byte, and is validated the same. So it is below a
// path, whether the proxy passes that on or takes it away.
func TestProxies(t *testing.T) {
	t.Parallel()
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, bulletin("harbour", 30)) }))
	t.Cleanup(origin.Close)
	blocks := map[string]string{}
	for _, b := range documented(t) {
		if b.file == "operating.md" {
			blocks[b.language] = b.text
		}
	}
	backs := map[string]string{}
	for _, path := range []string{"", "/news"} {
		dir, addr := t.TempDir(), built.FreeAddress(t)
		write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q, base_url: \"https://feeds.example.org%s\"}\nstore: wireroom.db\n"+
			"defaults: {allow_private: true}\nsources:\n  harbour: %s/\ntopics:\n  all: {}\n", addr, path, origin.URL))
		start(t, dir, built.Program(t))
		await(t, time.Minute, "a feed", func() bool {
			body, ok := get("http://" + addr + "/topics/all.rss")
			return ok && strings.Contains(string(body), "harbour office")
		})
		backs[path] = addr
	}
	operating, err := os.ReadFile(filepath.Join(root, "docs", "operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	redir := ""
	if strings.Contains(string(operating), "`redir /news /news/`") {
		redir = "redir /news /news/\n\t"
	}
	for _, c := range []struct{ name, path, location, pass, route string }{
		{"whole", "", "location / {", "http://", "reverse_proxy "},
		{"passed on", "/news", "location /news/ {", "http://", redir + "reverse_proxy /news/* "},
		{"taken away", "/news", "location /news/ {", "/", "uri strip_prefix /news\n\treverse_proxy "},
	} {
		addr := backs[c.path]
		t.Run("nginx "+c.name, func(t *testing.T) {
			nginx, dir, front := installed(t, "nginx"), t.TempDir(), built.FreeAddress(t)
			var kept []string
			for line := range strings.Lines(blocks["nginx"]) {
				if !strings.Contains(line, "ssl_certificate") {
					kept = append(kept, line)
				}
			}
			target := addr
			if c.pass == "/" {
				target += "/"
			}
			server := strings.NewReplacer("443 ssl", front, "127.0.0.1:8080", target, "location / {", c.location).Replace(strings.Join(kept, ""))
			write(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf("daemon off;\nmaster_process off;\npid %s/pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"+
				"proxy_temp_path %[1]s/p;\nclient_body_temp_path %[1]s/b;\nfastcgi_temp_path %[1]s/f;\nuwsgi_temp_path %[1]s/u;\nscgi_temp_path %[1]s/s;\n%s}\n", dir, server))
			start(t, dir, nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
			behind(t, "http://"+front+c.path, "http://"+addr, c.path)
		})
		t.Run("caddy "+c.name, func(t *testing.T) {
			caddy, dir, front := installed(t, "caddy"), t.TempDir(), built.FreeAddress(t)
			site := strings.NewReplacer("feeds.example.org {", "http://"+front+" {", "127.0.0.1:8080", addr, "reverse_proxy ", c.route).Replace(blocks["caddyfile"])
			write(t, filepath.Join(dir, "Caddyfile"), "{\n\tadmin off\n\tauto_https off\n\tstorage file_system "+dir+"\n}\n"+site)
			start(t, dir, caddy, "run", "--config", "Caddyfile", "--adapter", "caddyfile")
			behind(t, "http://"+front+c.path, "http://"+addr, c.path)
		})
	}
}

// behind compares what a proxy answers with what stands behind it, for readers
// that know it below a path.
func behind(t *testing.T, front, back, below string) {
	t.Helper()
	await(t, time.Minute, "the proxy answers", func() bool {
		resp, err := http.Get(front + "/healthz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode != http.StatusBadGateway
	})
	// A reader that names no coding is asked for one by nobody else.
	silent := &http.Transport{DisableCompression: true}
	t.Cleanup(silent.CloseIdleConnections)
	ask := func(base, path, coding, etag string) *http.Response {
		req, err := http.NewRequest(http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if coding != "" {
			req.Header.Set("Accept-Encoding", coding)
		}
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
		}
		resp, err := silent.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	for _, path := range []string{"/topics/all.rss", "/topics/all.json", "/topics/all"} {
		for _, coding := range []string{"gzip", "br", "identity", ""} {
			// What is the same without the proxy before and after it did not change
			// meanwhile.
			var proxied, direct *http.Response
			await(t, 10*time.Second, "an answer that stays", func() bool {
				before := ask(back, path, coding, "").Header.Get("Etag")
				proxied, direct = ask(front, path, coding, ""), ask(back, path, coding, "")
				return before == direct.Header.Get("Etag")
			})
			for _, field := range []string{"Content-Encoding", "Content-Length", "Content-Type", "Etag", "Cache-Control", "Last-Modified", "Content-Security-Policy"} {
				if got, want := proxied.Header.Get(field), direct.Header.Get(field); got != want {
					t.Errorf("%s in %s: %s is %q behind the proxy, %q without", path, coding, field, got, want)
				}
			}
			if again := ask(front, path, coding, direct.Header.Get("Etag")); again.StatusCode != http.StatusNotModified {
				t.Errorf("%s in %s: a known ETag is answered %d", path, coding, again.StatusCode)
			}
		}
	}
	if body, ok := get(front); !ok || !strings.Contains(string(body), "/topics/all") {
		t.Errorf("base_url itself leads to no front page but to %q", body)
	}
	if body, ok := get(front + "/topics/all.rss"); !ok || !strings.Contains(string(body), "https://feeds.example.org"+below+"/topics/all.rss") {
		t.Error("the feed does not name its public address")
	}
	// Pages find what belongs to them, in front and on this machine.
	body, _ := get(back + "/")
	sheet := regexp.MustCompile(`href="([^"]+\.css)"`).FindSubmatch(body)
	if sheet == nil {
		t.Fatalf("the front page has no style:\n%s", body)
	}
	for _, base := range []string{strings.TrimSuffix(front, below), back} {
		if _, ok := get(base + string(sheet[1])); !ok {
			t.Errorf("%s is not at %s", sheet[1], base)
		}
	}
	// A hub may push a document of some megabytes: whether it is read is for our
	// own callback to say, which does not know this subscription.
	resp, err := http.Post(front+"/websub/nobody", "application/rss+xml", strings.NewReader(strings.Repeat("x", 3<<19)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusRequestEntityTooLarge {
		t.Error("the proxy refuses a push of 1.5 MB")
	}
}
