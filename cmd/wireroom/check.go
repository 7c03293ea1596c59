package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
)

func checkCommand(term terminal) *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say everything that is wrong with feeds.yaml",
		Long: `Reads feeds.yaml as serve would, and says everything that is wrong with it, each
with its file, line, column and mend. Nothing is polled, stored or published.

The exit code is 0 if the file is right, and 1 if it is not. Faulty entries of an
included list are warnings: they are left out.`,
		Example: "  wireroom check\n  wireroom check --config /etc/wireroom/feeds.yaml --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := load(path, nil, nil)
			var problems config.Problems
			if err != nil && !errors.As(err, &problems) {
				return err
			}
			if cfg != nil {
				warn(term, cfg)
			}
			if asJSON {
				if problems == nil {
					problems = config.Problems{}
				}
				if err := printJSON(term.out, problems); err != nil {
					return err
				}
			}
			if len(problems) > 0 {
				if asJSON {
					return errSilent
				}
				fmt.Fprintln(term.err, problems.Error())
				return fmt.Errorf("%s in %s", count(len(problems), "problem"), path)
			}
			if !asJSON {
				_, err = fmt.Fprintf(term.out, "%s is right: %s, %s\n", path, count(len(cfg.Sources), "source"), count(len(cfg.Topics), "topic"))
				return err
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&path, "config", "feeds.yaml", "the file to check")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the problems as a JSON array, empty if there are none")
	return cmd
}

// warn tells of what is wrong in the lists that a configuration includes.
func warn(term terminal, cfg *config.Config) {
	for _, w := range cfg.Warnings {
		fmt.Fprintln(term.err, "warning:", w.Error())
	}
}

// warnOfLists tells of the lists that a configuration includes and that are missing,
// with all of their sources.
func warnOfLists(term terminal, cfg *config.Config) {
	for _, w := range cfg.Warnings {
		if strings.HasPrefix(w.Path, "include.") { // else it is of an entry of one
			fmt.Fprintln(term.err, "warning:", w.Error())
		}
	}
}
