package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/story"
)

func splitCommand(term terminal) *cobra.Command {
	var at overrides
	cmd := &cobra.Command{
		Use:   "split STORY ITEM",
		Short: "Take an item out of a story that it was wrongly put into",
		Long: `Takes an item out of a story: it is put into another that it fits, or becomes a
story of its own. An item that opened the story keeps it to itself, and the others
leave. Copies that were made of an item go with it. The decision is kept: it
holds for later revisions, for other copies that arrive, and when everything is
filed anew. wireroom join takes it back.

Items and stories are named as wireroom explain names them. A wireroom that runs
on the store applies the decision within seconds; else the next run does.`,
		Example: "  wireroom split q7xk2mzr5t3wcl4f https://example.org/news/another-ferry",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return overrule(cmd.Context(), term, at, story.ActionSplit, args[0], args[1:])
		},
	}
	at.flags(cmd)
	return cmd
}

func joinCommand(term terminal) *cobra.Command {
	var at overrides
	cmd := &cobra.Command{
		Use:   "join STORY ITEM...",
		Short: "Put items into a story that they belong to",
		Long: `Puts items into a story. In the place of an item another story may be named, all
items of which are then joined. Copies that were made of an item go with it. The
decision is kept: it holds for later revisions and when everything is filed anew.
wireroom split takes it back.

Items and stories are named as wireroom explain names them. A wireroom that runs
on the store applies the decision within seconds; else the next run does.`,
		Example: "  wireroom join q7xk2mzr5t3wcl4f https://example.org/news/tugs-free-ferry",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return overrule(cmd.Context(), term, at, story.ActionJoin, args[0], args[1:])
		},
	}
	at.flags(cmd)
	return cmd
}

// overrule keeps a user's decision about items and a story.
func overrule(ctx context.Context, term terminal, at overrides, action story.Action, storyWord string, itemWords []string) error {
	cfg, err := at.stored()
	if err != nil {
		return err
	}
	db, err := openStored(ctx, term, cfg) // which makes no store where there is none
	if err != nil {
		return err
	}
	decisions, err := ruling(ctx, db, action, storyWord, itemWords)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if db, err = store.Open(ctx, cfg.Store, newLogger(term.err, cfg.Log)); err != nil {
		return exitError{err, exitConfig}
	}
	if err := errors.Join(aggregator.Overrule(ctx, db, decisions), db.Close()); err != nil {
		return err
	}
	for _, d := range decisions {
		switch item := d.Item.Slug(); {
		case action == story.ActionJoin:
			fmt.Fprintf(term.out, "item %s joins story %s\n", item, d.Story)
		case item == d.Story:
			fmt.Fprintf(term.out, "item %s opened the story and keeps it to itself: others leave story %s\n", item, d.Story)
		default:
			fmt.Fprintf(term.out, "item %s leaves story %s\n", item, d.Story)
		}
	}
	_, err = fmt.Fprintln(term.out, "a wireroom that runs on this store applies it within seconds, else the next run does")
	return err
}

// ruling turns the words of a user into decisions.
func ruling(ctx context.Context, db *store.DB, action story.Action, storyWord string, itemWords []string) ([]aggregator.Override, error) {
	members, err := look(ctx, db, storyWord)
	if err != nil {
		return nil, err
	}
	id := members[0].Decision.Story
	for _, m := range members {
		if m.Decision.Story != id || id == "" {
			return nil, fmt.Errorf("%q names no one story; wireroom explain lists what it names", storyWord)
		}
	}
	var decisions []aggregator.Override
	for _, word := range itemWords {
		found, err := look(ctx, db, word)
		if err != nil {
			return nil, err
		}
		if action == story.ActionSplit {
			if found, err = splittable(id, word, found); err != nil {
				return nil, err
			}
		}
		for _, m := range found {
			key := m.Record.Item.Key()
			if action == story.ActionSplit || m.Decision.Story != id {
				decisions = append(decisions, aggregator.Override{Action: action, Story: id, Item: key})
			}
		}
	}
	if len(decisions) == 0 {
		return nil, fmt.Errorf("they are in story %s already", id)
	}
	return decisions, nil
}

// splittable returns the one item that a word names in a story. The id of a
// story stands for the item that opened it.
func splittable(id, word string, found []news.Member) ([]news.Member, error) {
	var within []news.Member
	for _, m := range found {
		if m.Record.Item.Key().Slug() == word {
			within = []news.Member{m}
			break
		}
		within = append(within, m)
	}
	switch m := within[0]; {
	case len(within) > 1:
		return nil, fmt.Errorf("%q names %d items; name one of them by its id, as wireroom explain lists them", word, len(within))
	case m.Decision.Story != id:
		return nil, fmt.Errorf("item %s is in story %s, not in %s", m.Record.Item.Key().Slug(), m.Decision.Story, id)
	}
	return within, nil
}
