package bench

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// serving measures how many answers a second wrk gets of a topic feed, with 64
// connections, beside nginx with the same bytes as files.
func serving(r *run) {
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx = "/usr/sbin/nginx"
	}
	if _, err := os.Stat(nginx); err != nil {
		r.Skip("no nginx: apt-get install nginx wrk")
	}
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		r.Skip("no wrk: apt-get install nginx wrk")
	}
	o := newOrigin(r.T, min(60, *moreFlag))
	set := newSetting(r.T, o, "")
	p := set.start()
	p.settle()
	// Nothing but serving from now on: no bell, no private topic.
	set.publish("served: {limit: 22}", false)
	const path = "/topics/served.atom"
	var etag string
	var body []byte
	for begin := time.Now(); len(body) < 50_000; time.Sleep(100 * time.Millisecond) {
		_, etag, body = set.get(path)
		if time.Since(begin) > patience {
			r.Fatal("the topic is not served")
		}
	}
	static, staticTag, workers := r.nginx(nginx, path, body, r.zipped(set.url+path))
	etag = strings.TrimSuffix(etag, `-gzip"`) + `"`
	for _, c := range []struct {
		what        string
		limit       float64
		ours, other []string
	}{
		{"304s", 0.9, []string{"If-None-Match: " + etag}, []string{"If-None-Match: " + staticTag}},
		{"gzip bodies", 0.8, []string{"Accept-Encoding: gzip"}, []string{"Accept-Encoding: gzip"}},
	} {
		// In turn, and often, so that what else the machine does falls upon both. How many are
		// answered in a second is what wrk, which takes most of the machine, and
		// others leave; what one takes of the processor tells more.
		var ours, other rates
		for range servingTurns * *roundsFlag {
			ours.add(r.wrk(wrk, set.url+path, c.ours, p.cpu))
			other.add(r.wrk(wrk, static+path, c.other, workers))
		}
		a, b := median(ours.second), median(other.second)
		r.add(row{what: fmt.Sprintf("serving a topic feed of %d KB: %s", len(body)>>10, c.what), figure: fmt.Sprintf("%.0f a second, %.1f µs each", a, slices.Min(ours.cost)),
			beside: fmt.Sprintf("nginx %.0f a second, %.1f µs each", b, slices.Min(other.cost)), value: a / b, limit: c.limit, least: true, unit: "×"})
	}
	p.stop()
}

// servingTurns is how often serving is measured in a round.
const servingTurns = 4

// rates are how many answers came in a second, and what each took of the
// processor of who gave it, in µs: of each time that it was measured.
type rates struct{ second, cost []float64 }

func (r *rates) add(second, cost float64) {
	r.second, r.cost = append(r.second, second), append(r.cost, cost)
}

// publish replaces the topics of the configuration by another one, which a
// running program applies by itself, and takes the bell away or leaves it.
func (s *setting) publish(topic string, bell bool) {
	s.t.Helper()
	path := filepath.Join(s.dir, "feeds.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "topics:\n")
	if !bell {
		before = strings.ReplaceAll(before, "\"@every 1s\", min_interval: 1s", "\"@every 12h\"")
	}
	if err := os.WriteFile(path, []byte(before+"topics:\n  "+topic+"\n"), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

// zipped returns what is sent of a document in gzip.
func (r *run) zipped(url string) []byte {
	r.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip") // said like this, the client leaves it as it is
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" {
		r.Fatalf("%s is answered %s, %v (%v)", url, resp.Status, resp.Header, err)
	}
	return body
}

// nginx serves a body as a static file, with the same in gzip beside it, and
// returns its address, the ETag that it gives the file, and what tells the
// processor time of its workers.
func (r *run) nginx(bin, path string, body, zipped []byte) (url, etag string, cpu func() time.Duration) {
	r.Helper()
	dir := r.TempDir()
	file := filepath.Join(dir, "html", filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		r.Fatal(err)
	}
	address := built.FreeAddress(r.T)
	conf := fmt.Sprintf(`worker_processes auto;
daemon off;
pid %[1]s/pid;
error_log %[1]s/error.log;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000000;
	types { application/atom+xml atom; }
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server { listen %[2]s; root %[1]s/html; gzip_static on; }
}
`, dir, address)
	for name, text := range map[string][]byte{file: body, file + ".gz": zipped, filepath.Join(dir, "nginx.conf"): []byte(conf)} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			r.Fatal(err)
		}
	}
	if err := openTo(dir); err != nil {
		r.Fatal(err)
	}
	master := built.Start(r.T, exec.Command(bin, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log")))
	url = "http://" + address
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(50 * time.Millisecond) {
		req, err := http.NewRequest(http.MethodGet, url+path, nil)
		if err != nil {
			r.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", "identity") // each coding has its own ETag
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			r.Fatalf("nginx answers %s", resp.Status)
		}
		return url, resp.Header.Get("ETag"), func() time.Duration { return r.children(master.Cmd.Process.Pid) }
	}
	r.Fatal("nginx does not answer")
	return "", "", nil
}

// children is what the processes that a process has started have taken of the
// processor.
func (r *run) children(pid int) (sum time.Duration) {
	r.Helper()
	list, err := os.ReadFile(fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", pid))
	if err != nil {
		r.Fatal(err)
	}
	for _, field := range strings.Fields(string(list)) {
		worker, err := strconv.Atoi(field)
		if err != nil {
			r.Fatal(err)
		}
		sum += spent(r.T, worker)
	}
	return sum
}

// openTo lets the workers of an nginx that was started as root, which are
// nobody, read below a folder of the test.
func openTo(dir string) error {
	for ; strings.HasPrefix(dir, os.TempDir()) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

var rate = regexp.MustCompile(`(\d+) requests in [^\n]*(?:\n[^\n]*)*Requests/sec:\s+([\d.]+)`)

// wrk returns how many answers a second it gets, and what each takes of the
// processor by the time that cpu tells, in µs.
func (r *run) wrk(bin, url string, headers []string, cpu func() time.Duration) (second, cost float64) {
	r.Helper()
	args := []string{"-t", "2", "-c", "64", "-d", fmt.Sprintf("%.0fs", max(1, lookFlag.Seconds()/8))}
	for _, h := range headers {
		args = append(args, "-H", h)
	}
	before := cpu()
	out, err := exec.Command(bin, append(args, url)...).CombinedOutput()
	took := cpu() - before
	m := rate.FindSubmatch(out)
	if err != nil || m == nil || strings.Contains(string(out), "Non-2xx or 3xx") {
		r.Fatalf("wrk %s: %v\n%s", url, err, out)
	}
	answers, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil || answers == 0 {
		r.Fatalf("wrk %s: %v\n%s", url, err, out)
	}
	if second, err = strconv.ParseFloat(string(m[2]), 64); err != nil {
		r.Fatal(err)
	}
	return second, float64(took.Nanoseconds()) / 1e3 / answers
}
