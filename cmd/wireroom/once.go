package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output"
)

func onceCommand(term terminal) *cobra.Command {
	var at overrides
	var dir string
	cmd := &cobra.Command{
		Use:   "once",
		Short: "Poll what is due, write the feeds and pages as files, and exit",
		Long: `Polls every source that is due, once, and writes what serve would publish as
static files for any web server: for cron jobs and static hosting. The bytes are
those that serve hands out, but that pages have no field to search with, and feeds
name no hub but an outside one: a file cannot answer. Private topics are left out:
a file cannot ask for a token. The files lead to server.base_url, which is to be set to
the address at which the files will be.

A file is replaced as a whole, and what others lead to is written before them;
then the files are removed that are no more. It can be ended at any moment: the
next one goes on. Files that something else put into the folder stay.`,
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
	if err := misplaced("--out", dir); err != nil {
		return err
	}
	cfg, err := at.load(nil)
	if err != nil {
		return err
	}
	if err := output.Writable(dir); err != nil { // before anybody is asked for anything
		return exitError{fmt.Errorf("the folder %s cannot be written to: %w; let this user write there, or name another with --out", dir, err), exitConfig}
	}
	p, err := assemble(ctx, cfg, at.load, newLogger(term.err, cfg.Log), poll.Options{})
	if err != nil {
		return err
	}
	defer p.close()
	p.written = make(chan struct{})
	defer close(p.written)
	if err := p.publisher.Restore(ctx); err != nil {
		return err
	}
	if len(cfg.Lists) > 0 {
		if _, err := p.apply(ctx, at.load); err != nil {
			return err
		}
	}
	lost := p.aggregator.CollectOnce(ctx)
	err = p.aggregator.FileOnce(ctx)
	n := 0
	if err == nil {
		p.tidy(ctx)
		n, err = p.writeFiles(ctx, dir)
	}
	switch {
	case errors.Is(err, store.ErrNotLeader):
		return exitError{fmt.Errorf("another wireroom serves from %s: what was polled is stored for it, and no file was written; give this one a store of its own", storeName(cfg.Store)), exitConfig}
	case err != nil:
		return err
	}
	if lost != nil { // what could be is written
		return lost
	}
	_, err = fmt.Fprintf(term.out, "%s written to %s\n", count(n, "file"), dir)
	return err
}

// unheard is a configuration without the hub that is built in: nobody listens there.
func unheard(cfg *config.Config) *config.Config {
	files := *cfg
	files.Topics = slices.Clone(cfg.Topics)
	for i := range files.Topics {
		if t := &files.Topics[i]; t.Hub == cfg.Server.OwnHub() {
			t.Hub = ""
		}
	}
	return &files
}

// writeFiles publishes everything as files below a folder, but for what answers
// to questions, and returns how many there are.
func (p *program) writeFiles(ctx context.Context, dir string) (int, error) {
	set := *p.setup.Load()
	set.site.Search, set.cfg = false, unheard(set.cfg)
	p.setup.Store(&set)
	p.publisher.Replace(set.catalogue())
	for more := true; more; {
		if err := p.publisher.Publish(ctx, nil); err != nil {
			return 0, err
		}
		topics, err := p.publisher.Archive(ctx)
		if err != nil {
			return 0, err
		}
		more = len(topics) > 0
	}
	following := map[string]string{} // a folder cannot say where the page after the newest is: it holds it
	for _, topic := range set.open() {
		newest, _, err := p.db.Archived(ctx, topic)
		if err != nil {
			return 0, err
		}
		maps.Copy(following, nextArchives(topic, newest))
	}
	// What others lead to comes before them.
	done, ok := alone(dir)
	defer done()
	if !ok {
		return 0, fmt.Errorf("another wireroom is writing into the folder %s: what was polled is stored, and no file was written; name another folder with --out, or run one after the other", dir)
	}
	return output.WriteFiles(dir, func(yield func(news.Document, error) bool) {
		for _, topic := range set.open() {
			for doc, err := range p.db.ArchivePages(ctx, topic) {
				if err == nil {
					doc, err = p.archived(ctx, topic, doc)
				}
				if !yield(doc, err) {
					return
				}
			}
		}
		for doc, err := range p.storyPages(ctx) {
			if !yield(doc, err) {
				return
			}
		}
		for _, doc := range p.publisher.Current() {
			if !yield(doc, nil) {
				return
			}
			if doc.Path = following[doc.Path]; doc.Path != "" && !yield(doc, nil) {
				return
			}
		}
	})
}
