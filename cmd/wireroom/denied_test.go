//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/wireroom/wireroom/internal/built"
)

// lent puts the program into a folder of everybody, where other users may run it.
func lent(t *testing.T) (program string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	dir := t.TempDir()
	program = filepath.Join(dir, "wireroom")
	if err := errors.Join(os.Link(built.Program(t), program), os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	return program
}

// as runs a command as another user, in the folder of the program.
func as(t *testing.T, program string, uid, gid uint32, args ...string) (string, error) {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = filepath.Dir(program)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestDenied: whoever may not read feeds.yaml, or write it, is told whose it is and
// what to do.
func TestDenied(t *testing.T) {
	program := lent(t)
	path := filepath.Join(filepath.Dir(program), "feeds.yaml")
	write(t, path, "sources:\n  wire: https://wire.example/feed.xml\ntopics:\n  all: {}\n")
	write(t, filepath.Join(filepath.Dir(program), "list.opml"), `<opml><body><outline xmlUrl="https://gannet.example/feed.xml"/></body></opml>`)
	const service, other = 65533, 65532
	if err := errors.Join(os.Chown(path, service, service), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	refused := func(want string, args ...string) {
		t.Helper()
		if out, err := as(t, program, other, other, args...); err == nil || !strings.Contains(out, want) {
			t.Errorf("wireroom %v: %v: no %q in:\n%s", args, err, want, out)
		}
	}
	const unread = "user 65532 may not read feeds.yaml, which belongs to user 65533 and group 65533 with the mode -rw-------: let that user read it with chmod or chgrp"
	for _, command := range [][]string{{"check"}, {"serve"}, {"once"}, {"plan"}, {"backup", "copy.db"}, {"healthcheck"}, {"import", "list.opml"}, {"inspect", "wire"}} {
		refused(unread, command...)
	}
	if err := errors.Join(os.Chmod(path, 0o644), os.Chmod(filepath.Dir(path), 0o755)); err != nil {
		t.Fatal(err)
	}
	refused("user 65532 may not write feeds.yaml, which belongs to user 65533 and group 65533 with the mode -rw-r--r--: let that user write it", "import", "list.opml")
}

// TestOwnFolderShut: who owns a folder, or a store, that its mode forbids him is told
// the command that opens it, and not to take what is his already.
func TestOwnFolderShut(t *testing.T) {
	program := lent(t)
	dir := filepath.Dir(program)
	data, db := filepath.Join(dir, "data"), filepath.Join(dir, "data", "wireroom.db")
	write(t, filepath.Join(dir, "feeds.yaml"), "sources:\n  wire: file:feed.xml\ntopics:\n  all: {}\n")
	write(t, filepath.Join(dir, "feed.xml"), bulletin("wire", 1))
	const service = 65533
	if err := errors.Join(os.Chown(dir, service, service), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	if out, err := as(t, program, service, service, "once"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, shut := range []struct {
		path string
		mode os.FileMode
	}{{db, 0o444}, {db, 0}, {data, 0o555}, {data, 0}} {
		if err := os.Chmod(shut.path, shut.mode); err != nil {
			t.Fatal(err)
		}
		out, err := as(t, program, service, service, "once")
		if err == nil || !strings.Contains(out, "try: chmod u+rwX "+shut.path+"\n") {
			t.Errorf("%s with %v: %v\n%s", shut.path, shut.mode, err, out)
		}
		if err := os.Chmod(shut.path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOnceIntoAnothersFolder: once says that it may not write into a folder before it
// asks any source for anything, and which folder that is.
func TestOnceIntoAnothersFolder(t *testing.T) {
	var asked atomic.Bool
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Store(true)
		fmt.Fprint(w, bulletin("wire", 1))
	}))
	t.Cleanup(origin.Close)
	program := lent(t)
	dir := filepath.Dir(program)
	write(t, filepath.Join(dir, "feeds.yaml"), "sources:\n  wire: {url: \""+origin.URL+"\", allow_private: true}\ntopics:\n  all: {}\n")
	www := filepath.Join(dir, "www")
	if err := os.Mkdir(www, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := as(t, program, 65533, 65533, "once", "--out", www)
	if err == nil || asked.Load() || !strings.Contains(out, "the folder "+www+" cannot be written to") {
		t.Errorf("%v, asked: %t\n%s", err, asked.Load(), out)
	}
}
