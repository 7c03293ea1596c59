package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/config"
)

// TestFlaws is TestBad of package config for what the rules of topics hold:
// each file has one fault, which its name tells, and the message beside it is
// what a user reads.
func TestFlaws(t *testing.T) {
	t.Chdir(filepath.Join("testdata", "rules"))
	files, err := filepath.Glob("*.bad.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		_, err := load(file, nil, nil)
		var problems config.Problems
		if !errors.As(err, &problems) || len(problems) != 1 {
			t.Errorf("%s: not one problem: %v", file, err)
			continue
		}
		got := problems.Error() + "\n"
		beside := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(beside, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, _ := os.ReadFile(beside)
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

// A program that cannot start for its configuration says so by its exit code,
// so that the service is not started over and over.
func TestFaultyConfigExitCode(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(path, []byte("sources: {a: https://a.example/}\ntopics: {all: {limit: ten}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	right := filepath.Join(dir, "right.yaml")
	if err := os.WriteFile(right, []byte("sources: {a: https://a.example/}\ntopics: {all: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	uncertified := filepath.Join(dir, "uncertified.yaml")
	if err := os.WriteFile(uncertified, []byte("server: {listen: \"127.0.0.1:0\", tls: {cert: none.pem, key: none.key}}\nsources: {a: https://a.example/}\ntopics: {all: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		said string
	}{
		{[]string{"serve", "--config", uncertified}, exitConfig, "none.pem: no such file"},
		{[]string{"serve", "--config", path}, exitConfig, ":2:23: topics.all.limit"},
		{[]string{"once", "--config", path}, exitConfig, "1 problem; nothing was started or changed"},
		{[]string{"serve", "--config", dir}, exitConfig, "is a directory"},
		{[]string{"check", "--config", path}, exitFailed, "1 problem in "},
		// A database may not have started yet, where a host starts; another store is
		// none ever.
		{[]string{"once", "--config", right, "--store", "postgres://127.0.0.1:1/none"}, exitFailed, "connection refused"},
		{[]string{"once", "--config", right, "--store", dir}, exitConfig, "is a folder"},
	} {
		var out, errOut strings.Builder
		if code := run(t.Context(), c.args, nil, &out, &errOut); code != c.code || !strings.Contains(errOut.String(), c.said) {
			t.Errorf("%v: exit code %d, not %d, or no %q in %s", c.args, code, c.code, c.said, errOut.String())
		}
	}
}

// TestManyMisspelt checks files in which hundreds of words are wrong: all are told of,
// and of the first it is told what was meant. It is not looked for among all there are
// for each, which takes minutes where there are thousands.
func TestManyMisspelt(t *testing.T) {
	const n = 400
	var sources, selectors, topics strings.Builder
	for i := range n {
		fmt.Fprintf(&sources, "  harbour-%d: {url: \"https://harbour-%[1]d.example/feed\", tags: [quay-%[1]d]}\n", i)
		fmt.Fprintf(&selectors, "harbuor-%d, ", i)
		fmt.Fprintf(&topics, "  t%03d: {where: '\"qauy-%[1]d\" in tags'}\n", i)
	}
	for name, rest := range map[string]string{
		"selectors":   "topics: {all: {from: [" + selectors.String() + "]}}\n",
		"expressions": "topics:\n" + topics.String(),
	} {
		path := filepath.Join(t.TempDir(), "feeds.yaml")
		write(t, path, "sources:\n"+sources.String()+rest)
		_, err := load(path, nil, nil)
		var problems config.Problems
		if !errors.As(err, &problems) || len(problems) != n {
			t.Fatalf("%s: not %d problems: %v", name, n, err)
		}
		guessed := 0
		for i, p := range problems.Sorted() {
			if guess := strings.HasPrefix(p.Mend, "did you mean"); guess != (i < 100) {
				t.Errorf("%s: of word %d: %v", name, i, p)
			} else if guess {
				guessed++
			}
		}
		if guessed != 100 {
			t.Errorf("%s: of %d words it is told what was meant", name, guessed)
		}
	}
}
