package output

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// manifest is the file that lists what WriteFiles wrote, so that the next call
// removes what is gone and nothing that it did not write.
const manifest = ".wireroom"

// Current returns the documents that were last put before readers, in the
// order of their paths, without the private ones: a folder of files cannot ask
// for a token.
func (p *Publisher) Current() []news.Document {
	var docs []news.Document
	for _, doc := range p.last {
		if !doc.Private {
			docs = append(docs, doc)
		}
	}
	slices.SortFunc(docs, func(a, b news.Document) int { return strings.Compare(a.Path, b.Path) })
	return docs
}

// WriteFiles writes documents below a folder, each replaced as a whole, and
// removes those of the last call that are no more; the first error among the
// documents ends it. It returns how many files the folder now holds. Pages are
// written with an .html ending, as static web servers expect them.
func WriteFiles(dir string, docs iter.Seq2[news.Document, error]) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("write files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, fmt.Errorf("write files: %w", err)
	}
	defer root.Close()
	before, err := root.ReadFile(manifest)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("write files: %w", err)
	}
	var names []string
	for doc, err := range docs {
		if err != nil {
			return 0, fmt.Errorf("write files: %w", err)
		}
		name := fileName(doc)
		if err := replace(root, name, doc); err != nil {
			return 0, fmt.Errorf("write files: %w", err)
		}
		names = append(names, name)
	}
	for name := range strings.Lines(string(before)) {
		name = strings.TrimSuffix(name, "\n")
		if name != "" && !slices.Contains(names, name) {
			if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return 0, fmt.Errorf("write files: %w", err)
			}
		}
	}
	list := news.Document{Body: []byte(strings.Join(names, "\n") + "\n")}
	if err := replace(root, manifest, list); err != nil {
		return 0, fmt.Errorf("write files: %w", err)
	}
	return len(names), nil
}

// fileName is the name of a document's file below the folder.
func fileName(doc news.Document) string {
	name := strings.TrimPrefix(path.Clean("/"+doc.Path), "/")
	switch {
	case name == "":
		return "index.html"
	case strings.HasPrefix(doc.ContentType, "text/html"):
		return name + ".html"
	}
	return name
}

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
	next := name + ".next"
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
