package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxFile is the largest file that is read, in bytes: some hundred thousand
// sources.
const maxFile = 32 << 20

// Load reads the configuration at path, with the files that it includes.
// Variables of the form ${NAME} in its values are looked up by getenv, which
// is os.LookupEnv but in tests. The sources of lists on the web are missing:
// see LoadLists. The error is of type Problems when the file could be read and
// is at fault; the configuration is then returned as far as it was understood,
// to be checked further so that everything is told at once, and not to be run.
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	return LoadLists(path, getenv, nil, nil)
}

// LoadLists is Load with the OPML lists on the web that the file includes:
// list returns the document at an address. Where it fails, the list's sources
// are missing and there is a warning. Who reads a configuration more than once passes
// the same pipes each time; nil: nothing is kept of them.
func LoadLists(path string, getenv func(string) (string, bool), list func(address string) ([]byte, error), pipes Pipes) (*Config, error) {
	data, info, err := readLimited(path, maxFile)
	if data, info, err = pipes.kept(path, data, info, err); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	return parse(File{path, info}, data, getenv, list, pipes)
}

// Parse is Load for a file that is already in memory. Files that it names are
// looked for beside name.
func Parse(name string, data []byte, getenv func(string) (string, bool)) (*Config, error) {
	return parse(File{Path: name}, data, getenv, nil, nil)
}

func parse(main File, data []byte, getenv func(string) (string, bool), list func(string) ([]byte, error), pipes Pipes) (*Config, error) {
	name := main.Path
	l := &loader{
		dir:    filepath.Dir(name),
		list:   list,
		pipes:  pipes,
		places: places{"": {file: name}},
		bad:    map[string]bool{},
		listed: map[string]bool{},
		config: &Config{File: name, Files: []File{main}},
	}
	l.getenv = func(name string) (string, bool) {
		value, ok := getenv(name)
		if value != "" && !slices.Contains(l.config.Environ, value) {
			l.config.Environ = append(l.config.Environ, value)
		}
		return value, ok
	}
	l.read(name, data)
	l.config.places = l.places
	if len(l.problems) > 0 {
		return l.config, l.problems.Sorted()
	}
	return l.config, nil
}

// A loader holds what the steps of one Load share.
type loader struct {
	dir      string // folder of the main file
	getenv   func(string) (string, bool)
	list     func(url string) ([]byte, error)
	pipes    Pipes
	root     root
	config   *Config
	problems Problems
	places   places
	bad      map[string]bool                // paths of values that could not be decoded
	listed   map[string]bool                // names of sources that lists have brought
	selected map[string]map[string][]string // see selectable
	guesses  int                            // see near
	unsure   bool                           // a source could not be read whole: what a topic misses may be there
}

// report notes a problem of the setting at path, unless it could not even be
// decoded, which has been told.
func (l *loader) report(path []string, message, mend string) {
	if l.bad[pathKey(path)] {
		return
	}
	l.problems = append(l.problems, l.places.problem(path, message, mend))
}

// troubled says whether anything was reported of the setting at path or within.
func (l *loader) troubled(path ...string) bool {
	at := strings.Join(path, ".")
	return slices.ContainsFunc(l.problems, func(p Problem) bool {
		return p.Path == at || strings.HasPrefix(p.Path, at+".")
	})
}

// read decodes the main file and builds the configuration from it.
func (l *loader) read(name string, data []byte) {
	setDefaults(reflect.ValueOf(&l.root).Elem())
	if !l.decode(name, data, reflect.ValueOf(&l.root).Elem()) {
		return
	}
	decoded := len(l.problems) == 0
	l.general()
	l.include()
	l.unsure = l.unsure || l.troubled("sources") || l.troubled("include")
	l.sources()
	if decoded && len(l.root.Sources) == 0 && !l.unsure { // else they may be in a list that could not be read
		l.report([]string{"sources"}, "there are no sources", "name at least one, such as sources: {bbc-world: https://feeds.bbci.co.uk/news/world/rss.xml}")
	}
	l.topics()
	if decoded && len(l.root.Topics) == 0 {
		l.report([]string{"topics"}, "there are no topics, so nothing would be published", "name at least one; topics: {all: {}} publishes everything")
	}
}

// decode brings one YAML document into v. It returns false if there is nothing
// to go on with.
func (l *loader) decode(name string, data []byte, v reflect.Value) bool {
	node := l.document(name, data)
	if node == nil {
		return false
	}
	d := &decoder{file: name, getenv: l.getenv, problems: &l.problems, places: l.places, bad: l.bad, fields: map[reflect.Type][]field{}, blank: l.blank}
	d.value(node, nil, v, field{})
	l.places[""] = place{file: l.config.File}
	return true
}

// blank returns a new value with its defaults: those of the type, and for a
// source those that the file sets for all.
func (l *loader) blank(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	if s, ok := v.Addr().Interface().(*source); ok {
		// Thousands of sources: their own keys default to nothing.
		s.settings = l.root.Defaults
	} else if t.Kind() == reflect.Struct {
		setDefaults(v)
	}
	return v
}

// document returns the root of the one YAML document of data, or nil after a
// report.
func (l *loader) document(name string, data []byte) *yaml.Node {
	fault := func(line, column int, message, mend string) *yaml.Node {
		l.problems = append(l.problems, Problem{File: name, Line: line, Column: column, Message: message, Mend: mend})
		return nil
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) {
		line, column := firstAt(data, func(r rune, n int) bool { return r == utf8.RuneError && n == 1 })
		return fault(line, column, "this is not UTF-8", "save the file in the encoding UTF-8")
	}
	if bytes.ContainsFunc(data, forbidden) {
		line, column := firstAt(data, func(r rune, _ int) bool { return forbidden(r) })
		return fault(line, column, "this is not YAML: there is a control character, which is not seen", "take it out")
	}
	dec := yaml.NewDecoder(bytes.NewReader(ownLines(data)))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && (doc.Kind == 0 || len(doc.Content) == 0 || doc.Content[0].Tag == "!!null") {
		return fault(0, 0, "the file is empty", "it needs at least sources and topics")
	}
	if err != nil {
		return l.syntax(name, data, err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return l.syntax(name, data, err)
		}
		return fault(more.Line, more.Column, "a second YAML document begins here (---)", "write everything in one, or include another file")
	}
	node := doc.Content[0]
	if node.Kind != yaml.MappingNode {
		return fault(node.Line, node.Column, "the file is "+kindOf(node)+" and should be keys and values", "begin with a key such as sources:")
	}
	return node
}

// forbidden says of a character that YAML has no place for it, as for zero, of which a
// file is full that was not written to its end.
func forbidden(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }

// firstAt returns where the first character of a kind stands, of which n is the
// length in bytes.
func firstAt(data []byte, kind func(r rune, n int) bool) (line, column int) {
	line, column = 1, 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if kind(r, n) {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		data = data[n:]
	}
	return line, column
}

// general builds all but sources and topics.
func (l *loader) general() {
	r, c := &l.root, l.config
	c.Title, c.Contact, c.Store = r.Title, r.Contact, r.Store
	c.Retention, c.Private = time.Duration(r.Retention), r.Defaults.AllowPrivate
	c.Log = Log{Format: r.Log.Format, Level: r.Log.Level}
	c.Workers, c.HostGap, c.Budget = r.Polling.Workers, time.Duration(r.Polling.HostGap), r.Polling.Budget
	switch {
	case strings.TrimSpace(c.Store) == "":
		l.report([]string{"store"}, "the store is empty", "leave it out for data/wireroom.db, or name a file")
	case BelowHome(c.Store):
		l.report([]string{"store"}, "~ is a folder of that name here, and not your own", "write the whole path, such as /home/ann/wireroom.db, or ./~/ if the folder is meant")
	}
	l.server()
}

// BelowHome reports whether a path is one below ~. Only a shell puts the folder of its
// user there.
func BelowHome(path string) bool { return path == "~" || strings.HasPrefix(path, "~/") }
