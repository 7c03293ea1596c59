package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
	"github.com/wireroom/wireroom/internal/race"
)

// read returns a file of the project.
func read(t *testing.T, elem ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestImageHasItsSources: what .dockerignore lets into the build of the image is
// all that the program is made of.
func TestImageHasItsSources(t *testing.T) {
	tracked, err := exec.Command(installed(t, "git"), "-C", root, "ls-files").Output()
	if err != nil {
		t.Skip("this is no clone")
	}
	dir := t.TempDir()
	for name := range strings.Lines(string(tracked)) {
		name = strings.TrimSpace(name)
		let := false
		for rule := range strings.Lines(read(t, ".dockerignore")) {
			rule, in := strings.CutPrefix(strings.TrimSpace(rule), "!")
			parts := strings.Split(name, "/")
			if anywhere, ok := strings.CutPrefix(rule, "**/"); ok {
				rule = anywhere
			} else {
				parts = parts[:1]
			}
			if slices.ContainsFunc(parts, func(part string) bool { ok, _ := filepath.Match(rule, part); return ok }) {
				let = in
			}
		}
		if let {
			write(t, filepath.Join(dir, name), read(t, filepath.FromSlash(name)))
		}
	}
	list := exec.Command("go", "list", "-deps", "./cmd/wireroom")
	list.Dir = dir
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("the image cannot be built: %v\n%s", err, out)
	}
}

// scraped runs a wireroom over a good source and a bad one, until it has
// something to tell of everything, and returns its second listener.
func scraped(t *testing.T) (admin string) {
	t.Helper()
	origin := harbour(t)
	dir, addr, admin := t.TempDir(), built.FreeAddress(t), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q, admin: %q}\nstore: wireroom.db\npolling: {host_gap: 0s}\n"+
		"defaults: {allow_private: true, schedule: \"@every 1s\", min_interval: 1s}\nsources:\n  harbour: %s/harbour\n  nowhere: %s/nowhere\ntopics:\n  all: {}\n",
		addr, admin, origin.URL, origin.URL))
	start(t, dir, built.Program(t))
	await(t, time.Minute, "a topic in the metrics", func() bool {
		get("http://" + addr + "/topics/all.atom")
		scrape, _ := get("http://" + admin + "/metrics")
		return strings.Contains(string(scrape), `wireroom_topic_last_change_timestamp_seconds{topic="all"} 1`) &&
			strings.Contains(string(scrape), "wireroom_http_requests_total{") && strings.Contains(string(scrape), `wireroom_items_filed_total{kind="new"} 3`)
	})
	return admin
}

// dashboard returns what the panels of the Grafana dashboard ask, by their
// titles, and what else it asks under "".
func dashboard(t *testing.T) map[string][]string {
	t.Helper()
	type target struct{ Expr string }
	var board struct {
		Panels []struct {
			Title      string
			Datasource struct{ UID string }
			Targets    []target
		}
		Annotations struct{ List []target }
	}
	if err := json.Unmarshal([]byte(read(t, "deploy", "grafana", "wireroom.json")), &board); err != nil {
		t.Fatal(err)
	}
	asked := map[string][]string{}
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			asked[p.Title] = append(asked[p.Title], q.Expr)
		}
		if len(asked[p.Title]) == 0 || p.Datasource.UID != "${datasource}" {
			t.Errorf("the panel %q asks nothing, or not the data source that was chosen", p.Title)
		}
	}
	for _, q := range board.Annotations.List {
		asked[""] = append(asked[""], q.Expr)
	}
	if len(asked) < 10 {
		t.Fatalf("the dashboard has %d panels", len(asked))
	}
	return asked
}

var metricName = regexp.MustCompile(`\b(?:wireroom|process|go)_[a-z0-9_]+`)

// TestDeployNames looks for every metric that the dashboard, the alerts and the
// documents name among those of a running wireroom, and for every one of those
// in the documents.
func TestDeployNames(t *testing.T) {
	t.Parallel()
	operating := read(t, "docs", "operating.md")
	said := operating + read(t, "deploy", "prometheus", "alerts.yaml") + strings.Join(slices.Concat(slices.Collect(maps.Values(dashboard(t)))...), "\n")
	named := slices.Compact(slices.Sorted(slices.Values(metricName.FindAllString(said, -1))))
	admin := scraped(t)
	// A metric is there when there was something to count: each at its time.
	there := map[string]bool{}
	for _, name := range named {
		await(t, 10*time.Second, name+", which is named, a metric of wireroom", func() bool {
			scrape, _ := get("http://" + admin + "/metrics")
			for line := range strings.Lines(string(scrape)) {
				if !strings.HasPrefix(line, "#") {
					there[metricName.FindString(line)] = true
				}
			}
			return there[name] || there[name+"_bucket"]
		})
	}
	told := map[string]bool{}
	for _, name := range metricName.FindAllString(operating, -1) {
		told[name] = true
	}
	for name := range there {
		base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if strings.HasPrefix(name, "wireroom_") && !told[name] && !told[base] {
			t.Errorf("docs/operating.md does not tell of %s", name)
		}
	}
}

// TestDeployAlerts has promtool judge the alerts, and play the cases in which
// each one is to fire, or not.
func TestDeployAlerts(t *testing.T) {
	if race.Enabled {
		t.Skip("nothing of ours runs in it")
	}
	t.Parallel()
	promtool := installed(t, "promtool")
	dir := filepath.Join(root, "deploy", "prometheus")
	for _, args := range [][]string{
		{"check", "rules", "--lint-fatal", "alerts.yaml"}, {"test", "rules", "alerts_test.yaml"}, {"check", "config", "prometheus.yaml"},
	} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	played := read(t, "deploy", "prometheus", "alerts_test.yaml")
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(read(t, "deploy", "prometheus", "alerts.yaml"), -1) {
		if !strings.Contains(played, `"`+m[1]+`"`) && !strings.Contains(played, "alertname: "+m[1]+"\n") {
			t.Errorf("no case shows %s firing", m[1])
		}
	}
}

// TestDeployPrometheus lets Prometheus watch a wireroom, with the alerts, and
// asks it what the dashboard asks: each panel has something to show.
func TestDeployPrometheus(t *testing.T) {
	t.Parallel()
	prometheus := installed(t, "prometheus")
	admin, dir, addr := scraped(t), t.TempDir(), built.FreeAddress(t)
	rules, err := filepath.Abs(filepath.Join(root, "deploy", "prometheus", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "prometheus.yml"), fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\n"+
		"scrape_configs: [{job_name: wireroom, static_configs: [{targets: [%q]}]}]\n", rules, admin))
	start(t, dir, prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.listen-address="+addr)

	ask := func(query string) (rows int, problem string) {
		// Quantiles are NaN while nothing was polled; every second is enough here.
		query = strings.NewReplacer("$job", ".*", "$__rate_interval", "15s").Replace(query)
		resp, err := http.Get("http://" + addr + "/api/v1/query?query=" + url.QueryEscape(query))
		if err != nil {
			return 0, err.Error()
		}
		defer resp.Body.Close()
		var answer struct {
			Error string
			Data  struct{ Result []json.RawMessage }
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			return 0, err.Error()
		}
		return len(answer.Data.Result), answer.Error
	}
	await(t, time.Minute, "some scrapes", func() bool {
		rows, _ := ask("rate(wireroom_polls_total[15s]) > 0")
		return rows > 0
	})
	for title, list := range dashboard(t) {
		for _, query := range list {
			// A scrape that comes too late leaves a gap, until there are two others.
			await(t, 30*time.Second, fmt.Sprintf("something in panel %q: %s", title, query), func() bool {
				rows, problem := ask(query)
				return problem == "" && (rows > 0 || title == "")
			})
		}
	}
	type rule struct{ Health string }
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []rule
			}
		}
	}
	await(t, time.Minute, "all rules evaluated well", func() bool {
		body, ok := get("http://" + addr + "/api/v1/rules")
		return ok && json.Unmarshal(body, &answer) == nil && len(answer.Data.Groups) == 1 &&
			!slices.ContainsFunc(answer.Data.Groups[0].Rules, func(r rule) bool { return r.Health != "ok" })
	})
}
