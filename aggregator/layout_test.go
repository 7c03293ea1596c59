package aggregator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wireroom/wireroom/"

// stages are the packages that only the two short stories know. Each imports
// news, and no other package of ours.
var stages = []string{
	"aggregator/article", "aggregator/normalize", "aggregator/parse", "aggregator/poll",
	"aggregator/schedule", "aggregator/story", "aggregator/topic",
}

// mayImport says which packages of ours a package may import; a package that
// is not named may import none. The direction is downwards only.
var mayImport = map[string][]string{
	"aggregator":                 append([]string{"aggregator/news"}, stages...),
	"aggregator/article":         {"aggregator/news"},
	"aggregator/config":          {"aggregator/news"},
	"aggregator/news":            nil,
	"aggregator/normalize":       {"aggregator/news"},
	"aggregator/parse":           {"aggregator/news"},
	"aggregator/poll":            {"aggregator/news"},
	"aggregator/schedule":        {"aggregator/news"},
	"aggregator/store":           {"aggregator/news"},
	"aggregator/store/faultfs":   nil,
	"aggregator/store/storetest": {"aggregator", "aggregator/news", "aggregator/store", "output"},
	"aggregator/store/scale":     nil,
	"aggregator/story":           {"aggregator/news"},
	"aggregator/topic":           {"aggregator/news"},
	"output":                     {"aggregator/news", "output/render", "output/serve", "output/websub"},
	"output/render":              {"aggregator/news"},
	"output/render/schematest":   {"internal/beside"},
	"output/serve":               {"aggregator/news", "output/serve/plain"},
	"output/serve/plain":         nil,
	"output/websub":              {"aggregator/news"},
	"bench":                      nil, // tests only, which may import what they measure: the probe is gofeed, bluemonday and SQLite
	"cmd/wireroom":               {"*"},
	"cmd/wireroom/newsroom":      nil,
	"cmd/wireroom/trust":         {"aggregator/news"},
	"internal/built":             {"internal/beside", "internal/race"},
	"internal/race":              nil,
	"internal/beside":            nil,
	"internal/browser":           nil,
	"internal/garbage":           {"internal/hugepages"},
	"internal/hugepages":         nil,
	"internal/measured":          nil,
}

// testsOnly are the packages that no program may contain: only tests import
// them, and each other.
var testsOnly = []string{
	"aggregator/store/faultfs", "aggregator/store/scale", "aggregator/store/storetest", "bench", "cmd/wireroom/trust", "internal/beside", "internal/browser", "internal/built", "internal/race", "internal/measured", "output/render/schematest",
}

// homes says which packages, and those below them, may import a library, by
// the beginning of its path. A library that is not named here has no home yet.
var homes = map[string][]string{
	"code.dny.dev/ssrf":                     {"aggregator/poll"},
	"codeberg.org/readeck/go-readability":   {"aggregator/article"},
	"database/sql":                          {"aggregator/store"},
	"github.com/KimMachineGun/automemlimit": {"internal/garbage"},
	"github.com/PuerkitoBio/goquery":        {"aggregator/article"},
	"github.com/abadojack/whatlanggo":       {"aggregator/normalize"},
	"github.com/andybalholm/brotli":         {"aggregator/poll"},
	"github.com/andybalholm/cascadia":       {"aggregator/article", "aggregator/config"},
	"github.com/blevesearch/snowballstem":   {"aggregator/story", "aggregator/topic"},
	"github.com/chromedp/chromedp":          {"internal/browser"},
	"github.com/clipperhouse/uax29":         {"aggregator/normalize", "aggregator/story", "aggregator/topic"},
	"github.com/expr-lang/expr":             {"aggregator/topic"},
	"github.com/fsnotify/fsnotify":          {"aggregator/config", "cmd/wireroom"},
	"github.com/gogs/chardet":               {"aggregator/parse"},
	"github.com/google/go-cmp":              {"aggregator/store/storetest"},
	"github.com/google/jsonschema-go":       {"aggregator/config", "output/render/schematest"},
	"github.com/gorilla/feeds":              {"output/render"},
	"github.com/jackc/pgx":                  {"aggregator/store"},
	"github.com/klauspost/compress":         {"aggregator/poll", "aggregator/store", "output", "output/serve"},
	"github.com/kljensen/snowball":          {"aggregator/story"},
	"github.com/lmittmann/tint":             {"cmd/wireroom"},
	"github.com/microcosm-cc/bluemonday":    {"aggregator/normalize"},
	"github.com/mmcdole/gofeed":             {"aggregator/parse"},
	"github.com/pressly/goose":              {"aggregator/store"},
	"github.com/prometheus/client_golang":   {"cmd/wireroom"},
	"github.com/robfig/cron":                {"aggregator/config", "aggregator/schedule"},
	"github.com/spf13/cobra":                {"cmd/wireroom"},
	"github.com/zeebo/xxh3":                 {"aggregator/parse", "aggregator/poll", "aggregator/story", "aggregator/store"},
	"go.yaml.in/yaml":                       {"aggregator/config"},
	"golang.org/x/":                         {"*"},
	"modernc.org/libc":                      {"aggregator/store/faultfs"},
	"modernc.org/sqlite":                    {"aggregator/store"},
}

// pure are the packages that do no input or output, and outside what would
// let them.
var (
	pure = []string{
		"aggregator/article", "aggregator/news", "aggregator/normalize", "aggregator/parse",
		"aggregator/story", "aggregator/topic", "output/render",
	}
	outside = []string{"net/http", "os", "os/exec", "syscall"}
)

// A listed package is what go list says of one.
type listed struct {
	Dir          string
	ImportPath   string
	Doc          string
	Imports      []string
	GoFiles      []string
	TestGoFiles  []string
	XTestGoFiles []string
}

// name is the package's path within the module.
func (p *listed) name() string { return strings.TrimPrefix(p.ImportPath, module) }

// list lists the packages below a folder with a go.mod.
func list(tb testing.TB, dir string) []listed {
	tb.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=Dir,ImportPath,Doc,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatal(err)
	}
	var packages []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			tb.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// breaches returns what is wrong with the imports of packages, one sentence each.
func breaches(packages []listed) []string {
	var wrong []string
	for _, p := range packages {
		name := p.name()
		if p.Doc == "" {
			wrong = append(wrong, name+" has no package comment")
		}
		own, known := mayImport[name]
		if !known {
			wrong = append(wrong, name+" is not in the layout: say in mayImport what it may import")
		}
		for _, path := range p.Imports {
			if local, ok := strings.CutPrefix(path, module); ok {
				if known && !slices.Contains(own, local) && !slices.Contains(own, "*") {
					wrong = append(wrong, fmt.Sprintf("%s imports %s, against the direction", name, local))
				}
				if slices.Contains(testsOnly, local) && !slices.Contains(testsOnly, name) {
					wrong = append(wrong, fmt.Sprintf("%s imports %s, which is for tests only", name, local))
				}
				continue
			}
			if slices.Contains(pure, name) && slices.Contains(outside, path) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s, but does no input or output", name, path))
			}
			if problem := misplaced(name, path); problem != "" {
				wrong = append(wrong, problem)
			}
		}
	}
	return wrong
}

// misplaced says what is wrong with a package's import of a library; empty:
// nothing.
func misplaced(name, path string) string {
	library := ""
	for prefix := range homes {
		if strings.HasPrefix(path, prefix) {
			library = prefix
		}
	}
	host, _, _ := strings.Cut(path, "/")
	standard := !strings.Contains(host, ".")
	switch {
	case library == "" && standard:
		return ""
	case name == "aggregator/news":
		return fmt.Sprintf("%s imports %s, but is for the standard library only", name, path)
	case library == "":
		return fmt.Sprintf("%s imports %s, which has no home: name it in homes", name, path)
	case !slices.ContainsFunc(homes[library], func(home string) bool { return home == "*" || strings.HasPrefix(name+"/", home+"/") }):
		return fmt.Sprintf("%s imports %s, which is known only in %s", name, path, strings.Join(homes[library], ", "))
	}
	return ""
}

func TestLayout(t *testing.T) {
	for _, breach := range breaches(list(t, "..")) {
		t.Error(breach)
	}
}

// plant writes a module of ours with these files, and returns its folder.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module " + strings.TrimSuffix(module, "/") + "\n\ngo 1.26\n"
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestLayoutCatches plants breaches in a module and expects each to be told.
func TestLayoutCatches(t *testing.T) {
	news := "// Package news is.\npackage news\n"
	for name, test := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"clean": {
			files: map[string]string{"aggregator/parse/p.go": "// Package parse is.\npackage parse\nimport _ \"" + module + "aggregator/news\"\n"},
		},
		"sideways": {
			files: map[string]string{
				"aggregator/poll/p.go":  "// Package poll is.\npackage poll\n",
				"aggregator/parse/p.go": "// Package parse is.\npackage parse\nimport _ \"" + module + "aggregator/poll\"\n",
			},
			want: []string{"aggregator/parse imports aggregator/poll, against the direction"},
		},
		"across": {
			files: map[string]string{
				"aggregator/a.go": "// Package aggregator is.\npackage aggregator\nimport _ \"" + module + "output\"\n",
				"output/o.go":     "// Package output is.\npackage output\n",
			},
			want: []string{"aggregator imports output, against the direction"},
		},
		"store from above": {
			files: map[string]string{
				"output/o.go":           "// Package output is.\npackage output\nimport _ \"" + module + "aggregator/store\"\n",
				"aggregator/store/s.go": "// Package store is.\npackage store\nimport _ \"database/sql\"\n",
			},
			want: []string{"output imports aggregator/store, against the direction"},
		},
		"for tests only": {
			files: map[string]string{
				"cmd/wireroom/main.go": "// Wireroom is.\npackage main\nimport _ \"" + module + "internal/built\"\nfunc main() {}\n",
				"internal/built/b.go":  "// Package built is.\npackage built\nimport _ \"" + module + "internal/race\"\n",
				"internal/race/r.go":   "// Package race is.\npackage race\n",
			},
			want: []string{"cmd/wireroom imports internal/built, which is for tests only"},
		},
		"libraries": {
			files: map[string]string{
				"aggregator/news/n.go":  "// Package news is.\npackage news\nimport _ \"golang.org/x/text/cases\"\n",
				"aggregator/parse/p.go": "// Package parse is.\npackage parse\nimport (\n_ \"database/sql\"\n_ \"example.org/new\"\n_ \"github.com/mmcdole/gofeed/rss\"\n_ \"github.com/robfig/cron/v3\"\n)\n",
				"aggregator/topic/t.go": "// Package topic is.\npackage topic\nimport _ \"net/http\"\n",
			},
			want: []string{
				"aggregator/news imports golang.org/x/text/cases, but is for the standard library only",
				"aggregator/parse imports database/sql, which is known only in aggregator/store",
				"aggregator/parse imports example.org/new, which has no home: name it in homes",
				"aggregator/parse imports github.com/robfig/cron/v3, which is known only in aggregator/config, aggregator/schedule",
				"aggregator/topic imports net/http, but does no input or output",
			},
		},
		"new and without a comment": {
			files: map[string]string{"aggregator/util/u.go": "package util\nimport _ \"" + module + "aggregator/news\"\n"},
			want: []string{
				"aggregator/util has no package comment",
				"aggregator/util is not in the layout: say in mayImport what it may import",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, ok := test.files["aggregator/news/n.go"]; !ok {
				test.files["aggregator/news/n.go"] = news
			}
			got := breaches(list(t, plant(t, test.files)))
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("breaches are\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}
