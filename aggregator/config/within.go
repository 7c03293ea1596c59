package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// ProblemWithin is Problem for a character of the text that is the value at
// path: it is placed where that character stands, or else where the value
// begins, as when a variable stands for a part of it.
func (c *Config) ProblemWithin(path []string, text string, offset int, message, mend string) Problem {
	p := c.Problem(path, message, mend)
	if _, ok := c.places[pathKey(path)]; !ok {
		return p
	}
	data, _, err := readLimited(p.File, maxFile)
	if err != nil {
		return p
	}
	lines := strings.SplitAfter(strings.TrimPrefix(string(data), "\ufeff"), "\n")
	if p.Line < 1 || p.Line > len(lines) {
		return p
	}
	if line, column, ok := locate(lines[p.Line-1:], p.Column, []rune(text), offset); ok {
		p.Line, p.Column = p.Line+line, column
	}
	return p
}

// locate finds a character of a text in the lines where it is written, of which
// the first has its beginning in a column. YAML folds spaces and lines, so that
// only what is neither is compared.
func locate(lines []string, column int, text []rune, offset int) (line, at int, ok bool) {
	if column < 1 || column > len([]rune(lines[0])) {
		return 0, 0, false
	}
	at = column - 1
	style := []rune(lines[0])[at]
	switch style {
	case '"', '\'':
		at++
	case '|', '>':
		line, at = 1, 0
	}
	for i := 0; line < len(lines); {
		raw := []rune(lines[line])
		for ; at < len(raw); at++ {
			for i < len(text) && i < offset && unicode.IsSpace(text[i]) {
				i++
			}
			if unicode.IsSpace(raw[at]) {
				continue
			}
			if i >= offset {
				return line, at + 1, true
			}
			if style == '"' && raw[at] == '\\' || style == '\'' && raw[at] == '\'' {
				if at++; at == len(raw) || !strings.ContainsRune("\"'\\/", raw[at]) {
					return 0, 0, false // an escape for something else
				}
			}
			if i == len(text) || raw[at] != text[i] {
				return 0, 0, false
			}
			i++
		}
		line, at = line+1, 0
	}
	return 0, 0, false
}

// Meant says which of the words was probably meant, or which there are.
func Meant(word string, words []string) string {
	if near := closest(word, words); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	switch {
	case len(words) == 0:
		return "no source has any: set it on those that are meant"
	case len(words) > 12:
		words = append(slices.Clip(words[:12]), "…")
	}
	return "there are " + strings.Join(words, ", ")
}
