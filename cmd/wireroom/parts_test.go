//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestBackupLeftInTheMaking makes a backup beside what was left by those who were killed
// while they made one: it goes, but neither what somebody is making nor what may be the
// user's.
func TestBackupLeftInTheMaking(t *testing.T) {
	t.Parallel()
	bin, dir := built.Program(t), t.TempDir()
	writeFerry(t, dir)
	write(t, filepath.Join(dir, "feeds.yaml"), "store: wireroom.db\nsources: {gannet: 'file:gannet.xml'}\ntopics: {ferries: {}}\n")
	command(t, bin, dir, 0, "files written to public", "once")
	old := time.Now().Add(-2 * time.Hour)
	left := func(name string, mode os.FileMode, age time.Time, files ...string) string {
		path := filepath.Join(dir, name)
		err := os.Mkdir(path, mode)
		for _, file := range files {
			err = errors.Join(err, os.WriteFile(filepath.Join(path, file), []byte("half"), 0o600))
		}
		if err = errors.Join(err, os.Chtimes(path, age, age)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	gone := left("monday.db.part-1234567890", 0o700, old, "monday.db", "monday.db-journal")
	making := left("tuesday.db.part-1234567891", 0o700, old, "tuesday.db")
	kept := []string{
		making,
		left("wednesday.db.part-1234567892", 0o700, time.Now(), "wednesday.db"),
		left("film.part-1234567893", 0o700, old, "film", "notes"),
		left("film.part-1234567894", 0o755, old, "film"),
		left("film.part-2", 0o700, old, "film"),
		left("film.part-1234567895", 0o700, old),
	}
	f, err := os.Open(making)
	if err == nil {
		defer f.Close()
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	command(t, bin, dir, 0, "1 item", "backup", "thursday.db")
	if _, err := os.Lstat(gone); err == nil {
		t.Errorf("%s is still there", gone)
	}
	for _, path := range kept {
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("%s is gone", path)
		}
	}
}
