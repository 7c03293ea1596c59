package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A fragment is an included file of sources and topics.
type fragment struct {
	Sources map[string]source `yaml:"sources"`
	Topics  map[string]topic  `yaml:"topics"`
}

// include reads the files and lists that the main file names.
func (l *loader) include() {
	for i, name := range l.root.Include {
		at := []string{"include", strconv.Itoa(i)}
		switch ext := strings.ToLower(path.Ext(name)); {
		case l.bad[pathKey(at)]:
		case strings.Contains(name, "://"):
			l.includeURL(at, name)
		case ext != ".yaml" && ext != ".yml" && ext != ".opml" && ext != ".xml":
			l.report(at, fmt.Sprintf("%q is neither YAML nor OPML by its name", name), "name a file that ends in .yaml or .opml")
		default:
			data, info, err := l.readBeside(name)
			file := filepath.Join(l.dir, filepath.FromSlash(name))
			data, info, err = l.pipes.kept(file, data, info, err)
			l.config.Files = append(l.config.Files, File{file, info})
			if err != nil {
				mend := "name a file below the folder of this one, with a path that is relative to it"
				if errors.Is(err, fs.ErrPermission) {
					mend = fmt.Sprintf("let user %d read it, as this file", os.Getuid())
				}
				l.report(at, fmt.Sprintf("%q cannot be read: %v", name, reason(err)), mend)
				continue
			}
			if ext == ".yaml" || ext == ".yml" {
				l.includeYAML(file, data)
			} else if err := l.includeList(file, data); err != nil {
				l.report(at, fmt.Sprintf("%q cannot be read: %v", name, err), mendList)
			}
		}
	}
}

// readBeside reads a file below the main file's folder; neither its path nor a
// symbolic link leads out of it.
func (l *loader) readBeside(name string) ([]byte, os.FileInfo, error) {
	root, err := os.OpenRoot(l.dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(filepath.FromSlash(name), openRead, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return limitedRead(f, name, maxFile)
}

// reason returns why a file cannot be read, without the call that failed.
func reason(err error) error {
	var wrong *fs.PathError
	if errors.As(err, &wrong) {
		return wrong.Err
	}
	return err
}

// includeYAML joins the sources and topics of a file to those of the main file.
func (l *loader) includeYAML(file string, data []byte) {
	main := l.places
	l.places = places{"": {file: file}}
	var f fragment
	l.decode(file, data, reflect.ValueOf(&f).Elem())
	mine := l.places
	l.places = main
	for key, at := range mine {
		if _, ok := main[key]; !ok {
			main[key] = at
		}
	}
	merge(l, "sources", &l.root.Sources, f.Sources, mine)
	merge(l, "topics", &l.root.Topics, f.Topics, mine)
}

// merge adds the entries of a file to those that there are.
func merge[T any](l *loader, kind string, all *map[string]T, more map[string]T, mine places) {
	if *all == nil {
		*all = map[string]T{}
	}
	for name, entry := range more {
		if _, ok := (*all)[name]; ok {
			first := l.places.nearest([]string{kind, name})
			l.problems = append(l.problems, mine.problem([]string{kind, name}, fmt.Sprintf("the name %q is taken by line %d of %s", name, first.line, first.file), "choose another name"))
			continue
		}
		(*all)[name] = entry
	}
}

// includeURL reads an OPML list from the web.
func (l *loader) includeURL(at []string, address string) {
	u := l.webURL(at, address, "https://example.org/blogroll.opml")
	if u == nil {
		return
	}
	l.config.Lists = append(l.config.Lists, address)
	if l.list == nil {
		l.unsure = true
		return
	}
	data, err := l.list(address)
	if err == nil {
		u.User, u.RawQuery = nil, ""
		err = l.includeList(u.String(), data)
	}
	if err != nil {
		l.unsure = true
		l.config.Warnings = append(l.config.Warnings, l.places.problem(at, fmt.Sprintf("the list cannot be read: %v", err), "its sources are missing until it can be"))
	}
}

// includeList makes sources of an OPML list. A list is often somebody else's:
// the faults of its entries are warnings and never refuse the configuration. The
// error is that it is no list.
func (l *loader) includeList(name string, data []byte) error {
	list, faults, wrong := readOPML(name, data, l.root.Defaults.AllowPrivate)
	if wrong != nil {
		return wrong
	}
	l.config.Warnings = append(l.config.Warnings, faults...)
	taken := map[string]string{} // by what, whoever reads it there
	for name, s := range l.root.Sources {
		address := sameness(s.URL + s.Site)
		bare, _, _ := strings.Cut(address, " ")
		taken[address], taken[bare+" "] = name, name
	}
	tag := tagOf(strings.TrimSuffix(path.Base(filepath.ToSlash(name)), path.Ext(name)))
	if l.root.Sources == nil {
		l.root.Sources = map[string]source{}
	}
	for _, e := range list.Entries {
		e.tag([]string{tag})
		if name, ok := taken[sameness(e.URL)]; ok {
			l.mentioned(name, e.Tags)
			continue
		}
		if _, ok := l.root.Sources[e.Name]; ok {
			e.Name = longName(e)
		}
		if _, ok := l.root.Sources[e.Name]; ok {
			continue
		}
		s := source{URL: e.URL, Title: e.Title, Tags: e.Tags, Language: e.Language, settings: l.root.Defaults}
		if e.Site {
			s.URL, s.Site = "", e.URL
		}
		l.root.Sources[e.Name] = s
		l.listed[e.Name] = true
		l.places[pathKey([]string{"sources", e.Name})] = place{name, e.Line, 1}
	}
	return nil
}

// mentioned adds the tags of a further mention to a source that another list has
// brought: each tag of a list takes all that is in it. What stands in feeds.yaml stays
// as it is there.
func (l *loader) mentioned(name string, tags []string) {
	s := l.root.Sources[name]
	if !l.listed[name] {
		return
	}
	for _, tag := range tags {
		if !slices.Contains(s.Tags, tag) {
			s.Tags = append(s.Tags, tag)
		}
	}
	l.root.Sources[name] = s
}
