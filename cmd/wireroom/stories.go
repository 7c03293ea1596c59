package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/story"
)

func storiesCommand(term terminal) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "stories FILE|-",
		Short: "Say which items of a file tell the same story, and why",
		Long: `Reads items as JSON lines, in the order in which they came, and prints for each
its story, how it came to it, by what score and by what evidence. Nothing is
polled or stored. It is how the recognition of stories is measured on data of
one's own: docs/sameness.md does it on public sets.

A line is an object with id (one for each item), source, title, text and time
(RFC 3339, or seconds since 1970), and family, lang and url where they are known.

An item is the first of its story (new), the same item again (same), a copy of a
text that is known (copy), or another report on the same event (report). With
--json a line is {id, source, story, kind, score, of, family, agency, evidence,
nearest}; a story is named by the id of its first item.`,
		Example: `  wireroom stories items.jsonl
  zcat items.jsonl.gz | wireroom stories --json - | jq -r '[.story, .id] | @tsv'`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in := term.in
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			out := bufio.NewWriter(term.out)
			printer := storyPrinter{out: out, ids: map[string]string{}, enc: json.NewEncoder(out)}
			printer.enc.SetEscapeHTML(false)
			show := printer.show
			if asJSON {
				show = printer.json
			}
			if err := story.Lines(in, story.Options{}, show); err != nil {
				out.Flush()
				return fmt.Errorf("%s: %w", args[0], err)
			}
			return out.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON lines")
	return cmd
}

// A storyPrinter prints decisions. It names stories by the ids that the file
// gives to their first items, for the user knows no others.
type storyPrinter struct {
	out *bufio.Writer
	enc *json.Encoder
	ids map[string]string // of an item's slug
}

// toldLine is what stories --json prints of an item.
type toldLine struct {
	ID       string         `json:"id"`
	Source   string         `json:"source"`
	Story    string         `json:"story"`
	Kind     news.Kind      `json:"kind"`
	Score    float64        `json:"score"`
	Of       string         `json:"of,omitempty"`
	Family   string         `json:"family"`
	Agency   string         `json:"agency,omitempty"`
	Evidence news.Evidence  `json:"evidence,omitzero"`
	Nearest  *nearestOfLine `json:"nearest,omitempty"`
}

type nearestOfLine struct {
	ID    string  `json:"id"`
	Story string  `json:"story"`
	Score float64 `json:"score"`
	Why   string  `json:"why"`
}

func (p *storyPrinter) told(line story.Line, d news.Decision) toldLine {
	p.ids[d.Key.Slug()] = line.ID
	t := toldLine{
		ID: line.ID, Source: line.Source, Story: p.name(d.Story), Kind: d.Kind, Score: d.Score,
		Of: d.Of.ID, Family: d.Family, Agency: d.Agency, Evidence: d.Evidence,
	}
	if n := d.Nearest; n != nil {
		t.Nearest = &nearestOfLine{n.Key.ID, p.name(n.Story), n.Score, n.Why}
	}
	return t
}

// name is the user's name of a story.
func (p *storyPrinter) name(slug string) string {
	if id, ok := p.ids[slug]; ok {
		return id
	}
	return slug
}

func (p *storyPrinter) json(line story.Line, d news.Decision) error {
	return p.enc.Encode(p.told(line, d))
}

func (p *storyPrinter) show(line story.Line, d news.Decision) error {
	t := p.told(line, d)
	fmt.Fprintf(p.out, "%s  %s\n", t.ID, line.Title)
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(p.out, "    %-14s %s\n", name, value)
		}
	}
	field("story", t.Story)
	if t.Of == "" {
		field("kind", string(t.Kind))
	} else {
		field("kind", fmt.Sprintf("%s of %s, score %.2f", t.Kind, t.Of, t.Score))
	}
	showEvidence(&t.Evidence, field)
	if n := t.Nearest; n != nil {
		field("not merged", fmt.Sprintf("with story %s, nearest %s, score %.2f: %s", n.Story, n.ID, n.Score, n.Why))
	}
	return nil // a writer that failed says so when it is flushed
}
