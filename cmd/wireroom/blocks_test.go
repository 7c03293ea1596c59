package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/internal/built"
)

// A block is one block of code in a document.
type block struct{ file, language, text string }

// documented returns the blocks of code of the README, of CONTRIBUTING.md and
// of docs, in their order.
func documented(t *testing.T) []block {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	for _, page := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile("(?ms)^```([a-z][^\n]*)\n(.*?)^```").FindAllSubmatch(text, -1) {
			all = append(all, block{filepath.Base(page), string(m[1]), string(m[2])})
		}
	}
	return all
}

// TestDocumentedYAML loads every block of YAML in the documents: as a
// feeds.yaml, completed by a source and a topic where it is a part of one, or as
// a file of the program that its first line names.
func TestDocumentedYAML(t *testing.T) {
	environment := func(string) (string, bool) { return "a-secret-of-some-length", true }
	files := map[string]string{} // what the documents have as files of other programs
	for _, b := range documented(t) {
		kind, rest, _ := strings.Cut(b.language, " ")
		switch {
		case kind != "yaml":
			continue
		case rest == "traefik":
			var file struct {
				HTTP struct {
					Routers  map[string]struct{ Rule, Service string }
					Services map[string]struct {
						LoadBalancer struct {
							Servers     []struct{ URL string }
							HealthCheck struct{ Path string } `yaml:"healthCheck"`
						} `yaml:"loadBalancer"`
					}
				} `yaml:"http"`
			}
			if err := yaml.Unmarshal([]byte(b.text), &file); err != nil {
				t.Errorf("%s: %v", b.file, err)
			}
			router := file.HTTP.Routers["wireroom"]
			if servers := file.HTTP.Services[router.Service].LoadBalancer.Servers; len(servers) != 1 || servers[0].URL != "http://127.0.0.1:8080" {
				t.Errorf("%s: the router of Traefik leads to %v", b.file, servers)
			}
			// What is served though the store is away or no source was polled yet is not
			// to be kept from readers.
			if path := file.HTTP.Services[router.Service].LoadBalancer.HealthCheck.Path; path != "/" {
				t.Errorf("%s: Traefik turns readers away when %s is not well", b.file, path)
			}
			files[rest] = b.text
			continue
		case rest != "" && rest != "feeds.yaml":
			var any any
			if err := yaml.Unmarshal([]byte(b.text), &any); err != nil {
				t.Errorf("%s, %s: %v", b.file, rest, err)
			}
			continue
		}
		text := b.text
		if alternatives := regexp.MustCompile(`(?m)^where: .*\n`); alternatives.ReplaceAllString(text, "") == "" {
			text = "topics:\n" // each line is a rule of its own
			for i, line := range alternatives.FindAllString(b.text, -1) {
				text += fmt.Sprintf("  rule-%d:\n    %s", i, line)
			}
		}
		for key, rest := range map[string]string{"sources": "{one: https://one.example/feed}", "topics": "{one: {title: One}}"} {
			if !regexp.MustCompile("(?m)^" + key + ":").MatchString(text) {
				text += key + ": " + rest + "\n"
			}
		}
		cfg, err := config.Parse(b.file, []byte(regexp.MustCompile(`tag:[^\],"]+`).ReplaceAllString(text, "one")), environment)
		if err == nil {
			_, err = plan(cfg)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", b.file, err, text)
		}
	}
}

// TestDocumentedCommits looks for every commit that the documents show.
func TestDocumentedCommits(t *testing.T) {
	git := installed(t, "git")
	if out, err := exec.Command(git, "rev-parse", "--is-shallow-repository").Output(); err != nil || strings.TrimSpace(string(out)) != "false" {
		t.Skip("this is no whole clone")
	}
	n := 0
	for _, b := range documented(t) {
		for _, m := range regexp.MustCompile(`git show ([0-9a-f]+)`).FindAllStringSubmatch(b.text, -1) {
			n++
			if err := exec.Command(git, "merge-base", "--is-ancestor", m[1], "HEAD").Run(); err != nil {
				t.Errorf("%s: %s is no commit of this history", b.file, m[1])
			}
		}
	}
	if n < 4 {
		t.Errorf("the documents show %d commits", n)
	}
}

// elsewhere are the commands in the documents that are not ours to run: those
// of the system, and those that other tests run.
var elsewhere = []string{"cat", "cd", "cp", "curl", "docker", "editor", "git", "go", "grep", "install", "jq", "make", "man", "mv",
	"pg_dump", "pg_restore", "podman", "psql", "createdb", "sha256sum", "source", "sudo", "systemctl", "systemd-analyze", "tar", "zcat"}

// TestDocumentedCommands holds every command in the documents against those
// that there are.
func TestDocumentedCommands(t *testing.T) {
	makefile := read(t, "Makefile")
	for _, b := range documented(t) {
		if b.language != "sh" {
			continue
		}
		text := regexp.MustCompile(`'[^']*'|"[^"]*"`).ReplaceAllString(strings.ReplaceAll(b.text, "\\\n", " "), "x")
		for _, line := range regexp.MustCompile(`\n|&&|;|\|`).Split(text, -1) {
			line, _, _ = strings.Cut(line, " #")
			line, _, _ = strings.Cut(line, ">")
			line, _, _ = strings.Cut(line, " < ")
			words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "sudo "))
			for len(words) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(words[0]) {
				words = words[1:]
			}
			if len(words) == 0 || strings.HasPrefix(words[0], "#") {
				continue
			}
			if words[0] == "go" && slices.Contains(words, "./cmd/wireroom") && words[1] == "run" {
				words = words[slices.Index(words, "./cmd/wireroom"):]
				words[0] = "wireroom"
			}
			switch command := strings.TrimPrefix(words[0], "./"); {
			case command == "make" && !strings.Contains(makefile, "\n"+words[1]+":"):
				t.Errorf("%s: there is no make %s", b.file, words[1])
			case command == "wireroom":
				cmd := commands(terminal{})
				cmd.InitDefaultHelpCmd()
				cmd.InitDefaultCompletionCmd(words[1:]...)
				found, rest, err := cmd.Find(words[1:])
				if err == nil {
					err = found.ParseFlags(rest)
				}
				if err != nil {
					t.Errorf("%s: %s: %v", b.file, strings.Join(words, " "), err)
				}
			case !slices.Contains(elsewhere, command) && !strings.HasPrefix(command, ".ci/"):
				t.Errorf("%s: %q is a command that no test knows", b.file, command)
			}
		}
	}
}

// TestDocumentedSession does what docs/getting-started.md says, line by line,
// in an empty folder and with the two sites that it names.
func TestDocumentedSession(t *testing.T) {
	t.Parallel()
	sites := map[string][]dispatch{
		"gannet":   {{title: "Ferry aground off Skarholm", text: aground}, {title: "Bees on the roof", text: bees}},
		"skarholm": {{title: "Lady Annis waits for the tide", text: aground}},
	}
	newest := map[string]time.Time{"gannet": time.Now().Add(-time.Minute), "skarholm": time.Now()}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site, file, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if items, ok := sites[site]; ok && file == "" {
			fmt.Fprintf(w, "<html><head><title>%s</title><link rel=alternate type='application/rss+xml' href='/%s/feed.xml'></head></html>", site, site)
		} else if ok {
			fmt.Fprint(w, strings.ReplaceAll(feedOf(site, items, newest[site]), "https://gannet.example/0", "https://gannet.example.org/ferry"))
		} else {
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(origin.Close)
	addr, dir, bin := built.FreeAddress(t), t.TempDir(), built.Program(t)
	here := func(text string) string {
		text = regexp.MustCompile(`https://([a-z]+)\.example\.org/(feed.xml|\s|")`).ReplaceAllString(text, origin.URL+"/$1/$2")
		return strings.ReplaceAll(strings.ReplaceAll(text, "http://localhost:8080", "http://"+addr), "wireroom add ", "wireroom add --allow-private ")
	}
	outputs := map[string]string{}
	ran := 0
	for _, b := range documented(t) {
		if b.file != "getting-started.md" {
			continue
		}
		if b.language == "yaml feeds.yaml" {
			write(t, filepath.Join(dir, "feeds.yaml"), here(b.text)+"defaults: {allow_private: true}\npolling: {host_gap: 0s}\n")
			await(t, time.Minute, "the topic that was added", func() bool {
				body, ok := get("http://" + addr + "/topics/ferries.json")
				return ok && bytes.Contains(body, []byte("Ferry aground"))
			})
		}
		if b.language != "sh" {
			continue
		}
		for line := range strings.Lines(b.text) {
			switch line = strings.TrimSpace(line); {
			case strings.HasPrefix(line, "make "):
			case line == "wireroom":
				start(t, dir, bin, "serve", "--listen", addr)
				await(t, time.Minute, "both outlets in the feed", func() bool {
					body, ok := get("http://" + addr + "/topics/all.rss")
					return ok && bytes.Contains(body, []byte("Bees on the roof")) && bytes.Contains(body, []byte("Lady Annis waits"))
				})
			default:
				cmd := exec.Command("sh", "-c", here(line+"\n"))
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+filepath.Dir(bin)+":"+os.Getenv("PATH"))
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("%s: %v\n%s", line, err, out)
				}
				outputs[line] = string(out)
			}
			ran++
		}
	}
	for line, want := range map[string]string{
		"wireroom add https://gannet.example.org/": "Bees on the roof",
		"wireroom check": "2 sources",
		"curl -s http://localhost:8080/topics/all.rss":      "Bees on the roof",
		"wireroom top --once":                               "2 sources: 2 well",
		"wireroom preview ferries":                          "ferries: 1 story",
		"curl -s http://localhost:8080/topics/ferries.json": "Lady Annis waits for the tide",
		"wireroom explain https://gannet.example.org/ferry": "Lady Annis waits for the tide",
	} {
		if !strings.Contains(outputs[line], want) {
			t.Errorf("%s says nothing of %q:\n%s", line, want, outputs[line])
		}
	}
	if ran < 8 {
		t.Errorf("only %d lines", ran)
	}
}

// TestMovingLists imports what other readers export, as docs/moving.md says.
func TestMovingLists(t *testing.T) {
	for name, want := range map[string][]string{
		"miniflux": {"3 feeds in the list: 3 new", "", "gannet.example/feed.xml\n    title: The Gannet\n    tags: [harbour towns]"},
		"freshrss": {"3 feeds in the list: 2 new", "HTML+XPath", "tidewell.example/feed.json"},
		"tt-rss":   {"2 feeds in the list: 2 new", "", "tidewell.example/rss"},
	} {
		var out, errOut bytes.Buffer
		path := filepath.Join(t.TempDir(), "feeds.yaml")
		if code := run(t.Context(), []string{"import", "--config", path, filepath.Join("testdata", "moving", name+".opml")}, nil, &out, &errOut); code != exitOK {
			t.Fatalf("%s: exit code %d, %s", name, code, &errOut)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want[0]) || !strings.Contains(errOut.String(), want[1]) || !strings.Contains(string(text), want[2]) {
			t.Errorf("%s: %s%s\n%s", name, &out, &errOut, text)
		}
		if _, err := load(path, nil, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
