package aggregator_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The limits of the house, in lines.
const (
	maxFile     = 500
	maxFunction = 80
)

// dialers may make what opens a connection: poll has the one guarded client,
// store speaks to its database, and the program asks itself whether it is
// well. All others are handed a client.
var dialers = []string{"aggregator/poll/", "aggregator/store/", "cmd/wireroom/healthcheck.go"}

// dialing are the names by which code opens connections of its own; those in
// literals only where a value is made, for a pointer to one may be handed on.
var (
	dialing = map[string][]string{
		"crypto/tls":                          {"Dial", "DialWithDialer"},
		"net":                                 {"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix"},
		"net/http":                            {"DefaultClient", "DefaultTransport", "Get", "Head", "Post", "PostForm"},
		"net/smtp":                            {"Dial", "SendMail"},
		"codeberg.org/readeck/go-readability": {"FromURL"},
	}
	literals = map[string][]string{
		"crypto/tls": {"Dialer"},
		"net":        {"Dialer", "Resolver"},
		"net/http":   {"Client", "Transport"},
	}
)

// house returns what is wrong with the source of a package, one sentence each.
// Tests may dial and need not document.
func house(p listed) ([]string, error) {
	var wrong []string
	for _, file := range slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles) {
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		at := func(pos token.Pos) string { return fmt.Sprintf("%s/%s:%d", p.name(), file, fset.Position(pos).Line) }
		if n := fset.File(tree.Pos()).LineCount(); n > maxFile {
			wrong = append(wrong, fmt.Sprintf("%s/%s has %d lines, at most %d", p.name(), file, n, maxFile))
		}
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
				if n := span(fset, f); n > maxFunction && !isTable(fset, f) {
					wrong = append(wrong, fmt.Sprintf("%s: %s has %d lines, at most %d", at(f.Pos()), f.Name.Name, n, maxFunction))
				}
			}
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, d := range tree.Decls {
			for _, name := range undocumented(d) {
				wrong = append(wrong, fmt.Sprintf("%s: %s has no comment", at(d.Pos()), name))
			}
		}
		mayDial := func(path string) bool { return strings.HasPrefix(p.name()+"/"+file, path) }
		if !slices.ContainsFunc(dialers, mayDial) {
			for pos, name := range dials(tree) {
				wrong = append(wrong, fmt.Sprintf("%s: %s opens connections past the one guarded client", at(pos), name))
			}
		}
	}
	return wrong, nil
}

func span(fset *token.FileSet, n ast.Node) int {
	return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1
}

// isTable reports whether a function is little more than one switch or one
// table of values.
func isTable(fset *token.FileSet, f *ast.FuncDecl) bool {
	longest := 0
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.CompositeLit:
			longest = max(longest, span(fset, n))
		}
		return true
	})
	return span(fset, f)-longest <= maxFunction/2
}

// undocumented returns the exported names of a declaration without a comment.
func undocumented(d ast.Decl) []string {
	var names []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d))) {
			names = append(names, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if d.Doc == nil && s.Doc == nil && s.Name.IsExported() {
					names = append(names, s.Name.Name)
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if d.Doc == nil && s.Doc == nil && s.Comment == nil && name.IsExported() {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

// receiver is the name of a method's type.
func receiver(f *ast.FuncDecl) string {
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// dials returns where a file opens connections of its own, and by which name.
func dials(tree *ast.File) map[token.Pos]string {
	packages := map[string]string{} // local name → path
	for _, spec := range tree.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		local := strings.TrimPrefix(path[strings.LastIndex(path, "/")+1:], "go-")
		if spec.Name != nil {
			local = spec.Name.Name
		}
		packages[local] = path
	}
	found, pointed := map[token.Pos]string{}, map[token.Pos]bool{}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StarExpr:
			pointed[n.X.Pos()] = true
		case *ast.SelectorExpr:
			local, ok := n.X.(*ast.Ident)
			if !ok {
				return true
			}
			path, name := packages[local.Name], n.Sel.Name
			if slices.Contains(dialing[path], name) || slices.Contains(literals[path], name) && !pointed[n.Pos()] {
				found[n.Pos()] = local.Name + "." + name
			}
		}
		return true
	})
	return found
}

func TestHouse(t *testing.T) {
	for _, p := range list(t, "..") {
		wrong, err := house(p)
		if err != nil {
			t.Error(err)
		}
		for _, w := range wrong {
			t.Error(w)
		}
	}
}

// TestHouseCatches plants what the house does not allow.
func TestHouseCatches(t *testing.T) {
	long := strings.Repeat("\tx++\n", maxFunction)
	dir := plant(t, map[string]string{
		"output/serve/a.go": `// Package serve is.
package serve

import (
	"net"
	web "net/http"
)

type Thing struct{ client *web.Client }

func (Thing) Do() {}

func (thing) Do() {}

type thing struct{}

const Answer = 42

// Fetch fetches.
func Fetch() {
	_ = &web.Client{}
	_, _ = web.Get("")
	_, _ = net.Listen("", "")
	var d net.Dialer
	_ = d
}
`,
		"output/serve/long.go":  "package serve\n\nfunc long(x int) {\n" + long + "}\n",
		"output/serve/tall.go":  "package serve\n" + strings.Repeat("\n", maxFile),
		"output/serve/table.go": "package serve\n\nfunc table(x int) {\n\tswitch x {\n" + strings.Repeat("\tcase 1:\n", maxFunction) + "\t}\n}\n",
	})
	got := map[string]bool{}
	for _, p := range list(t, dir) {
		wrong, err := house(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wrong {
			got[w] = true
		}
	}
	want := []string{
		"output/serve/a.go:11: Do has no comment",
		"output/serve/a.go:17: Answer has no comment",
		"output/serve/a.go:21: web.Client opens connections past the one guarded client",
		"output/serve/a.go:22: web.Get opens connections past the one guarded client",
		"output/serve/a.go:24: net.Dialer opens connections past the one guarded client",
		"output/serve/a.go:9: Thing has no comment",
		"output/serve/long.go:3: long has 82 lines, at most 80",
		"output/serve/tall.go has 501 lines, at most 500",
	}
	if sorted := slices.Sorted(maps.Keys(got)); !slices.Equal(sorted, want) {
		t.Errorf("found\n%s\nnot\n%s", strings.Join(sorted, "\n"), strings.Join(want, "\n"))
	}
}
