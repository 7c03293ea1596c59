package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output/render"
)

func exportCommand(term terminal) *cobra.Command {
	var at overrides
	var opml bool
	cmd := &cobra.Command{
		Use:   "export --opml",
		Short: "Print the sources as an OPML list for other feed readers",
		Long: `Prints the sources of feeds.yaml, with those of the lists that it includes, as an
OPML list. Names, titles, tags and languages come back with wireroom import.

Left out, and told of, are pages without a feed, local files, and addresses that
hold a value of the environment in their path or query, since that may be a
secret. User names, passwords and configured query parameters are never printed.`,
		Example: "  wireroom export --opml > sources.opml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !opml {
				return exitError{errors.New("say in which form: --opml"), exitUsage}
			}
			return export(cmd.Context(), term, at)
		},
	}
	at.flags(cmd)
	cmd.Flags().BoolVar(&opml, "opml", false, "as an OPML 2.0 subscription list")
	return cmd
}

func export(ctx context.Context, term terminal, at overrides) error {
	cfg, err := at.load(nil)
	if err != nil {
		return err
	}
	titles := map[string]news.Outlet{}
	list := fetcher(unfetched)
	db, err := openStored(ctx, term, cfg)
	switch {
	case errors.Is(err, store.ErrMissing): // it has yet to be polled
	case err != nil:
		return err
	default:
		defer db.Close()
		outlets, err := db.Outlets(ctx)
		if err != nil {
			return err
		}
		for _, o := range outlets {
			titles[o.Source] = o
		}
		list = func(address string) ([]byte, error) { return keptList(ctx, db, address) }
	}
	if len(cfg.Lists) > 0 { // else a pipe, which can be read once, may do
		if cfg, err = at.load(list); err != nil {
			return err
		}
	}
	for _, w := range cfg.Warnings {
		fmt.Fprintln(term.err, w.Error())
	}
	var outlets []news.Outlet
	for _, src := range cfg.Sources {
		if why := unfit(src, cfg.Environ); why != "" {
			fmt.Fprintf(term.err, "%s is left out: %s\n", src.Name, why)
			continue
		}
		outlets = append(outlets, exported(src, titles[src.Name]))
	}
	doc, err := render.ExportedOPML(cfg.Title, outlets)
	if err == nil {
		_, err = term.out.Write(doc.Body)
	}
	return err
}

// exported is a source as it stands in a list; known is what its feed says of
// itself, if it was ever polled.
func exported(src news.Source, known news.Outlet) news.Outlet {
	o := news.Outlet{Source: src.Name, Title: src.Title, Feed: poll.PublicURL(src, src.URL), Link: known.Link, Language: src.Language, Tags: src.Tags}
	if src.Site {
		o.Feed, o.Link = "", poll.PublicURL(src, src.URL)
	}
	return o
}

// unfit says why a source cannot stand in a list; "" if it can. values are
// those that may be secrets.
func unfit(src news.Source, values []string) string {
	address, err := url.Parse(src.URL)
	switch {
	case err != nil || address.Scheme != "http" && address.Scheme != "https":
		return "it is a local file"
	case src.Page != nil:
		return "it is a page without a feed"
	}
	for _, value := range values {
		for _, part := range []string{address.Path, address.RawQuery} {
			if strings.Contains(part, value) || strings.Contains(part, url.QueryEscape(value)) {
				return "its address holds a value of the environment, which may be a secret"
			}
		}
	}
	return ""
}
