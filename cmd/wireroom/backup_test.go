package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestBackupTwice: of several backups into one file at the same time one is made,
// whole, and the others say that there is a file of that name.
func TestBackupTwice(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	var feed strings.Builder
	feed.WriteString("<rss version=\"2.0\"><channel><title>Wire</title>")
	for i := range 200 {
		fmt.Fprintf(&feed, "<item><title>Ferry %[1]d late</title><link>https://wire.example/%[1]d</link><description>%[2]s</description></item>",
			i, strings.Repeat(fmt.Sprintf("The ferry of %d was late. ", i*i), 40))
	}
	write(t, at("feed.xml"), feed.String()+"</channel></rss>")
	write(t, at("feeds.yaml"), "store: "+at("wireroom.db")+"\nsources: {wire: 'file:feed.xml'}\ntopics: {all: {}}\n")
	var said bytes.Buffer
	if code := run(t.Context(), []string{"once", "--config", at("feeds.yaml"), "--out", at("public")}, nil, &said, &said); code != exitOK {
		t.Fatal(said.String())
	}
	const backups = 4
	var out [backups]bytes.Buffer
	var codes [backups]int
	var all sync.WaitGroup
	for i := range backups {
		all.Go(func() {
			codes[i] = run(t.Context(), []string{"backup", "--store", at("wireroom.db"), at("copy.db")}, nil, &out[i], &out[i])
		})
	}
	all.Wait()
	made := 0
	for i := range backups {
		switch {
		case codes[i] == exitOK:
			made++
		case !strings.Contains(out[i].String(), "copy.db: file already exists; name a new file"):
			t.Errorf("exit code %d: %s", codes[i], out[i].String())
		}
	}
	left, err := filepath.Glob(at("copy.db*"))
	if err := errors.Join(err, os.Remove(at("wireroom.db"))); err != nil {
		t.Fatal(err)
	}
	if made != 1 || !slices.Equal(left, []string{at("copy.db")}) {
		t.Errorf("%d were made, and there are %v", made, left)
	}
	said.Reset()
	if code := run(t.Context(), []string{"restore", "--store", at("again.db"), at("copy.db")}, nil, &said, &said); code != exitOK {
		t.Error(said.String())
	}
}
