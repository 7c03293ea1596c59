package output

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// manifest is the file that lists what WriteFiles wrote, so that the next call
// removes what is gone and nothing that it did not write.
const manifest = ".wireroom"

// Current returns the documents that were last put before readers, in the
// order of their paths and pages last, for they lead to all else. Private ones
// are left out: a folder of files cannot ask for a token.
func (p *Publisher) Current() []news.Document {
	var docs []news.Document
	for _, doc := range p.last {
		if !doc.Private {
			docs = append(docs, doc)
		}
	}
	page := func(doc news.Document) int { return strings.Count(doc.ContentType, "text/html") }
	slices.SortFunc(docs, func(a, b news.Document) int {
		return cmp.Or(cmp.Compare(page(a), page(b)), strings.Compare(a.Path, b.Path))
	})
	return docs
}

// Writable returns an error if WriteFiles could not begin to write below a folder,
// which is made if it does not exist. Nothing is put into it.
func Writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	switch list, err := os.OpenFile(filepath.Join(dir, manifest), os.O_RDWR, 0); {
	case err == nil:
		list.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return mayMake(dir)
}

// WriteFiles writes documents below a folder in their order, each replaced as a
// whole, and removes at the end those of earlier calls that are no more; the
// first error among the documents ends it. It returns how many files the folder
// now holds. Whenever it is cut short, every file is as it was or as it is to
// be, and the next call removes what it left.
func WriteFiles(dir string, docs iter.Seq2[news.Document, error]) (n int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write files to %s: %w", dir, err)
		}
	}()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	list, err := root.OpenFile(manifest, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return 0, err
	}
	defer list.Close()
	text, err := io.ReadAll(list)
	if err != nil {
		return 0, err
	}
	if whole := bytes.LastIndexByte(text, '\n') + 1; whole < len(text) {
		// A name that a full disk cut short is another's, or that of a folder. Its
		// own file was not written yet.
		text = text[:whole]
		if err := list.Truncate(int64(whole)); err != nil {
			return 0, err
		}
	}
	before := map[string]bool{}
	for name := range strings.Lines(string(text)) {
		before[strings.TrimSuffix(name, "\n")] = true
	}
	var names []string
	for doc, err := range docs {
		if err != nil {
			return 0, err
		}
		for _, name := range fileNames(doc) {
			// It is listed first: whatever is cut short is known to the next call.
			if !before[name] {
				if _, err := list.WriteString(name + "\n"); err != nil {
					return 0, err
				}
			}
			if err := replace(root, name, doc); err != nil {
				return 0, err
			}
			names = append(names, name)
		}
	}
	if err := removeGone(root, before, names); err != nil {
		return 0, err
	}
	return len(names), replace(root, manifest, news.Document{Body: []byte(strings.Join(names, "\n") + "\n")})
}

// removeGone removes the files that were written before and are not among
// names, the folders that are empty then, and what calls that were cut short
// had not yet put into place.
func removeGone(root *os.Root, before map[string]bool, names []string) error {
	written := map[string]bool{"": true}
	for _, name := range names {
		written[name] = true
	}
	for name := range before {
		for _, gone := range []string{name, name + nextEnding} {
			if written[gone] {
				continue
			}
			if err := root.Remove(gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		for dir := path.Dir(name); !written[name] && dir != "."; dir = path.Dir(dir) {
			if root.Remove(dir) != nil {
				break // something is in it
			}
		}
	}
	return nil
}

// fileNames are the names of a document's file below the folder. A page has
// two: servers that add an ending find the first, and all others the second,
// behind the slash that they add to the name of a folder.
func fileNames(doc news.Document) []string {
	name := strings.TrimPrefix(path.Clean("/"+doc.Path), "/")
	switch {
	case name == "":
		return []string{"index.html"}
	case strings.HasPrefix(doc.ContentType, "text/html"):
		return []string{name + ".html", name + "/index.html"}
	}
	return []string{name}
}

// nextEnding is that of a file which is not yet in its place.
const nextEnding = ".next"

// replace writes a file under another name and moves it into place, so that a
// web server sees the old bytes or the new ones and nothing between.
func replace(root *os.Root, name string, doc news.Document) error {
	if dir := path.Dir(name); dir != "." {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if old, err := root.ReadFile(name); err == nil && string(old) == string(doc.Body) {
		return nil
	}
	next := name + nextEnding
	f, err := root.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(doc.Body)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, root.Remove(next))
	}
	if !doc.Modified.IsZero() {
		if err := root.Chtimes(next, doc.Modified, doc.Modified); err != nil {
			return err
		}
	}
	return root.Rename(next, name)
}
