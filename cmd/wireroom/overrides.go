package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/store"
)

// overrides are the flags that come before what feeds.yaml says.
type overrides struct {
	config, store, listen string

	pipes config.Pipes // that the configuration came through
}

func (o *overrides) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.config, "config", "feeds.yaml", "the file that names sources and topics")
	cmd.Flags().StringVar(&o.store, "store", "", "SQLite file or postgres:// URL, instead of the store that the file names")
}

// load reads the configuration and applies the flags. One that is at fault is
// returned as it is.
func (o *overrides) load(list fetcher) (*config.Config, error) {
	if err := misplaced("--store", o.store); err != nil {
		return nil, err
	}
	if o.pipes == nil {
		o.pipes = config.Pipes{}
	}
	cfg, err := load(o.config, list, o.pipes)
	if err != nil {
		return cfg, err
	}
	if o.store != "" {
		cfg.Store = o.store
	}
	if o.listen != "" {
		cfg.Server.Listen = o.listen
	}
	return cfg, nil
}

// stored is load for commands that want nothing but the store: where a flag names
// it the file is not read, and so need neither be there nor be right, as where
// what it takes from the environment is missing in a cron job's.
func (o *overrides) stored() (*config.Config, error) {
	if o.store == "" {
		return o.load(nil)
	}
	if err := misplaced("--store", o.store); err != nil {
		return nil, err
	}
	return &config.Config{Store: o.store, Log: config.Log{Format: "text", Level: "warn"}}, nil
}

// misplaced is what is wrong with a path that a flag names, if anything is: behind
// an equals sign most shells leave ~ as it is.
func misplaced(flag, path string) error {
	if !config.BelowHome(path) {
		return nil
	}
	such := "/home/ann" + strings.TrimPrefix(path, "~")
	return exitError{fmt.Errorf("%s: ~ is a folder of that name here, and not your own; write the whole path, such as %s, or ./~/ if the folder is meant", flag, such), exitConfig}
}

// newLogger returns the program's one logger: JSON lines, or text, in colour
// on a terminal.
func newLogger(w io.Writer, form config.Log) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(form.Level)); err != nil {
		level = slog.LevelInfo // config has refused what is no level
	}
	if form.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, TimeFormat: time.DateTime, NoColor: !colour(w)}))
}

// colour reports whether w is a terminal whose user has not asked for plain
// text (https://no-color.org).
func colour(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// storeName names a store without its password, which may be a parameter, too.
func storeName(dsn string) string {
	u, err := url.Parse(dsn)
	switch {
	case store.IsFile(dsn):
		return dsn
	case err != nil:
		return "a database"
	}
	u.RawQuery = ""
	return u.Redacted()
}
