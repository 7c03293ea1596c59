package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/store"
)

func backupCommand(term terminal) *cobra.Command {
	var at overrides
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a copy of the store, while it is in use",
		Long: `Writes a copy of the SQLite store to a file that does not exist yet. It is the
store as it was at one moment, whole, whatever a running wireroom writes
meanwhile; it is read through once before it is given its name.

A PostgreSQL database is backed up with pg_dump.`,
		Example: "  wireroom backup /backup/wireroom-$(date +%F).db",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return backup(cmd.Context(), term, at, args[0])
		},
	}
	at.flags(cmd)
	return cmd
}

func backup(ctx context.Context, term terminal, at overrides, file string) error {
	cfg, err := at.stored()
	if err != nil {
		return err
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s: %w; name a new file", file, fs.ErrExist)
	}
	db, err := openStored(ctx, term, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	// In a folder of its own nobody else writes, such as a second backup.
	dropParts(filepath.Dir(file))
	dir, err := os.MkdirTemp(filepath.Dir(file), filepath.Base(file)+partEnding)
	if err != nil {
		return fmt.Errorf("the copy cannot be written: %w; name a file in a folder that is there and that you may write to", err)
	}
	defer os.RemoveAll(dir)
	done, _ := alone(dir)
	defer done()
	part := filepath.Join(dir, filepath.Base(file))
	if err := db.Backup(ctx, part); err != nil {
		return err
	}
	copied, err := store.OpenReader(ctx, part, newLogger(term.err, cfg.Log))
	if err != nil {
		return err
	}
	held, err := copied.Stats(ctx)
	if err := errors.Join(err, copied.Check(ctx), copied.Close()); err != nil {
		return err
	}
	if err := os.Link(part, file); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w; name a new file", file, fs.ErrExist) // it has come to be there meanwhile
	} else if err != nil { // not every file system has hard links
		if err := os.Rename(part, file); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(term.out, "%s: %s, %d kB\n", file, count(int(held.Items), "item"), held.Bytes>>10)
	return err
}

// A backup is made in a folder of its file's name and partEnding, with digits behind it,
// which its maker keeps locked. What is older than abandonedAfter and not locked was
// left by one that was killed.
const (
	partEnding     = ".part-"
	abandonedAfter = time.Hour
)

// dropParts removes from a folder what backups have left that were killed, which is as
// large as the store. A folder that others may read, or that holds nothing or anything
// else, is not theirs.
func dropParts(folder string) {
	left, _ := fs.Glob(os.DirFS(folder), "*"+partEnding+"*")
	for _, name := range left {
		file, digits, _ := strings.Cut(name, partEnding)
		path := filepath.Join(folder, name)
		info, err := os.Lstat(path)
		if err != nil || info.Mode() != fs.ModeDir|0o700 || len(digits) < 6 || strings.Trim(digits, "0123456789") != "" || time.Since(info.ModTime()) < abandonedAfter {
			continue
		}
		held, err := os.ReadDir(path)
		done, ok := alone(path)
		if err == nil && ok && len(held) > 0 && !slices.ContainsFunc(held, func(e fs.DirEntry) bool {
			return !slices.Contains([]string{file, file + "-wal", file + "-shm", file + "-journal"}, e.Name())
		}) {
			_ = os.RemoveAll(path)
		}
		done()
	}
}

func restoreCommand(term terminal) *cobra.Command {
	var at overrides
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the store, while it is in use",
		Long: `Puts a copy of a backup in the place of the SQLite store that feeds.yaml or
--store names. The backup is read through first; a wireroom that serves from the
store closes it, lets its readers wait for that moment, and goes on with what was
restored; the old store, whole or damaged, is kept beside the new one.

A PostgreSQL database is restored with pg_restore.`,
		Example: "  wireroom restore /backup/wireroom-2026-03-01.db",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := at.stored()
			if err != nil {
				return err
			}
			kept, err := store.Restore(cmd.Context(), cfg.Store, args[0], time.Now())
			if err != nil {
				return exitError{err, exitConfig}
			}
			fmt.Fprintf(term.out, "%s is restored from %s\n", cfg.Store, args[0])
			if kept != "" {
				fmt.Fprintf(term.out, "the store that was there is kept as %s\n", kept)
			}
			return nil
		},
	}
	at.flags(cmd)
	return cmd
}
