package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store"
)

// TestNoFile: what is no file is not waited for, and no restore puts a folder
// aside, with all that is in it.
func TestNoFile(t *testing.T) {
	path, dir := filepath.Join(t.TempDir(), "wireroom.db"), t.TempDir()
	if err := note(t, path, "whole").Close(); err != nil {
		t.Fatal(err)
	}
	pipe, folder := filepath.Join(dir, "pipe"), filepath.Join(dir, "data")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Mkdir(folder, 0o755)); err != nil {
		t.Fatal(err)
	}
	ctx, now := t.Context(), time.Now()
	for _, name := range []string{pipe, folder, os.DevNull} {
		for _, use := range []func() error{
			func() error { _, err := store.Open(ctx, name, quiet); return err },
			func() error { _, err := store.OpenReader(ctx, name, quiet); return err },
			func() error { _, err := store.Restore(ctx, name, path, now); return err },
			func() error { _, err := store.Restore(ctx, path, name, now); return err },
		} {
			used := make(chan error, 1)
			go func() { used <- use() }()
			select {
			case err := <-used:
				if !errors.Is(err, store.ErrForeign) {
					t.Errorf("%s: %v", name, err)
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("%s: it is waited for", name)
			}
		}
	}
	if there, err := os.ReadDir(dir); err != nil || len(there) != 2 {
		t.Errorf("something was made or moved: %v, %v", there, err)
	}
}

// TestNotOurs: who may not open a store to read it is told as whom to do so, and
// not to take it away from the program that runs on it.
func TestNotOurs(t *testing.T) {
	path, _ := sample(t)
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // this thread is somebody else to the files
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Fatal(err)
		}
		defer syscall.Setfsuid(0)
	}
	_, err := store.OpenReader(t.Context(), path, quiet)
	if !errors.Is(err, store.ErrUnwritable) || !strings.Contains(err.Error(), "run this as the user that it belongs to") || strings.Contains(err.Error(), "chown") {
		t.Errorf("the error is %v", err)
	}
}

// TestStoreLeftInTheMaking opens stores beside what was left by those who were killed
// while they made one: it goes, but not what somebody is making.
func TestStoreLeftInTheMaking(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour)
	left := func(name string) string {
		path := filepath.Join(dir, ".new-store-"+name)
		if err := errors.Join(os.Mkdir(path, 0o700), os.WriteFile(filepath.Join(path, "store"), []byte("half"), 0o600), os.WriteFile(filepath.Join(path, "making"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	gone, fresh, slow, mine := left("1"), left("2"), left("3"), filepath.Join(dir, ".new-store-mine")
	if err := errors.Join(os.WriteFile(mine, nil, 0o600), os.Chtimes(mine, old, old), os.Chtimes(gone, old, old), os.Chtimes(slow, old, old)); err != nil {
		t.Fatal(err)
	}
	making, err := os.Open(filepath.Join(slow, "making"))
	if err == nil {
		defer making.Close()
		err = syscall.Flock(int(making.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	there := func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	}
	path := filepath.Join(dir, "wireroom.db")
	for _, what := range []string{"made", "opened"} {
		if err := note(t, path, "whole").Close(); err != nil {
			t.Fatal(err)
		}
		if there(gone) || !there(fresh) || !there(slow) || !there(mine) {
			t.Errorf("with a store %s there are: what was left %v, what is new %v, what is being made %v, a file of the user's %v",
				what, there(gone), there(fresh), there(slow), there(mine))
		}
		if what == "made" {
			if gone = left("4"); os.Chtimes(gone, old, old) != nil {
				t.Fatal("it cannot be made older")
			}
		}
	}
}
