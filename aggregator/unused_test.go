package aggregator_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A naming is where an exported name of a package is declared.
type naming struct {
	pkg, name, at string
	method        bool
}

// unused returns the exported names that nothing but their own declaration and
// the tests beside them mentions, one sentence each. Names are compared as
// words: what shares its name with something that is used is not found.
func unused(packages []listed) ([]string, error) {
	var declared []naming
	used := map[string]map[string]int{} // name → package, "" for tests elsewhere → mentions
	mention := func(name, by string) {
		if used[name] == nil {
			used[name] = map[string]int{}
		}
		used[name][by]++
	}
	for _, p := range packages {
		for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
			fset := token.NewFileSet()
			tree, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			isTest := strings.HasSuffix(file, "_test.go") || slices.Contains(forTests, p.name())
			own := map[*ast.Ident]bool{}
			if !isTest {
				for _, n := range exported(tree) {
					own[n.ident] = true
					declared = append(declared, naming{p.name(), n.ident.Name, fmt.Sprintf("%s/%s:%d", p.name(), file, fset.Position(n.ident.Pos()).Line), n.method})
				}
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && id.IsExported() && !own[id] {
					if isTest {
						mention(id.Name, "test of "+p.name())
					} else {
						mention(id.Name, p.name())
					}
				}
				return true
			})
		}
	}
	var wrong []string
	for _, d := range declared {
		by := used[d.name]
		delete(by, "test of "+d.pkg)
		if len(by) == 0 && !(d.method && slices.Contains(byLibraries, d.name)) {
			wrong = append(wrong, fmt.Sprintf("%s: nothing uses %s", d.at, d.name))
		}
	}
	return wrong, nil
}

// forTests are the packages that only tests use.
var forTests = []string{"aggregator/store/faultfs", "aggregator/store/storetest", "bench", "cmd/wireroom/trust"}

// byLibraries are methods that other people's code calls by an interface.
var byLibraries = []string{"Collect", "Describe", "Error", "Format", "Is", "LogValue", "MarshalJSON", "MarshalText", "MarshalXML", "MarshalYAML",
	"Read", "Scan", "ServeHTTP", "String", "TextValue", "UnmarshalJSON", "UnmarshalText", "UnmarshalYAML", "Unwrap", "Visit", "Write", "WriteHeader",
	"Accept", "Addr", "Close", "Len", "Less", "Swap", "Enabled", "Handle", "WithAttrs", "WithGroup"}

type exportedName struct {
	ident  *ast.Ident
	method bool
}

// exported returns the exported names that a file declares for its package.
func exported(tree *ast.File) []exportedName {
	var names []exportedName
	add := func(id *ast.Ident, method bool) {
		if id.IsExported() {
			names = append(names, exportedName{id, method})
		}
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			add(d.Name, d.Recv != nil)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					add(s.Name, false)
				case *ast.ValueSpec:
					if d.Tok == token.CONST && d.Lparen.IsValid() {
						continue // one of the values that something may have
					}
					for _, id := range s.Names {
						add(id, false)
					}
				}
			}
		}
	}
	return names
}

func TestHouseNothingUnused(t *testing.T) {
	wrong, err := unused(list(t, ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}

func TestHouseNothingUnusedCatches(t *testing.T) {
	dir := plant(t, map[string]string{
		"aggregator/news/n.go":      "// Package news is.\npackage news\n\n// Used is.\nfunc Used() {}\n\n// Tested is.\nfunc Tested() {}\n\n// T is.\ntype T struct{}\n\n// Lost is.\nfunc (T) Lost() {}\n\n// String is.\nfunc (T) String() string { return \"\" }\n",
		"aggregator/news/n_test.go": "package news\n\nfunc init() { Tested() }\n",
		"cmd/wireroom/m.go":         "// Command wireroom is.\npackage main\n\nimport \"" + module + "aggregator/news\"\n\nfunc main() { news.Used(); _ = news.T{} }\n",
	})
	got, err := unused(list(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"aggregator/news/n.go:8: nothing uses Tested", "aggregator/news/n.go:14: nothing uses Lost"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, not %q", got, want)
	}
}

// TestHouseTour holds the tour of the program against the tree: every package
// has its line, and every line its package.
func TestHouseTour(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	tour := regexp.MustCompile(`\n// *`).ReplaceAllString(string(text), " ")
	for _, m := range regexp.MustCompile(`[Pp]ackage \[?(?:`+module+`)?([a-z/]+)\]?|Command ([a-z/]+)`).FindAllStringSubmatch(tour, -1) {
		told[m[1]+m[2]] = true
	}
	for _, p := range list(t, "..") {
		names := []string{p.name(), strings.TrimPrefix(p.name(), "aggregator/"), strings.TrimPrefix(p.name(), "output/")}
		if !slices.ContainsFunc(names, func(name string) bool { return told[name] }) {
			t.Errorf("aggregator/doc.go has no line for %s", p.name())
		}
		for _, name := range names {
			delete(told, name)
		}
	}
	for name := range told {
		t.Errorf("aggregator/doc.go tells of package %s, which is not there", name)
	}
}
