package aggregator_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// engines names the kinds of stores. Outside of the store they are words in
// sentences for people, and nothing that the program decides by.
var engines = []string{"sqlite", "postgres", "pgx"}

// knowing returns where a package knows which kind of store is in use: in a
// name, or in a text that is no sentence.
func knowing(p listed) ([]string, error) {
	var wrong []string
	for _, file := range p.GoFiles {
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			text := ""
			switch n := n.(type) {
			case *ast.Ident:
				text = n.Name
			case *ast.BasicLit:
				if n.Kind == token.STRING && !strings.Contains(n.Value, " ") {
					text = n.Value
				}
			}
			if slices.ContainsFunc(engines, func(engine string) bool { return strings.Contains(strings.ToLower(text), engine) }) {
				wrong = append(wrong, fmt.Sprintf("%s/%s:%d: %s", p.name(), file, fset.Position(n.Pos()).Line, text))
			}
			return true
		})
	}
	return wrong, nil
}

// TestLayoutOfStores shows that no package but the store knows which kind of
// store is in use.
func TestLayoutOfStores(t *testing.T) {
	for _, p := range list(t, "..") {
		if strings.HasPrefix(p.name()+"/", "aggregator/store/") {
			continue
		}
		wrong, err := knowing(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range wrong {
			t.Errorf("%s: only the store knows its kinds", w)
		}
	}
	dir := plant(t, map[string]string{"output/o.go": "// Package output is.\npackage output\n\nconst isPostgres = true\n\nvar a = \"postgres://\" + \"a SQLite file is meant\"\n"})
	wrong, err := knowing(list(t, dir)[0])
	if err != nil || len(wrong) != 2 {
		t.Errorf("planted were two: %q, %v", wrong, err)
	}
}
