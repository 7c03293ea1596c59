package main

import (
	"crypto/rand"
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
// many it did not have yet. Whoever else does so meanwhile waits.
func addEntries(term terminal, file string, entries []config.Entry, dryRun bool) (int, error) {
	real := target(file)
	defer turn(filepath.Dir(real))()
	old, err := os.ReadFile(real)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = []byte(firstFile), nil
	}
	if err != nil {
		return 0, denied(file, "read", err)
	}
	whole, _ := config.Parse(file, old, os.LookupEnv) // with what it includes, as far as it is right
	text, added, err := config.Add(old, entries, whole.Sources...)
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
	} else if err := replaceFile(real, old, text); err != nil {
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
// lines put in, however they end.
func newLines(old, text []byte) string {
	ends := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	had := map[string]int{}
	for line := range strings.Lines(ends.Replace(string(old))) {
		had[strings.TrimSuffix(line, "\n")]++
	}
	var b strings.Builder
	for line := range strings.Lines(ends.Replace(string(text))) {
		line = strings.TrimSuffix(line, "\n")
		if had[line]--; had[line] < 0 {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// maxLinks is how many symbolic links are followed, one to another.
const maxLinks = 40

// target returns what a path leads to, which need not be there yet.
func target(path string) string {
	for range maxLinks {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// replaceFile puts text in the place of a file that holds old, as a whole: a
// reader sees the old text or the new one. Mode and owner stay. Where that cannot
// be, as with a single file that is mounted into a container, in a folder that may be
// read only, or with one of somebody else, it is written in place.
func replaceFile(path string, old, text []byte) error {
	info, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err = renameInto(path, text, info)
	if info != nil && (errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)) {
		return overwrite(path, old, text)
	}
	return err
}

// renameInto makes a file of a text, like the one whose place it takes if there is
// one.
func renameInto(path string, text []byte, like os.FileInfo) error {
	mode := fs.FileMode(0o644) // or less, as this user wants new files to be
	if like != nil {
		mode = 0o600 // until it is like that
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), ".wireroom-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone, if all went well
	if like != nil {
		err = errors.Join(own(f, like), f.Chmod(like.Mode().Perm()))
	}
	if err == nil {
		_, err = f.Write(text)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// overwrite writes a text into a file that holds old, which comes back where there
// is no room for it.
func overwrite(path string, old, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(text, 0); err != nil {
		_, back := f.WriteAt(old, 0)
		return errors.Join(err, back, f.Truncate(int64(len(old))))
	}
	return errors.Join(f.Truncate(int64(len(text))), f.Sync(), f.Close())
}
