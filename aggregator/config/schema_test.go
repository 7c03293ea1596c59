package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"
)

const schemaFile = "../../feeds.schema.json"

// The committed schema is the one that the types give. Run the test with
// -update after a change of shape.go.
func TestSchemaFresh(t *testing.T) {
	fresh(t, schemaFile, schemaOf(t))
}

// fresh compares a generated file with the committed one.
func fresh(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got := mustRead(t, file); !bytes.Equal(got, want) {
		t.Errorf("%s is stale: run go test ./aggregator/config -update", file)
	}
}

// The schema takes the example and refuses what is structurally wrong, as the
// loader does.
func TestSchemaValidates(t *testing.T) {
	var schema jsonschema.Schema
	if err := json.Unmarshal(mustRead(t, schemaFile), &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]string{
		"example": string(mustRead(t, "../../feeds.yaml")), "small": small,
		"lists": "include: []\nsources: {a: {url: \"https://a.example/\", tags: 2026}}\ntopics: {t: {from: \"tag:2026\", match: {any: [1, x], none: []}}}\n",
	}
	for name, text := range good {
		if _, err := Parse("feeds.yaml", []byte(text), env()); err != nil {
			t.Errorf("%s is refused by the loader: %v", name, err)
		}
		if err := validate(resolved, []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := 0
	for _, kind := range []string{"file-list", "file-text", "key-misspelt", "key-unknown", "key-in", "key-wrong", "type-", "number-", "word-", "duration-without", "duration-forever", "duration-unknown", "size-unknown", "name-upper", "name-with", "sources-list", "url-missing", "cron-word", "from-empty"} {
		files, err := filepath.Glob("testdata/" + kind + "*.bad.yaml")
		if err != nil || len(files) == 0 {
			t.Fatal(kind, err)
		}
		for _, file := range files {
			if file == "testdata/type-yaml-tag.bad.yaml" {
				continue // JSON has no tags: editors see an empty text
			}
			if err := validate(resolved, mustRead(t, file)); err == nil {
				t.Errorf("%s is taken", file)
			}
			refused++
		}
	}
	t.Logf("%d broken files refused", refused)
}

func validate(schema *jsonschema.Resolved, text []byte) error {
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil {
		return err
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var plain any
	return errors.Join(json.Unmarshal(data, &plain), schema.Validate(plain))
}

// A schemer makes the schema of the shapes.
type schemer struct {
	said map[string]string
}

func schemaOf(t *testing.T) []byte {
	t.Helper()
	s := schemer{comments(t)}
	schema := s.object(reflect.TypeFor[root]())
	schema.Schema = "http://json-schema.org/draft-07/schema#"
	schema.Title = "Wireroom's feeds.yaml"
	schema.Description = "Sources, topics and settings. Generated from the types in aggregator/config; explained in docs/configuration.md."
	schema.Type, schema.Types = "object", nil
	schema.Definitions = map[string]*jsonschema.Schema{
		"variable": {Type: "string", Pattern: `\$\{[^}]+\}`, Description: "An environment variable: ${NAME}, or ${NAME:-else}."},
	}
	data, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// object is the schema of a mapping with known keys.
func (s schemer) object(t reflect.Type) *jsonschema.Schema {
	schema := &jsonschema.Schema{
		Types: []string{"object", "null"}, Properties: map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, f := range fieldsOf(t) {
		holder := t
		if len(f.Index) > 1 {
			holder = t.FieldByIndex(f.Index[:1]).Type
		}
		property := s.value(f.Type, f)
		property.Description = s.said[holder.Name()+"."+f.Name]
		if property.Description != "" && f.Tag.Get("default") != "" {
			property.Description += " Default: " + f.Tag.Get("default") + "."
		}
		schema.Properties[f.key] = property
		schema.PropertyOrder = append(schema.PropertyOrder, f.key)
	}
	if t == reflect.TypeFor[source]() {
		schema.Types, schema.Type = nil, "object"
		schema.AnyOf = []*jsonschema.Schema{{Required: []string{"url"}}, {Required: []string{"site"}}}
	}
	return schema
}

var variable = &jsonschema.Schema{Ref: "#/definitions/variable"}

// value is the schema of one value.
func (s schemer) value(t reflect.Type, f field) *jsonschema.Schema {
	switch {
	case t.Kind() == reflect.Pointer:
		return s.value(t.Elem(), f)
	case t.Kind() == reflect.Struct:
		schema := s.object(t)
		for _, short := range fieldsOf(t) {
			if short.Tag.Get("short") != "" {
				return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{schema, s.value(short.Type, short)}}
			}
		}
		return schema
	case t.Kind() == reflect.Map:
		schema := &jsonschema.Schema{Types: []string{"object", "null"}, AdditionalProperties: s.value(t.Elem(), f)}
		if t.Elem().Kind() == reflect.Struct {
			schema.PropertyNames = &jsonschema.Schema{Pattern: slugForm.String()}
		}
		return schema
	case t.Kind() == reflect.Slice:
		list, one := &jsonschema.Schema{Type: "array", Items: s.value(t.Elem(), f)}, 1
		if f.key == "from" { // nothing is not all there is
			list.MinItems = &one
		}
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{list, {Types: []string{"string", "number"}}}}
	case f.key == "schedule":
		// Five fields, a word, or a length of time: enough for an editor to see
		// a slip; the loader tells the rest.
		return &jsonschema.Schema{Type: "string", Pattern: `^auto$|^((CRON_)?TZ=\S+ +)?(@[a-z]+|@every +\S+|(\S+ +){4}\S+)$|\$\{`}
	}
	return scalarSchema(t, f)
}

// scalarSchema is the schema of a text, a number or a truth.
func scalarSchema(t reflect.Type, f field) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[bool]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "boolean"}, {Enum: []any{"yes", "no", "on", "off"}}, variable}}
	case reflect.TypeFor[int]():
		number := &jsonschema.Schema{Type: "integer"}
		if least, err := strconv.ParseFloat(f.Tag.Get("min"), 64); err == nil {
			number.Minimum = &least
		}
		if greatest, err := strconv.ParseFloat(f.Tag.Get("max"), 64); err == nil {
			number.Maximum = &greatest
		}
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{number, variable}}
	case reflect.TypeFor[duration]():
		pattern := `^(\d+(\.\d+)?(ms|s|m|h|d|w))+$|\$\{`
		if f.Tag.Get("max") == "" {
			pattern += `|^forever$`
		}
		return &jsonschema.Schema{Type: "string", Pattern: pattern, Examples: []any{exampleOf(f)}}
	case reflect.TypeFor[size]():
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "integer"}, {Type: "string", Pattern: `^\d+(\.\d+)? ?([kKMG]i?)?B?$|\$\{`}}}
	}
	if words := f.Tag.Get("enum"); words != "" {
		schema := &jsonschema.Schema{}
		for _, word := range strings.Split(words, ",") {
			schema.Enum = append(schema.Enum, word)
		}
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{schema, variable}}
	}
	return &jsonschema.Schema{Types: []string{"string", "number"}}
}
