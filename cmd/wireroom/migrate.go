package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/store"
)

// migrateEvery is how often a migration says how far it has come.
const migrateEvery = 2 * time.Second

func migrateCommand(term terminal) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "migrate --from STORE --to STORE",
		Short: "Copy a store to another kind of store",
		Long: `Copies everything from a SQLite file to a PostgreSQL database, or back: items,
stories, ids, dates, and what was last heard of every source. What is published
is the same to the byte before and after.

No wireroom may run on either. The target must be empty; it is filled as a
whole or, if the copying is cut short, not at all: just start it again. The
source is left as it is.`,
		Example: "  wireroom migrate --from data/wireroom.db --to postgres://wireroom@db.example/wireroom",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" || to == "" {
				return usageError(cmd, errors.New("name both stores, with --from and --to"))
			}
			if err := cmp.Or(misplaced("--from", from), misplaced("--to", to)); err != nil {
				return err
			}
			logger := newLogger(term.err, config.Log{})
			begin, said := time.Now(), time.Now()
			var rows, last int64
			table := ""
			err := store.Move(cmd.Context(), from, to, logger, func(now string, n int64) {
				if now != table {
					rows += last
					table = now
				}
				if last = n; time.Since(said) >= migrateEvery {
					said = time.Now()
					logger.Info("copying", "table", table, "rows", n, "in all", rows+n)
				}
			})
			if err != nil {
				return exitError{err, exitConfig}
			}
			fmt.Fprintf(term.out, "%s is a copy of %s: %s in %s\n", storeName(to), storeName(from), count(int(rows+last), "row"), time.Since(begin).Round(time.Millisecond))
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "SQLite file or postgres:// URL to copy from")
	cmd.Flags().StringVar(&to, "to", "", "SQLite file or postgres:// URL to copy to")
	return cmd
}
