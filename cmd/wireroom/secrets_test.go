package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// canary begins every secret of the test: it must be seen by the origins of
// the sources, and nowhere else.
const canary = "canary-8d1f"

// A vault is the origins of sources with credentials. Every second one answers
// with an error, a redirect to a stranger or a document that repeats what it
// was sent.
type vault struct {
	mu       sync.Mutex
	stranger string              // address of another origin
	sent     map[string][]string // path → what came with its requests
	leaks    []string            // what the stranger was sent
}

// told returns everything that a request says.
func told(r *http.Request) string {
	var b strings.Builder
	user, password, _ := r.BasicAuth()
	fmt.Fprintf(&b, "%s %s:%s", r.RequestURI, user, password)
	for name, values := range r.Header {
		fmt.Fprintf(&b, " %s: %s", name, values)
	}
	return b.String()
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	name, below, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	v.sent["/"+name] = append(v.sent["/"+name], told(r))
	kind, fate, _ := strings.Cut(name, "-")
	switch fate {
	case "away":
		http.Redirect(w, r, v.stranger+"/landing", http.StatusFound)
	case "home":
		http.Redirect(w, r, "/"+kind+"/"+below+"?"+r.URL.RawQuery, http.StatusFound)
	case "down":
		w.WriteHeader(http.StatusInternalServerError)
	case "lost": // a header that cannot be followed, with everything in it
		w.Header().Set("Location", "http://[::1]:namedport/"+below+"?"+r.URL.RawQuery)
		w.WriteHeader(http.StatusMovedPermanently)
	case "page":
		fmt.Fprintf(w, "<html><title>%s</title>", r.URL.RawQuery)
	case "abort":
		panic(http.ErrAbortHandler)
	case "chatty": // talks on when the answer is over
		conn, buf, _ := w.(http.Hijacker).Hijack()
		defer conn.Close()
		fmt.Fprint(buf, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\n\r\n")
		buf.Flush()
		time.Sleep(50 * time.Millisecond)
	default:
		fmt.Fprintf(w, `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>%s</title><link>%s</link>
<atom:link rel="self" href="http://%s%s"/><item><guid>%[1]s</guid><title>A notice by %[1]s</title><link>/notice-%[1]s</link></item></channel></rss>`,
			kind, "http://"+r.Host, r.Host, strings.ReplaceAll(r.RequestURI, "&", "&amp;"))
	}
}

// strangers are another origin, which is owed nothing.
func (v *vault) strangers(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if text := told(r); strings.Contains(text, canary) || r.Header.Get("Referer") != "" {
		v.leaks = append(v.leaks, text)
	}
	fmt.Fprint(w, `<rss version="2.0"><channel><title>Elsewhere</title></channel></rss>`)
}

// kinds are the ways to hold credentials, with %s for the number of a secret.
var kinds = map[string]string{
	"basic":    `auth: {user: reader, password_file: secret-basic}`,
	"bearer":   `auth: {bearer: "${CANARY}-bearer"}`,
	"header":   `auth: {header: {X-Key: "${CANARY}-header", Cookie: "s=${CANARY}-header"}}`,
	"query":    `auth: {query_file: {key: secret-query}}`,
	"userinfo": ``,
	"token":    ``, // in the query of the address itself
	"path":     ``, // in the path of it
}

// TestSecretsStayInside polls sources with credentials of every kind, well and
// ill, and looks for the credentials in everything that the program says.
func TestSecretsStayInside(t *testing.T) {
	v := &vault{sent: map[string][]string{}}
	home, away := listen(t), listen(t)
	v.stranger = "http://" + away.Addr().String()
	for l, h := range map[net.Listener]http.Handler{home: v, away: http.HandlerFunc(v.strangers)} {
		server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		go server.Serve(l)
		t.Cleanup(func() { server.Close() })
	}
	dir, addr, admin := t.TempDir(), built.FreeAddress(t), built.FreeAddress(t)
	write(t, filepath.Join(dir, "secret-basic"), canary+"-basic\n")
	write(t, filepath.Join(dir, "secret-query"), canary+"-query\n")
	t.Setenv("CANARY", canary)
	write(t, filepath.Join(dir, "feeds.yaml"), v.config(home.Addr().String(), addr, admin))
	p := start(t, dir, built.Program(t))
	base := "http://" + addr
	await(t, 60*time.Second, "every source that is ill has failed three times", func() bool {
		log := p.Log.String()
		return strings.Count(log, `"failures":3,`) >= 5*len(kinds) && strings.Contains(log, "Unsolicited response")
	})
	if _, err := p.Stop(); err != nil {
		t.Error(err)
	}
	first := p.Log.String()
	p = start(t, dir, built.Program(t)) // its pages tell of what it finds
	await(t, 60*time.Second, "all is published", func() bool {
		status, _ := get(base + "/sources.atom")
		feed, _ := get(base + "/topics/all.json")
		metrics, _ := get("http://" + admin + "/metrics")
		return strings.Count(string(status), "<entry>") >= 5*len(kinds) && strings.Count(string(feed), "A notice by") >= len(kinds) &&
			strings.Contains(string(feed), "notice-header") && strings.Contains(string(metrics), `source="bearer-lost"`)
	})
	said := map[string]string{"the log": first + p.Log.String()}
	for _, path := range []string{"/", "/sources", "/sources.atom", "/sources.opml", "/topics/all", "/topics/all.rss", "/topics/all.atom", "/topics/all.json", "/healthz", "/nowhere"} {
		page, _ := get(base + path)
		said[path] = string(page)
	}
	scrape, _ := get("http://" + admin + "/metrics")
	said["the metrics"] = string(scrape)
	userinfo := "http://reader:" + canary + "-userinfo@" + home.Addr().String()
	for _, args := range [][]string{
		{"check"}, {"check", "--json"}, {"plan"}, {"export", "--opml"}, {"stories", "secret"}, {"explain", "notice"}, {"preview", "all"}, {"preview", "inner"}, {"check", "--config", "wrong.yaml"}, {"check", "--config", "wrong.yaml", "--json"},
		{"inspect", "--allow-private", userinfo + "/userinfo"}, {"inspect", "--allow-private", userinfo + "/userinfo-down"},
		{"inspect", "--allow-private", userinfo + "/userinfo-lost"}, {"inspect", userinfo + "/userinfo"}, {"inspect", "http://reader:" + canary + "@[broken/"},
		{"inspect", "basic-down"}, {"inspect", "query"}, {"inspect", "query-home"}, {"inspect", "query-lost"}, {"inspect", "path"}, {"inspect", "--json", "path"}, {"inspect", "path-lost"},
	} {
		if args[len(args)-1] == "wrong.yaml" || len(args) > 2 && args[2] == "wrong.yaml" {
			wrong := strings.NewReplacer("user: reader", "user: 7, usr: reader", "key: secret-query", "key: nowhere", "http://reader", "http:///reader").Replace(v.config(home.Addr().String(), addr, admin))
			write(t, filepath.Join(dir, "wrong.yaml"), wrong)
		}
		cmd := exec.Command(built.Program(t), args...)
		cmd.Dir, cmd.Env = dir, os.Environ()
		out, _ := cmd.CombinedOutput()
		said["wireroom "+strings.Join(args, " ")] = string(out)
		if len(out) == 0 {
			t.Errorf("wireroom %s says nothing", args)
		}
	}
	if _, err := p.Stop(); err != nil {
		t.Error(err)
	}
	for where, text := range said {
		if i := strings.Index(text, canary); i >= 0 {
			t.Errorf("%s tells a secret: …%s…", strings.ReplaceAll(where, canary, "*"), text[max(0, i-120):min(len(text), i+60)])
		}
	}
	v.check(t, said)
}

// TestStoreIsNamedWithoutItsPassword, wherever in its address that stands.
func TestStoreIsNamedWithoutItsPassword(t *testing.T) {
	for dsn, want := range map[string]string{
		"data/wireroom.db": "data/wireroom.db", "/data/50%off?.db": "/data/50%off?.db",
		"postgres://desk@db.example/wireroom?sslmode=disable":           "postgres://desk@db.example/wireroom",
		"postgres://desk:" + canary + "@db.example/wireroom":            "postgres://desk:xxxxx@db.example/wireroom",
		"postgresql://db.example/wireroom?user=desk&password=" + canary: "postgresql://db.example/wireroom",
		"postgres://desk:" + canary + "%@db.example/wireroom":           "a database",
	} {
		if got := storeName(dsn); got != want {
			t.Errorf("%s is called %s, want %s", dsn, got, want)
		}
	}
}

// config is a feeds.yaml with sources of every kind and fate.
func (v *vault) config(home, addr, admin string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "server: {listen: %q, admin: %q}\nstore: wireroom.db\nlog: {level: debug, format: json}\n"+
		"defaults: {allow_private: true, schedule: '@every 1s', min_interval: 1s, timeout: 5s}\ntopics: {all: {}, inner: {token: '${CANARY}-topic'}}\nsources:\n"+
		"  chatty: {url: 'http://%s/plain-chatty'}\n", addr, admin, home)
	for kind, auth := range kinds {
		for _, fate := range []string{"", "-away", "-home", "-down", "-lost", "-page", "-abort", "-chatty"} {
			at, keys := home, ""
			if kind == "userinfo" {
				at = "reader:${CANARY}-userinfo@" + home
			}
			if auth != "" {
				keys = ", " + auth
			}
			query := ""
			if kind == "token" {
				query = "?key=${CANARY}-token"
			}
			if kind == "path" {
				query = "/${CANARY}-path"
			}
			fmt.Fprintf(&b, "  %s%s: {url: \"http://%s/%[1]s%[2]s%[5]s\"%[4]s}\n", kind, fate, at, keys, query)
		}
	}
	return b.String()
}

// check looks whether the origins were sent their credentials, the strangers
// nothing, and the log is one line of JSON for each event.
func (v *vault) check(t *testing.T, said map[string]string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for kind := range kinds {
		for _, fate := range []string{"", "-away", "-home", "-down"} {
			for _, request := range v.sent["/"+kind+fate] {
				if !strings.Contains(request, canary+"-"+kind) {
					t.Errorf("%s%s came without its credentials: %s", kind, fate, request)
				}
			}
			if len(v.sent["/"+kind+fate]) == 0 {
				t.Errorf("%s%s was not asked for", kind, fate)
			}
		}
	}
	if len(v.leaks) > 0 {
		t.Errorf("another origin was sent %s", v.leaks)
	}
	for line := range strings.Lines(said["the log"]) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
	for where, what := range map[string]string{"/sources": "basic-down", "/sources.opml": "query-home", "/topics/all.rss": "notice-header", "the metrics": `source="bearer-lost"`} {
		if !strings.Contains(said[where], what) {
			t.Errorf("%s says nothing of %s: %s", where, what, said[where])
		}
	}
}
