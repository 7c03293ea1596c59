package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// scalar decodes a single value. A message quotes what stands in the file,
// never what a variable expanded to: that may be a secret.
func (d *decoder) scalar(node *yaml.Node, path []string, v reflect.Value, f field) {
	want := wantOf(v)
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		d.wrongType(node, path, f, want)
		return
	}
	if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
		d.reject(node, path, fmt.Sprintf("%s at the start is a YAML tag and not text", node.Tag),
			fmt.Sprintf("put it in quotes: %q", strings.TrimSpace(node.Tag+" "+node.Value)))
		return
	}
	text, missing := expand(node.Value, d.getenv)
	for _, name := range missing {
		if strings.Trim(name, " \t") != name || name == "" {
			d.reject(node, path, fmt.Sprintf("${%s} names no variable", name), noVariable)
			continue
		}
		d.reject(node, path, fmt.Sprintf("the environment variable %s is not set", name),
			fmt.Sprintf("set it, or write ${%s:-something} to say what holds without it", name))
	}
	switch {
	case nested(node.Value):
		d.reject(node, path, "a variable within another one is not read", "write a text behind :- and no variable")
		return
	case unclosed(node.Value):
		d.reject(node, path, "the brace behind a $ is not closed", noVariable)
		return
	}
	if len(missing) > 0 {
		return
	}
	switch v.Interface().(type) {
	case string:
		d.text(node, path, v, f, text)
	case bool:
		b, ok := parseBool(text)
		if !ok || node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && text == node.Value {
			d.wrongType(node, path, f, want)
			return
		}
		v.SetBool(b)
	case int:
		number(d, node, path, v, f, text, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 32) })
	case duration:
		number(d, node, path, v, f, text, parseDuration)
	case size:
		number(d, node, path, v, f, text, parseSize)
	}
}

// noVariable is the mend of what begins as a variable and is none.
const noVariable = "write ${NAME} for an environment variable, or $${ where ${ itself is meant"

// wantOf names what a value of that type is.
func wantOf(v reflect.Value) string {
	switch v.Interface().(type) {
	case bool:
		return "true or false"
	case int:
		return "a whole number"
	case duration:
		return "a length of time with its unit"
	case size:
		return "a size in bytes, kB or MB"
	}
	return "a text"
}

// text sets a string, which may be one of a few words.
func (d *decoder) text(node *yaml.Node, path []string, v reflect.Value, f field, text string) {
	if node.Tag == "!!bool" && f.Tag.Get("enum") == "" {
		d.reject(node, path, "this is true or false and should be a text", fmt.Sprintf("if the word is meant, put it in quotes: %q", node.Value))
		return
	}
	if words := f.Tag.Get("enum"); words != "" {
		allowed := strings.Split(words, ",")
		if !slices.Contains(allowed, text) {
			last := len(allowed) - 1
			mend := "write " + strings.Join(allowed[:last], ", ") + " or " + allowed[last]
			if near := closest(text, allowed); near != "" {
				mend = fmt.Sprintf("did you mean %q?", near)
			}
			d.reject(node, path, fmt.Sprintf("%q is not known here", node.Value), mend)
			return
		}
	}
	v.SetString(text)
}

// number sets a number that lies within the limits of its key.
func number[N int64 | duration | size](d *decoder, node *yaml.Node, path []string, v reflect.Value, f field, text string, parse func(string) (N, error)) {
	least, greatest := f.Tag.Get("min"), f.Tag.Get("max")
	low, errLow := parse(least)
	high, errHigh := parse(greatest)
	n, err := parse(text)
	switch {
	case err != nil:
		d.reject(node, path, fmt.Sprintf("%q is not %s", node.Value, wantOf(v)), fmt.Sprintf("write for example %s: %s", f.key, exampleOf(f)))
	case text == "forever" && greatest != "":
		d.reject(node, path, "forever is too large", "the greatest is "+greatest)
	case text == "forever":
		v.SetInt(0)
	case least != "" && (errLow != nil || n < low):
		d.reject(node, path, node.Value+" is too small", "the least is "+least)
	case greatest != "" && (errHigh != nil || n > high):
		d.reject(node, path, node.Value+" is too large", "the greatest is "+greatest)
	default:
		v.SetInt(int64(n))
	}
}

// setDefaults sets every field to the default of its tag.
func setDefaults(v reflect.Value) {
	for _, f := range fieldsOf(v.Type()) {
		target, text := v.FieldByIndex(f.Index), f.Tag.Get("default")
		if target.Kind() == reflect.Struct {
			setDefaults(target)
		}
		if text == "" {
			continue
		}
		// The tags are ours, and a test decodes each of them.
		switch target.Interface().(type) {
		case string:
			target.SetString(text)
		case bool:
			b, _ := parseBool(text)
			target.SetBool(b)
		case int:
			n, _ := strconv.Atoi(text)
			target.SetInt(int64(n))
		case duration:
			n, _ := parseDuration(text)
			target.SetInt(int64(n))
		case size:
			n, _ := parseSize(text)
			target.SetInt(int64(n))
		}
	}
}
