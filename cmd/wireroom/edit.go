package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/wireroom/wireroom/aggregator/config"
)

// firstFile is what a feeds.yaml begins as.
const firstFile = `# What is polled, and what is published of it. See docs/configuration.md.

topics:
  all: {title: Everything}

`

// addEntries writes sources into a configuration, shows them, and returns how
// many it did not have yet.
func addEntries(term terminal, file string, entries []config.Entry, dryRun bool) (int, error) {
	old, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = []byte(firstFile), nil
	}
	if err != nil {
		return 0, denied(file, "read", err)
	}
	text, added, err := config.Add(old, entries)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	if len(added) == 0 {
		return 0, nil
	}
	if err := noWorse(file, old, text); err != nil {
		return 0, err
	}
	verb := "added to"
	if dryRun {
		verb = "would be added to"
	} else if err := replaceFile(file, text); err != nil {
		return 0, denied(file, "write", err)
	}
	_, err = fmt.Fprintf(term.out, "%s %s:\n%s", verb, file, newLines(old, text))
	return len(added), err
}

// noWorse returns what is wrong with a new text of a configuration and was not
// with the old one.
func noWorse(file string, old, text []byte) error {
	var before, after config.Problems
	_, err := config.Parse(file, old, os.LookupEnv)
	errors.As(err, &before)
	_, err = config.Parse(file, text, os.LookupEnv)
	if errors.As(err, &after) && len(after) > len(before) {
		return fmt.Errorf("%s is left as it is, for it would be at fault:\n%w", file, after)
	}
	return nil
}

// newLines returns the lines of text that old has not, where text is old with
// lines put in.
func newLines(old, text []byte) string {
	had := map[string]int{}
	for line := range strings.Lines(string(old)) {
		had[strings.TrimSuffix(line, "\n")]++
	}
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if had[line]--; had[line] < 0 {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// replaceFile puts text in the place of a file as a whole: a reader sees the
// old text or the new one. Where that cannot be, as with a single file that is
// mounted into a container, it is written in place.
func replaceFile(path string, text []byte) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	err := renameInto(path, text, mode)
	if errors.Is(err, syscall.EBUSY) || errors.Is(err, fs.ErrPermission) {
		return os.WriteFile(path, text, mode)
	}
	return err
}

func renameInto(path string, text []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".wireroom-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone, if all went well
	_, err = bytes.NewReader(text).WriteTo(f)
	if err := errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
