//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/wireroom/wireroom/internal/built"
)

// TestOnceIntoOneFolder runs once while another one writes into its folder: it says so,
// and neither removes nor replaces what that writes.
func TestOnceIntoOneFolder(t *testing.T) {
	t.Parallel()
	bin, dir := built.Program(t), t.TempDir()
	writeFerry(t, dir)
	write(t, filepath.Join(dir, "one.yaml"), "store: one.db\nsources: {gannet: 'file:gannet.xml'}\ntopics: {ferries: {}}\n")
	write(t, filepath.Join(dir, "other.yaml"), "store: other.db\nsources: {tidewell: 'file:tidewell.xml'}\ntopics: {boats: {}}\n")
	command(t, bin, dir, 0, "files written to public", "once", "--config", "one.yaml")
	public, err := os.Open(filepath.Join(dir, "public"))
	if err == nil {
		defer public.Close()
		err = syscall.Flock(int(public.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	command(t, bin, dir, 1, "another wireroom is writing into the folder public", "once", "--config", "other.yaml")
	if _, err := os.Stat(filepath.Join(dir, "public", "topics", "ferries.rss")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "public", "topics", "boats.rss")); err == nil {
		t.Error("a file was written")
	}
	public.Close()
	command(t, bin, dir, 0, "files written to public", "once", "--config", "other.yaml")
}
