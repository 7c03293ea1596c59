//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/internal/built"
)

const editedFile = "sources:\n  wire: https://wire.example/feed.xml\ntopics:\n  all: {}\n"

// TestEditedAtOnce: what several add at the same time is all there.
func TestEditedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feeds.yaml")
	write(t, path, editedFile)
	const editors, each = 8, 12
	var all sync.WaitGroup
	for n := range editors {
		all.Go(func() {
			for i := range each {
				name := fmt.Sprintf("paper-%d-%d", n, i)
				entry := config.Entry{Name: name, URL: "https://" + name + ".example/feed.xml"}
				if _, err := addEntries(terminal{out: io.Discard, err: io.Discard}, path, []config.Entry{entry}, false); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	cfg, err := config.Load(path, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Sources) != editors*each+1 {
		t.Errorf("of %d sources %d are there", editors*each+1, len(cfg.Sources))
	}
}

// TestEditedOwner: a file that root edits stays that of the program, which is not
// root; and where its owner cannot be kept by replacing it, it is written in place.
func TestEditedOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files away")
	}
	program := lent(t)
	dir := filepath.Dir(program)
	path, list := filepath.Join(dir, "feeds.yaml"), filepath.Join(dir, "list.opml")
	write(t, path, editedFile)
	write(t, list, `<opml><body><outline xmlUrl="https://gannet.example/feed.xml"/></body></opml>`)
	const service, keeper, group = 65533, 65532, 65531
	if err := errors.Join(os.Chmod(path, 0o660), os.Chown(path, service, group)); err != nil {
		t.Fatal(err)
	}
	whose := func() string {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		is := info.Sys().(*syscall.Stat_t)
		return fmt.Sprint(is.Uid, is.Gid, info.Mode())
	}
	was := whose()
	entries := func(name string) []config.Entry {
		return []config.Entry{{Name: name, URL: "https://" + name + ".example/"}}
	}
	if _, err := addEntries(terminal{out: io.Discard}, path, entries("ribera"), false); err != nil {
		t.Fatal(err)
	}
	if now := whose(); now != was {
		t.Errorf("it was %s, and is %s", was, now)
	}

	// Another one of its group, who cannot give it away.
	if out, err := as(t, program, keeper, group, "import", list); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if now := whose(); now != was {
		t.Errorf("it was %s, and is %s", was, now)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "ribera") || !strings.Contains(string(text), "gannet") {
		t.Errorf("%v: there is only:\n%s", err, text)
	}
}

// TestEditedFirst: who wants no file of theirs to be read by others, has a feeds.yaml
// that is not: a list may bring passwords.
func TestEditedFirst(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "list.opml")
	write(t, list, `<opml><body><outline xmlUrl="https://ann:tide@gannet.example/feed.xml"/></body></opml>`)
	for umask, want := range map[string]fs.FileMode{"022": 0o644, "077": 0o600} {
		path := filepath.Join(dir, umask+".yaml")
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "umask "+umask+`; exec "$0" "$@"`, built.Program(t), "import", "--config", path, list)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("umask %s: %v, %v", umask, info.Mode(), err)
		}
	}
}

// TestEditedThroughLink: a link stays one, also where its end is not there yet.
func TestEditedThroughLink(t *testing.T) {
	dir := t.TempDir()
	link, real := filepath.Join(dir, "feeds.yaml"), filepath.Join(dir, "kept", "mine.yaml")
	if err := errors.Join(os.Mkdir(filepath.Dir(real), 0o755), os.Symlink("kept/mine.yaml", link)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gannet", "ribera"} {
		entry := config.Entry{Name: name, URL: "https://" + name + ".example/feed.xml"}
		if _, err := addEntries(terminal{out: io.Discard}, link, []config.Entry{entry}, false); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Lstat(link)
	text, wrong := os.ReadFile(real)
	if err := errors.Join(err, wrong); err != nil {
		t.Fatal(err)
	}
	if info.Mode()&fs.ModeSymlink == 0 || strings.Count(string(text), ".example") != 2 {
		t.Errorf("the link is %s, and it leads to:\n%s", info.Mode(), text)
	}
}

// TestEditedOnFullDisk: a file that can only be written in place, as one that is
// mounted alone into a container, is what it was where there is no room for more.
func TestEditedOnFullDisk(t *testing.T) {
	disk, place := t.TempDir(), t.TempDir()
	kept, path := filepath.Join(disk, "feeds.yaml"), filepath.Join(place, "feeds.yaml")
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=8192"); err != nil {
		t.Skip("no small disk can be mounted:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	write(t, kept, editedFile)
	write(t, path, "")
	if err := syscall.Mount(kept, path, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
	add := func(n int) error {
		var list []config.Entry
		for i := range n {
			list = append(list, config.Entry{Name: fmt.Sprint("paper-", i), URL: fmt.Sprintf("https://paper.example/%d.xml", i)})
		}
		_, err := addEntries(terminal{out: io.Discard}, path, list, false)
		return err
	}
	if err := add(1000); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("a disk of 8 kB held it: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != editedFile {
		t.Errorf("%v: it holds %d bytes that begin with %.60q", err, len(text), text)
	}
	if err := add(1); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "paper-0") {
		t.Errorf("%v: it holds %.60q", err, text)
	}
}

// TestEditedLinesAreShown: what was written is shown, and no more of the file, however
// its lines end.
func TestEditedLinesAreShown(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		path := filepath.Join(t.TempDir(), "feeds.yaml")
		write(t, path, strings.ReplaceAll(editedFile, "\n", end))
		var out strings.Builder
		entry := config.Entry{Name: "gannet", URL: "https://gannet.example/feed.xml"}
		if _, err := addEntries(terminal{out: &out}, path, []config.Entry{entry}, false); err != nil {
			t.Fatal(err)
		}
		if want := "added to " + path + ":\n  gannet: https://gannet.example/feed.xml\n"; out.String() != want {
			t.Errorf("of lines that end with %q is shown\n%q, not\n%q", end, &out, want)
		}
	}
}

// TestEditedInReadOnlyFolder: a file that may be written is, though it is mounted alone
// into a container in which nothing else may be.
func TestEditedInReadOnlyFolder(t *testing.T) {
	place, kept := t.TempDir(), filepath.Join(t.TempDir(), "feeds.yaml")
	path := filepath.Join(place, "feeds.yaml")
	if err := syscall.Mount("none", place, "tmpfs", 0, ""); err != nil {
		t.Skip("nothing can be mounted:", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(place, syscall.MNT_DETACH) })
	write(t, kept, editedFile)
	write(t, path, "")
	if err := errors.Join(syscall.Mount(kept, path, "", syscall.MS_BIND, ""), syscall.Mount("none", place, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
	entry := config.Entry{Name: "gannet", URL: "https://gannet.example/feed.xml"}
	if _, err := addEntries(terminal{out: io.Discard}, path, []config.Entry{entry}, false); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(kept); err != nil || !strings.Contains(string(text), "gannet") {
		t.Errorf("%v: it holds:\n%s", err, text)
	}
}
