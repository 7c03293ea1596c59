package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// TestToldToStop: what is ended before it was done says so, and not what of the
// store or of the network it was at.
func TestToldToStop(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "feeds.yaml")
	write(t, path, "store: "+filepath.Join(dir, "wireroom.db")+"\nsources: {wire: https://wire.example/}\ntopics: {all: {}}\n")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, said bytes.Buffer
	code := run(ctx, []string{"once", "--config", path, "--out", filepath.Join(dir, "public")}, nil, &out, &said)
	if want := "wireroom: it was told to stop before it was done\n"; code != exitFailed || said.String() != want {
		t.Errorf("exit code %d, and %q, not %q", code, said.String(), want)
	}
}

// A full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// TestCheckUnheard: who cannot be told that a file is right is not to take it so.
func TestCheckUnheard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feeds.yaml")
	write(t, path, "sources: {wire: https://wire.example/}\ntopics: {all: {}}\n")
	var said bytes.Buffer
	if code := run(t.Context(), []string{"check", "--config", path}, nil, full{}, &said); code != exitFailed {
		t.Errorf("exit code %d: %s", code, said.String())
	}
}
