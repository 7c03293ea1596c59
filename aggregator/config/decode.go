package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// aliasBudget limits the nodes that are read through aliases of one file, so
// that a small file cannot stand for an enormous one.
const aliasBudget = 10_000

// A decoder brings YAML nodes to the types of shape.go. It goes on after a
// problem, so that all of them are told at once.
type decoder struct {
	file     string
	getenv   func(string) (string, bool)
	blank    func(reflect.Type) reflect.Value // a new value of the type, with its defaults
	problems *Problems
	places   places
	bad      map[string]bool // paths of values that could not be decoded
	fields   map[reflect.Type][]field
	aliases  int // nodes that were read through aliases
	inAlias  bool
}

// A field is a key of a mapping and the field of a struct that it sets.
type field struct {
	reflect.StructField
	key string
}

// fieldsOf returns the keys of a struct, those of an embedded one among them.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for f := range t.Fields() {
		if f.Anonymous {
			for _, inner := range fieldsOf(f.Type) {
				inner.Index = append(append([]int{}, f.Index...), inner.Index...)
				fields = append(fields, inner)
			}
			continue
		}
		fields = append(fields, field{f, f.Tag.Get("yaml")})
	}
	return fields
}

// report notes a problem at a node.
func (d *decoder) report(node *yaml.Node, path []string, message, mend string) {
	*d.problems = append(*d.problems, Problem{
		File: d.file, Line: node.Line, Column: node.Column,
		Path: strings.Join(path, "."), Message: message, Mend: mend,
	})
}

// reject reports a value that cannot be decoded. Nothing further is told of it.
func (d *decoder) reject(node *yaml.Node, path []string, message, mend string) {
	d.bad[pathKey(path)] = true
	d.report(node, path, message, mend)
}

// resolve follows an alias. It returns nil, and reports it, if aliases stand
// for too much.
func (d *decoder) resolve(node *yaml.Node, path []string) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		d.inAlias = true
		node = node.Alias
	}
	if !d.inAlias {
		return node
	}
	d.aliases++
	if d.aliases == aliasBudget {
		d.report(node, path, "aliases (*name) stand for more than "+strconv.Itoa(aliasBudget)+" values", "write the values out, or use defaults")
	}
	if d.aliases >= aliasBudget {
		return nil
	}
	return node
}

// value decodes a node into v, which holds the default.
func (d *decoder) value(node *yaml.Node, path []string, v reflect.Value, f field) {
	d.places[pathKey(path)] = place{d.file, node.Line, node.Column}
	outer := d.inAlias
	defer func() { d.inAlias = outer }()
	if node = d.resolve(node, path); node == nil {
		d.bad[pathKey(path)] = true
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(d.blank(v.Type().Elem()).Addr())
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(node, path, v, f)
	case reflect.Map:
		d.mapping(node, path, v, f)
	case reflect.Slice:
		d.list(node, path, v, f)
	default:
		d.scalar(node, path, v, f)
	}
}

// pairs returns the keys and values of a mapping, each key once. A node of
// another kind is reported.
func (d *decoder) pairs(node *yaml.Node, path []string, f field) [][2]*yaml.Node {
	if node.Kind != yaml.MappingNode {
		d.wrongType(node, path, f, "keys and values")
		return nil
	}
	seen := map[string]*yaml.Node{}
	var pairs [][2]*yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		switch first := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			d.report(key, path, "a key is "+kindOf(key), "a key is a word followed by a colon")
			continue
		case key.Tag == "!!merge":
			d.report(key, path, "merging (<<) is not read", "use defaults, or write the keys out")
			continue
		case first != nil:
			d.report(key, path, fmt.Sprintf("the key %q stands here twice, first in line %d", key.Value, first.Line), "keep one of them")
			continue
		}
		seen[key.Value] = key
		value := node.Content[i+1]
		if value.Tag == "!!null" {
			value.LineComment = key.LineComment
		}
		pairs = append(pairs, [2]*yaml.Node{key, value})
	}
	return pairs
}

// structure decodes a mapping with known keys, or the bare string that stands
// for one of them.
func (d *decoder) structure(node *yaml.Node, path []string, v reflect.Value, f field) {
	fields, ok := d.fields[v.Type()]
	if !ok {
		fields = fieldsOf(v.Type())
		d.fields[v.Type()] = fields
	}
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return
	}
	if node.Kind == yaml.ScalarNode {
		for _, short := range fields {
			if short.Tag.Get("short") != "" {
				d.value(node, child(path, short.key), v.FieldByIndex(short.Index), short)
				return
			}
		}
	}
	given := d.pairs(node, path, f)
	known := 0
	for _, f := range fields {
		for _, pair := range given {
			if pair[0].Value == f.key {
				known++
				d.value(pair[1], child(path, f.key), v.FieldByIndex(f.Index), f)
			}
		}
	}
	if known == len(given) {
		return
	}
	keys := keysOf(v.Type())
	for _, pair := range given {
		if key := pair[0].Value; !slices.Contains(keys, key) {
			d.report(pair[0], path, fmt.Sprintf("unknown key %q", key), suggestKey(key, keys))
		}
	}
}

// mapping decodes a mapping with free keys.
func (d *decoder) mapping(node *yaml.Node, path []string, v reflect.Value, f field) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, pair := range d.pairs(node, path, f) {
		below := child(path, pair[0].Value)
		elem := d.blank(v.Type().Elem())
		d.value(pair[1], below, elem, f)
		d.places[pathKey(below)] = place{d.file, pair[0].Line, pair[0].Column}
		v.SetMapIndex(reflect.ValueOf(pair[0].Value), elem)
	}
}

// list decodes a list of strings; a bare string is a list of one.
func (d *decoder) list(node *yaml.Node, path []string, v reflect.Value, f field) {
	nodes := node.Content
	if node.Kind == yaml.ScalarNode && node.Tag != "!!null" {
		nodes = []*yaml.Node{node}
	} else if node.Kind != yaml.SequenceNode {
		d.wrongType(node, path, f, "a list")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(nodes), len(nodes)))
	for i, n := range nodes {
		d.value(n, child(path, strconv.Itoa(i)), v.Index(i), f)
	}
}

// child returns path and one step more, in memory of its own.
func child(path []string, step string) []string {
	return append(append(make([]string, 0, len(path)+1), path...), step)
}

// wrongType reports a node that is not what is wanted.
func (d *decoder) wrongType(node *yaml.Node, path []string, f field, want string) {
	mend := "write " + want
	if want == "true or false" {
		mend += ", without quotes"
	}
	if example := exampleOf(f); example != "" && want != "true or false" {
		mend = fmt.Sprintf("write for example %s: %s", f.key, example)
	} else if f.Type != nil && f.Type.Kind() == reflect.Struct {
		mend = "the keys here are " + strings.Join(keysOf(f.Type), ", ")
	}
	if remark := node.LineComment; node.Tag == "!!null" && len(remark) > 1 && remark[1] != ' ' {
		mend = "what begins with # is a remark; put it in quotes" // and is not repeated: it may be a secret
	}
	d.reject(node, path, "this is "+kindOf(node)+" and should be "+want, mend)
}

// keysOf returns the keys of a struct.
func keysOf(t reflect.Type) []string {
	var keys []string
	for _, f := range fieldsOf(t) {
		keys = append(keys, f.key)
	}
	return keys
}

// exampleOf returns a value of the key as it is written in YAML.
func exampleOf(f field) string {
	if example := f.Tag.Get("example"); example != "" {
		return example
	}
	return f.Tag.Get("default")
}

// kindOf names what a node is.
func kindOf(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch node.Tag {
	case "!!null":
		return "empty"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	}
	if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
		return "a YAML tag (" + node.Tag + ")"
	}
	return "a text"
}
