package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing that is wrong in a configuration, with its place and
// its mend. It is the one form in which anything about feeds.yaml is told.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`   // from 1; 0: the file as a whole
	Column  int    `json:"column,omitempty"` // from 1, in characters
	Path    string `json:"path,omitempty"`   // of the setting, such as sources.bbc.url
	Message string `json:"message"`          // what is wrong
	Mend    string `json:"mend,omitempty"`   // what would be right
}

// Error returns the problem as one line: FILE:LINE:COLUMN: PATH: message; mend.
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	if p.Path != "" {
		b.WriteString(": " + p.Path)
	}
	b.WriteString(": " + p.Message)
	if p.Mend != "" {
		b.WriteString("; " + p.Mend)
	}
	return b.String()
}

// Problems are all that is wrong in a configuration, in the order of their
// places. It is the type of the error that Load and Parse return.
type Problems []Problem

// Error returns the problems, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Sorted returns the problems in the order of their places, each once.
func (ps Problems) Sorted() Problems {
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(sorted)
}

// A place is where a setting stands.
type place struct {
	file         string
	line, column int
}

// places knows where every setting of a configuration stands, by its path.
type places map[string]place

// pathKey joins the steps of a path so that no two paths give one key: a step
// may hold any character but NUL, which YAML forbids.
func pathKey(path []string) string { return strings.Join(path, "\x00") }

// nearest returns the place of the setting, or of the innermost known one
// around it.
func (ps places) nearest(path []string) place {
	for n := len(path); n > 0; n-- {
		if at, ok := ps[pathKey(path[:n])]; ok {
			return at
		}
	}
	return ps[""]
}

// problem returns a problem of the setting at path.
func (ps places) problem(path []string, message, mend string) Problem {
	at := ps.nearest(path)
	return Problem{File: at.file, Line: at.line, Column: at.column, Path: strings.Join(path, "."), Message: message, Mend: mend}
}

// Problem returns a problem of the setting at path, such as "topics", "world",
// "where", placed where that setting stands, or else where the nearest setting
// around it does. It lets whoever checks a rule more deeply than this package
// tell of it in the same form.
func (c *Config) Problem(path []string, message, mend string) Problem {
	return c.places.problem(path, message, mend)
}
