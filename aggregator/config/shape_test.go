package config

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// shapes are the mappings of feeds.yaml in reading order.
var shapes = []reflect.Type{
	reflect.TypeFor[root](), reflect.TypeFor[server](), reflect.TypeFor[tls](), reflect.TypeFor[logging](),
	reflect.TypeFor[polling](), reflect.TypeFor[settings](), reflect.TypeFor[source](), reflect.TypeFor[page](),
	reflect.TypeFor[auth](), reflect.TypeFor[topic](), reflect.TypeFor[match](),
}

// comments returns what shape.go says of each field, by type and name.
func comments(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "shape.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if body, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range body.Fields.List {
				for _, name := range f.Names {
					said[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
				}
			}
		}
		return true
	})
	return said
}

// Every key has its comment, and a default or an example that the decoder
// takes: they are what the messages advise.
func TestShape(t *testing.T) {
	said := comments(t)
	for _, shape := range shapes {
		for i := range shape.NumField() {
			f := field{shape.Field(i), shape.Field(i).Tag.Get("yaml")}
			if f.Anonymous {
				continue
			}
			name := shape.Name() + "." + f.Name
			if said[name] == "" {
				t.Errorf("%s has no comment", name)
			}
			kind := f.Type.Kind()
			if kind == reflect.Struct || kind == reflect.Pointer {
				continue
			}
			texts := []string{f.Tag.Get("example"), f.Tag.Get("default")}
			if texts[0] == "" && texts[1] == "" {
				t.Errorf("%s has neither default nor example", name)
			}
			for _, text := range append(texts, strings.Split(f.Tag.Get("enum"), ",")...) {
				if text != "" {
					decodes(t, name, f, text)
				}
			}
		}
	}
}

// Of a source's own keys none has a default but nothing: a source starts from
// the defaults of the file, and nothing else is set.
func TestSourceStartsEmpty(t *testing.T) {
	var s source
	setDefaults(reflect.ValueOf(&s).Elem())
	s.settings = settings{}
	if !reflect.DeepEqual(s, source{}) {
		t.Errorf("%+v", s)
	}
}

// decodes checks that a value in a tag is taken by the key.
func decodes(t *testing.T, name string, f field, text string) {
	t.Helper()
	var node yaml.Node
	if strings.ContainsAny(text, "*@{}&$") && !strings.ContainsAny(text[:1], "[{") {
		text = fmt.Sprintf("%q", text)
	}
	if err := yaml.Unmarshal([]byte(text), &node); err != nil {
		t.Errorf("%s: %q: %v", name, text, err)
		return
	}
	var problems Problems
	l := &loader{}
	d := &decoder{
		file: name, problems: &problems, places: places{}, bad: map[string]bool{}, fields: map[reflect.Type][]field{}, blank: l.blank,
		getenv: func(string) (string, bool) { return "x", true },
	}
	d.value(node.Content[0], []string{f.key}, reflect.New(f.Type).Elem(), f)
	if len(problems) > 0 {
		t.Errorf("%q: %v", text, problems)
	}
}
