package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/output"
)

func onceCommand(term terminal) *cobra.Command {
	var at overrides
	var dir string
	cmd := &cobra.Command{
		Use:   "once",
		Short: "Poll what is due, write the feeds and pages as files, and exit",
		Long: `Polls every source that is due, once, and writes what serve would publish as
static files for any web server: for cron jobs and static hosting. A file is
replaced as a whole; files of topics that are no more are removed.`,
		Example: "  wireroom once --out /var/www/feeds",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return once(cmd.Context(), term, at, dir)
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&dir, "out", "public", "folder to write to; it is made if it does not exist")
	return cmd
}

func once(ctx context.Context, term terminal, at overrides, dir string) error {
	cfg, err := at.load(nil)
	if err != nil {
		return err
	}
	p, err := assemble(ctx, cfg, newLogger(term.err, cfg.Log), poll.Options{})
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.publisher.Restore(ctx); err != nil {
		return err
	}
	if len(cfg.Lists) > 0 {
		if err := p.apply(ctx, at.load); err != nil {
			return err
		}
	}
	p.aggregator.CollectOnce(ctx)
	if err := p.aggregator.FileOnce(ctx); err != nil {
		return err
	}
	if err := p.publisher.Publish(ctx, nil); err != nil {
		return err
	}
	stories, err := p.storyPages(ctx)
	if err != nil {
		return err
	}
	n, err := output.WriteFiles(dir, append(p.publisher.Current(), stories...))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(term.out, "%s written to %s\n", count(n, "file"), dir)
	return err
}
