package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

func planCommand(term terminal) *cobra.Command {
	var at overrides
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Say what a feeds.yaml would change before it is applied",
		Long: `Compares a feeds.yaml with the configuration in force, which the store remembers,
and says what applying it would come to: sources and topics that are added,
removed or changed; the stories that each topic gains and loses, by judging all
that is stored under the rules of both; how often each host is asked, and the
delay to expect between an item's publication and its arrival.

Nothing is applied. A running wireroom applies feeds.yaml by itself as soon as it
changes: try a new one under another name.`,
		Example: `  cp feeds.yaml next.yaml; editor next.yaml
  wireroom plan --config next.yaml && mv next.yaml feeds.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := comparison(cmd.Context(), term, at, time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(term.out, p)
			}
			_, err = io.WriteString(term.out, p.String())
			return err
		},
	}
	at.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// A planned is what applying a configuration would come to.
type planned struct {
	Fresh    bool           `json:"fresh"` // no configuration was ever in force
	Sources  []change       `json:"sources"`
	Topics   []plannedTopic `json:"topics"`
	Forecast forecast       `json:"forecast"`
}

// The kinds of a change.
const (
	added   = "added"
	removed = "removed"
	changed = "changed"
)

// A change is what happens to a source or a topic.
type change struct {
	Name string   `json:"name"`
	What string   `json:"what,omitempty"` // empty: its own settings stay
	How  []string `json:"how,omitempty"`
}

// A plannedTopic is a topic that changes, or of which the stories do.
type plannedTopic struct {
	change
	Stories int      `json:"stories"` // that it files, shown or not
	Gains   int      `json:"gains"`
	Loses   int      `json:"loses"`
	Gained  []string `json:"gained,omitempty"` // headlines of the newest few
	Lost    []string `json:"lost,omitempty"`
}

// comparison compares a configuration with the one in force.
func comparison(ctx context.Context, term terminal, at overrides, now time.Time) (*planned, error) {
	lib, err := at.open(ctx, term)
	if errors.Is(err, store.ErrMissing) {
		cfg, err := at.load(unfetched)
		if err != nil {
			return nil, err
		}
		warn(term, cfg)
		return &planned{
			Fresh: true, Sources: sourceChanges(cfg, inForce{}, nil, nil), Topics: topicChanges(cfg, inForce{}),
			Forecast: foresee(cfg, nil, now),
		}, nil
	}
	if err != nil {
		return nil, err
	}
	defer lib.close()
	was, known, err := keptInForce(ctx, lib.db)
	if err != nil {
		return nil, err
	}
	states, err := lib.db.States(ctx)
	if err != nil {
		return nil, err
	}
	outlets, err := lib.db.Outlets(ctx)
	if err != nil {
		return nil, err
	}
	byName := map[string]news.State{}
	for _, s := range states {
		byName[s.Source] = s
	}
	cfg := lib.setup.cfg
	warn(term, cfg) // of a list that is not known yet, whose sources are missing here
	p := &planned{
		Fresh: !known, Sources: sourceChanges(cfg, was, byName, outlets), Topics: topicChanges(cfg, was),
		Forecast: foresee(cfg, byName, now),
	}
	if known && len(p.Sources)+len(p.Topics) > 0 {
		p.Topics, err = lib.judge(ctx, was, p.Topics, now)
	}
	return p, err
}

// String returns the plan as a person reads it.
func (p *planned) String() string {
	var b strings.Builder
	if p.Fresh {
		b.WriteString("no configuration was ever in force on this store: everything is new\n")
	}
	fmt.Fprintf(&b, "sources: %s\n", tally(p.Sources, func(c change) string { return c.What }))
	for _, c := range p.Sources {
		fmt.Fprintf(&b, "  %s %s: %s\n", sign(c.What), c.Name, strings.Join(c.How, "; "))
	}
	fmt.Fprintf(&b, "topics: %s\n", tally(p.Topics, func(t plannedTopic) string { return t.What }))
	for _, t := range p.Topics {
		how := strings.Join(t.How, ", ")
		if t.What == "" {
			how = "by what changed of its sources"
		}
		fmt.Fprintf(&b, "  %s %s: %s", sign(t.What), t.Name, how)
		if !p.Fresh {
			fmt.Fprintf(&b, "; %s, gains %d, loses %d", stories(t.Stories), t.Gains, t.Loses)
		}
		b.WriteString("\n")
		for _, title := range t.Gained {
			fmt.Fprintf(&b, "      + %s\n", title)
		}
		for _, title := range t.Lost {
			fmt.Fprintf(&b, "      - %s\n", title)
		}
	}
	p.Forecast.write(&b)
	return b.String()
}

// tally counts changes by their kind.
func tally[T any](all []T, kind func(T) string) string {
	var parts []string
	for _, what := range []string{added, removed, changed} {
		n := 0
		for _, c := range all {
			if kind(c) == what {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	if len(parts) == 0 {
		return "no change"
	}
	return strings.Join(parts, ", ")
}

// sign is what stands before a change of a kind.
func sign(what string) string {
	switch what {
	case added:
		return "+"
	case removed:
		return "-"
	}
	return "~"
}
