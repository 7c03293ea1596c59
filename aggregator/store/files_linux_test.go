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
