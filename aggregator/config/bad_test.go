package config

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

var update = flag.Bool("update", false, "write what is expected anew: read the difference")

// Each file of testdata has one fault, which its name tells; the message beside
// it is what a user reads. There is one line a fault, and never a second for
// the same.
func TestBad(t *testing.T) {
	t.Chdir("testdata")
	files, err := filepath.Glob("*.bad.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".bad.yaml"), func(t *testing.T) {
			_, err := Load(file, env())
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("not refused as it should be: %v", err)
			}
			if len(problems) != 1 {
				t.Errorf("%d problems for one fault", len(problems))
			}
			for _, p := range problems {
				if p.File == "" || p.Message == "" || p.Mend == "" || p.Line == 0 && !strings.HasPrefix(file, "file-") && !strings.HasSuffix(p.Path, "s") {
					t.Errorf("a place or a mend is missing: %+v", p)
				}
			}
			got := filepath.ToSlash(err.Error()) + "\n"
			beside := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(beside, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(mustRead(t, beside)), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(got, "hunter2") {
				t.Errorf("a password is told: %s", got)
			}
		})
	}
}

// All faults of a file are told at once, in the order of their places.
func TestAllAtOnce(t *testing.T) {
	_, err := Parse("feeds.yaml", []byte(`tittle: x
server: {listen: 8080}
defaults: {schedule: "* * * *"}
sources:
  A: https://a.example/
  b: {url: b.example, timeout: 5}
  c: {url: "${NOPE}", tags: [x]}
topics:
  t: {from: [tag:y, d], limit: 0}
  t: {}
`), env())
	want := `feeds.yaml:1:1: unknown key "tittle"; did you mean "title"?
feeds.yaml:2:18: server.listen: "8080" has no port; write HOST:PORT or :PORT, such as :8080
feeds.yaml:3:22: defaults.schedule: "* * * *": a cron expression has five fields and this has 4; write minute hour day month weekday, such as */10 * * * *
feeds.yaml:5:3: sources.A: the name "A" cannot be part of an address; a name is 1 to 64 lower-case letters a-z, digits and hyphens, such as a
feeds.yaml:6:12: sources.b.url: the address has no scheme; begin with https:// or http://, such as https://feeds.example.org/rss.xml
feeds.yaml:6:32: sources.b.timeout: "5" is not a length of time with its unit; write for example timeout: 30s
feeds.yaml:7:12: sources.c.url: the environment variable NOPE is not set; set it, or write ${NOPE:-something} to say what holds without it
feeds.yaml:9:21: topics.t.from.1: there is no source "d"; add it under sources, or name one that is there
feeds.yaml:9:32: topics.t.limit: 0 is too small; the least is 1
feeds.yaml:10:3: topics: the key "t" stands here twice, first in line 9; keep one of them`
	if err == nil {
		t.Fatal("accepted")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Files that were made to do harm end in an error, quickly and in little memory.
func TestHostileConfig(t *testing.T) {
	dir := beside.Path(t, "corpora", "security", "hostile-feeds")
	files, err := filepath.Glob(filepath.Join(dir, "cfg-*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	hostile := map[string][]byte{
		"bomb":    []byte("a: &a [x,x,x,x,x,x,x,x,x,x]\n" + strings.Repeat("b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n", 9)),
		"itself":  []byte("sources: &s {a: *s}\ntopics: {all: {from: &f [*f]}}\n"),
		"nested":  []byte(strings.Repeat("{a: ", 50_000)),
		"indents": deepBlock(2000),
		"keys":    []byte(strings.Repeat("? ", 50_000)),
		"long":    append([]byte("title: "), bytes.Repeat([]byte("a"), 1<<20)...),
		"lines":   bytes.Repeat([]byte("x\n"), 1<<18),
		"faults":  append([]byte("sources:\n"), manyFaults(3000)...),
	}
	for _, file := range files {
		hostile[filepath.Base(file)] = mustRead(t, file)
	}
	for name, data := range hostile {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var err error
			took := spent(t, func() { _, err = Parse(name, data, env()) })
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatal("accepted")
			}
			if took > time.Second {
				t.Errorf("took %s", took)
			}
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 64 {
				t.Errorf("took %d MB", mb)
			}
			var problems Problems
			if !errors.As(err, &problems) || len(problems) == 0 || problems[0].File != name {
				t.Errorf("the file is not named: %v", err)
			}
		})
	}
}

// spent returns the processor time that a call takes.
func spent(t *testing.T, call func()) time.Duration {
	t.Helper()
	before := race.Spent(t)
	call()
	return race.Spent(t) - before
}

// deepBlock nests mappings by indentation.
func deepBlock(depth int) []byte {
	var b bytes.Buffer
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.Bytes()
}

// manyFaults has a fault in each line.
func manyFaults(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		b.WriteString("  A" + strings.Repeat("a", i%60) + ": {urll: x, tgas: [], shedule: y}\n")
	}
	return b.Bytes()
}
