package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/internal/built"
)

// root is the project's root, seen from this package.
const root = "../.."

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the README's blocks of code in a language.
func blocks(t *testing.T, language string) (list []string) {
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(readme(t), -1) {
		list = append(list, m[1])
	}
	if len(list) == 0 {
		t.Fatalf("the README has no block of %s", language)
	}
	return list
}

// TestReadmeConfiguration lets the program run by the feeds.yaml that the
// README gives, word for word but for where the feeds are.
func TestReadmeConfiguration(t *testing.T) {
	list := blocks(t, "yaml")
	if len(list) != 1 {
		t.Fatalf("%d blocks of YAML, and no way to tell which is meant", len(list))
	}
	text := list[0]
	if n := strings.Count(text, "\n"); n > 12 {
		t.Errorf("the example has %d lines; ten were promised", n)
	}
	cfg, err := config.Parse("README.md", []byte(text), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plan(cfg); err != nil {
		t.Fatal(err)
	}

	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, bulletin("emission", 2))
	}))
	t.Cleanup(origin.Close)
	here := regexp.MustCompile(`https://[^/\s"]+/`).ReplaceAllString(text, origin.URL+"/")
	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), here+"defaults: {allow_private: true}\n")
	p := start(t, dir, built.Program(t), "serve", "--listen", addr)
	for _, m := range regexp.MustCompile("http://localhost:8080(/topics/[a-z.]+)[`>]").FindAllStringSubmatch(readme(t), -1) {
		await(t, 30*time.Second, "published at "+m[1], func() bool {
			body, ok := get("http://" + addr + m[1])
			return ok && bytes.Contains(body, []byte("of the emission office"))
		})
	}
	if _, err := p.Stop(); err != nil {
		t.Error(err)
	}
}

// TestReadmeCommands holds the commands of the README against those that there
// are, both ways.
func TestReadmeCommands(t *testing.T) {
	text := readme(t)
	named := regexp.MustCompile("`wireroom ([a-z][^`]*)`").FindAllStringSubmatch(text, -1)
	var lines []string
	for _, m := range named {
		lines = append(lines, m[1])
	}
	for _, block := range blocks(t, "sh") {
		for line := range strings.Lines(block) {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "go run ./cmd/wireroom"); ok {
				lines = append(lines, strings.TrimSpace(rest))
			}
		}
	}
	told := map[string]bool{}
	for _, line := range lines {
		cmd := commands(terminal{})
		cmd.InitDefaultHelpCmd()
		found, rest, err := cmd.Find(strings.Fields(line))
		if err != nil {
			t.Errorf("wireroom %s: %v", line, err)
			continue
		}
		if err := found.ParseFlags(rest); err != nil {
			t.Errorf("wireroom %s: %v", line, err)
		}
		told[found.Name()] = true
	}
	for _, cmd := range commands(terminal{}).Commands() {
		if !cmd.Hidden && !told[cmd.Name()] {
			t.Errorf("the README does not tell of wireroom %s", cmd.Name())
		}
	}
}

// TestReadmeTargets looks for what the README has make and CI do.
func TestReadmeTargets(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	ci, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	text := readme(t)
	for _, m := range regexp.MustCompile("(?m)(?:^|`)make ([a-z-]+)").FindAllStringSubmatch(text, -1) {
		if !bytes.Contains(makefile, []byte("\n"+m[1]+":")) {
			t.Errorf("there is no make %s", m[1])
		}
	}
	if test := "\ngo test ./...\n"; !strings.Contains(text, test) || !bytes.Contains(ci, []byte(test)) {
		t.Errorf("the README and .ci/run do not test by one command")
	}
	if strings.Contains(text, "docker compose up") {
		if _, err := os.Stat(filepath.Join(root, "compose.yaml")); err != nil {
			t.Error(err)
		}
	}
}

// TestReadmeLinks looks for every file that the documents link to.
func TestReadmeLinks(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(text, -1) {
			target := string(m[1])
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", filepath.Base(page), target)
			}
		}
	}
}

// TestReadmePromises looks for the test that holds each promise.
func TestReadmePromises(t *testing.T) {
	_, list, _ := strings.Cut(readme(t), "## Promises, and what holds them\n")
	list, _, _ = strings.Cut(list, "\n## ")
	promises := regexp.MustCompile(`(?m)^[0-9]+\. .*$`).FindAllString(list, -1)
	if len(promises) != 14 {
		t.Errorf("there are %d promises, not 14", len(promises))
	}
	for _, promise := range promises {
		tests := regexp.MustCompile(`\[(Test\w+)\]\(([^)]+)\)`).FindAllStringSubmatch(promise, -1)
		if len(tests) == 0 {
			t.Errorf("no test holds: %s", promise)
		}
		for _, m := range tests {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m[2])))
			if err != nil || !strings.Contains(string(text), "\nfunc "+m[1]+"(") {
				t.Errorf("%s is not in %s: %v", m[1], m[2], err)
			}
		}
	}
}
