package newsroom

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed day/*.txt
var day embed.FS

// An act is what one outlet does at one instant: it publishes a report, or
// changes one that it has published.
//
// In a file of the folder day an act is a line
//
//	-- 06:25 harbour-herald/ferry --
//
// with the time of day, the outlet and the report's name, then fields, an
// empty line, and paragraphs of text between empty lines:
//
//	title: what it is headed
//	by: who wrote it
//	tags: subjects, separated by commas
//	of: meridian/ferry        the text is that of another report, as it stands
//	keep: 3                   only its first paragraphs
//	mark: drop                without the agency's mark in front
//	replace: 212 => 221       in the title and the text
//	link: meridian/ferry      points there instead of to a page of its own
//
// The paragraphs of an act follow those that the report has already.
type act struct {
	at       time.Duration // since midnight
	key      string        // outlet/report
	title    string
	by       string
	tags     []string
	of       string
	link     string
	keep     int // 0: all
	unmarked bool
	replace  [][2]string
	text     []string
}

// script reads the whole day, in the order of time.
func script(files fs.FS) ([]act, error) {
	names, err := fs.Glob(files, "day/*.txt")
	if err != nil {
		return nil, err
	}
	var acts []act
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		for i, part := range strings.Split("\n"+string(data), "\n-- ") {
			if i == 0 {
				continue // what stands before the first act is for those who read the file
			}
			a, err := parseAct(part)
			if err != nil {
				return nil, fmt.Errorf("%s: act %d: %w", name, i, err)
			}
			acts = append(acts, a)
		}
	}
	slices.SortStableFunc(acts, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	return acts, nil
}

func parseAct(part string) (a act, err error) {
	first, rest, _ := strings.Cut(part, "\n")
	clock, key, ok := strings.Cut(strings.TrimSuffix(first, " --"), " ")
	if !ok {
		return a, fmt.Errorf("%q is no time and report", first)
	}
	at, err := time.Parse("15:04", clock)
	if err != nil {
		return a, err
	}
	a.at = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	a.key = key
	fields, text, _ := strings.Cut(rest, "\n\n")
	for line := range strings.Lines(fields) {
		if err := a.field(strings.TrimSpace(line)); err != nil {
			return a, err
		}
	}
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.Join(strings.Fields(p), " "); p != "" {
			a.text = append(a.text, p)
		}
	}
	return a, a.check()
}

func (a *act) field(line string) (err error) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch name {
	case "title":
		a.title = value
	case "by":
		a.by = value
	case "tags":
		for tag := range strings.SplitSeq(value, ",") {
			a.tags = append(a.tags, strings.TrimSpace(tag))
		}
	case "of":
		a.of = value
	case "link":
		a.link = value
	case "keep":
		a.keep, err = strconv.Atoi(value)
	case "mark":
		a.unmarked = value == "drop"
	case "replace":
		from, to, ok := strings.Cut(value, " => ")
		if !ok {
			return fmt.Errorf("%q replaces nothing", value)
		}
		a.replace = append(a.replace, [2]string{from, to})
	default:
		return fmt.Errorf("%q is no field", line)
	}
	return err
}

func (a *act) check() error {
	outlet, slug, _ := strings.Cut(a.key, "/")
	switch {
	case outletNamed(outlet) == nil:
		return fmt.Errorf("there is no outlet %q", outlet)
	case slug == "":
		return errors.New("the report has no name")
	case a.keep > 0 && a.of == "":
		return errors.New("keep is for copies")
	}
	return nil
}
