package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
)

func previewCommand(term terminal) *cobra.Command {
	var at overrides
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "preview TOPIC",
		Short: "Show what a topic would publish now under the rules in feeds.yaml",
		Long: `Judges everything that is stored by the rule of a topic as it stands in feeds.yaml
now, applied or not, and shows what the topic would publish. Nothing is stored or
published. It reads the store beside a running wireroom.`,
		Example: `  wireroom preview world
  wireroom preview --config next.yaml --json world | jq '.items[].title'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lib, err := at.open(cmd.Context(), term)
			if err != nil {
				return err
			}
			defer lib.close()
			warnOfLists(term, lib.setup.cfg)
			ch, err := lib.preview(cmd.Context(), args[0], time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				doc, err := render.JSON(lib.setup.site, ch)
				if err == nil {
					_, err = term.out.Write(doc.Body)
				}
				return err
			}
			return showChannel(term, ch)
		},
	}
	at.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the JSON Feed that would be published")
	return cmd
}

// preview returns what a topic would publish at now.
func (l *library) preview(ctx context.Context, name string, now time.Time) (render.Channel, error) {
	plan := l.setup.plan
	topic, ok := l.setup.topic(name)
	if !ok {
		return render.Channel{}, fmt.Errorf("there is no topic %q in %s; it has %s", name, l.setup.cfg.File, topicNames(plan.Topics))
	}
	var since time.Time
	if topic.Window > 0 {
		since = now.Add(-topic.Window)
	}
	var filed []news.Filed
	err := l.db.EachStory(ctx, since, func(s news.Story) bool {
		l.configure(&s)
		for _, f := range plan.Rules.File(s, plan.Authority, now) {
			if f.Topic == name && !f.Withdrawn {
				filed = append(filed, withMembers(f, s))
			}
		}
		if len(filed) > 2*topic.Limit+100 { // what is not shown now is not shown beside more of them, so that memory stays bounded
			filed = chosen(topic, filed, now)
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return render.Channel{}, err
	}
	return render.Channel{Topic: topic, Filed: chosen(topic, filed, now), MaxAge: maxAge(l.setup.cfg)}, ctx.Err()
}

// withMembers gives a filing its members, in its order.
func withMembers(f news.Filing, s news.Story) news.Filed {
	byKey := map[news.Key]news.Member{}
	for _, m := range s.Members {
		byKey[m.Record.Item.Key()] = m
	}
	filed := news.Filed{Filing: f}
	for _, key := range f.Members {
		filed.Members = append(filed.Members, byKey[key])
	}
	return filed
}

// chosen returns what a topic shows of filings at now, in its order.
func chosen(t news.Topic, filed []news.Filed, now time.Time) []news.Filed {
	at := func(f news.Filed) time.Time { return f.Published }
	if t.Sort == news.SortUpdated {
		at = func(f news.Filed) time.Time { return f.Updated }
	}
	slices.SortFunc(filed, func(a, b news.Filed) int {
		return cmp.Or(at(b).Compare(at(a)), cmp.Compare(a.Key, b.Key))
	})
	return output.Choose(t, filed, now)
}

func topicNames(topics []news.Topic) string {
	var names []string
	for _, t := range topics {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// showChannel prints a topic's stories for a person.
func showChannel(term terminal, ch render.Channel) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", ch.Topic.Name, stories(len(ch.Filed)))
	for i, f := range ch.Filed {
		lead := f.Members[0].Record.Item
		fmt.Fprintf(&b, "%3d. %s\n", i+1, lead.Title)
		fmt.Fprintf(&b, "     %s  %s  %s\n", f.Published.Format(time.RFC3339), f.Members[0].Outlet.Title, lead.Canonical)
		if len(f.Members) > 1 {
			var others []string
			for _, m := range f.Members[1:] {
				others = append(others, m.Outlet.Title)
			}
			fmt.Fprintf(&b, "     also %s; told by %s\n", strings.Join(others, ", "), count(f.Families, "publisher"))
		}
		fmt.Fprintf(&b, "     %s; story %s\n", f.Why, f.Story)
	}
	_, err := term.out.Write([]byte(b.String()))
	return err
}

func stories(n int) string {
	if n == 1 {
		return "1 story"
	}
	return fmt.Sprintf("%d stories", n)
}
