package config

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
	"text/template"
)

// The committed page is the one that the comments give. Run the test with
// -update after a change of shape.go or of the template.
func TestDocsFresh(t *testing.T) {
	said := comments(t)
	table := func(name string) (string, error) {
		for _, shape := range shapes {
			if shape.Name() == name {
				return tableOf(shape, said), nil
			}
		}
		return "", fmt.Errorf("there is no shape %q", name)
	}
	page, err := template.New("").Funcs(template.FuncMap{"table": table, "fields": func() string { return whereFields(t) }}).Parse(string(mustRead(t, "testdata/configuration.md.tmpl")))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, nil); err != nil {
		t.Fatal(err)
	}
	fresh(t, "../../docs/configuration.md", b.Bytes())
}

// whereFields lists what an expression may speak of, by the comments of its type.
func whereFields(t *testing.T) string {
	file, err := parser.ParseFile(token.NewFileSet(), "../topic/where.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "Env" {
			for _, f := range spec.Type.(*ast.StructType).Fields.List {
				if f.Comment.Text() == "" {
					t.Errorf("topic.Env.%s has no comment", f.Names[0])
				}
				name := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("expr")
				fmt.Fprintf(&b, "| `%s` | %s |\n", name, strings.TrimSpace(f.Comment.Text()))
			}
		}
		return true
	})
	return b.String()
}

// tableOf lists the keys of a mapping.
func tableOf(shape reflect.Type, said map[string]string) string {
	var b strings.Builder
	b.WriteString("| key | value | meaning |\n|---|---|---|\n")
	for i := range shape.NumField() {
		f := field{shape.Field(i), shape.Field(i).Tag.Get("yaml")}
		if f.Anonymous {
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.key, valueOf(f), strings.ReplaceAll(said[shape.Name()+"."+f.Name], "|", `\|`))
	}
	return b.String()
}

// valueOf shows what a key may be: its default first, then the other words or
// an example, then its limits.
func valueOf(f field) string {
	tag := f.Tag
	var parts []string
	if def := tag.Get("default"); def != "" {
		parts = append(parts, "**`"+def+"`**")
	}
	for _, word := range strings.Split(tag.Get("enum"), ",") {
		if word != "" && word != tag.Get("default") {
			parts = append(parts, "`"+word+"`")
		}
	}
	if example := tag.Get("example"); example != "" {
		parts = append(parts, "such as `"+strings.ReplaceAll(example, "|", `\|`)+"`")
	}
	if least, greatest := tag.Get("min"), tag.Get("max"); greatest != "" {
		parts = append(parts, least+" to "+greatest)
	} else if least != "" {
		parts = append(parts, "at least "+least)
	}
	if len(parts) == 0 {
		return "keys, below"
	}
	return strings.Join(parts, ", ")
}
