package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
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
its story, how it came to it, by what score and by what evidence, when all are
read: an item may show that what had begun as two stories is one. Nothing is
polled or stored. It is how the recognition of stories is measured on data of
one's own: docs/sameness.md does it on public sets.

A line is an object with id (one for each item), source, title, text and time
(RFC 3339, or seconds since 1970), and family, lang and url where they are known.

An item is the first of its story (new), the same item again (same), a copy of a
text that is known (copy), or another report on the same event (report). With
--json a line is {id, source, story, copies, kind, score, of, family, agency,
evidence, nearest}; a story is named by the id of its first item, and copies of
one text by the id of the first of them.`,
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
			printer := storyPrinter{into: map[string]string{}}
			if err := story.Lines(in, story.Options{}, printer.take); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			out := bufio.NewWriter(term.out)
			if err := printer.print(out, asJSON); err != nil {
				return err
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
	told  [][]byte          // lines as JSON, in blocks: a file may have millions, and they are not looked at until the end
	names map[string]string // of an item's slug
	into  map[string]string // story that was absorbed → the one that it is part of
}

const blockOfLines = 1 << 20 // bytes

// toldLine is what stories --json prints of an item.
type toldLine struct {
	ID       string         `json:"id"`
	Source   string         `json:"source"`
	Story    string         `json:"story"`
	Copies   string         `json:"copies"`
	Kind     news.Kind      `json:"kind"`
	Score    float64        `json:"score"`
	Of       string         `json:"of,omitempty"`
	Family   string         `json:"family"`
	Agency   string         `json:"agency,omitempty"`
	Evidence news.Evidence  `json:"evidence,omitzero"`
	Nearest  *nearestOfLine `json:"nearest,omitempty"`
}

// keptLine is what is kept of it until it is told.
type keptLine struct {
	toldLine
	Title string `json:"title"`
}

type nearestOfLine struct {
	ID    string  `json:"id"`
	Story string  `json:"story"`
	Score float64 `json:"score"`
	Why   string  `json:"why"`
}

func (p *storyPrinter) take(line story.Line, d news.Decision) error {
	for _, id := range d.Absorbs {
		p.into[id] = d.Story
	}
	t := keptLine{toldLine{
		ID: line.ID, Source: line.Source, Story: d.Story, Copies: d.Copies, Kind: d.Kind, Score: d.Score,
		Of: d.Of.ID, Family: d.Family, Agency: d.Agency, Evidence: d.Evidence,
	}, line.Title}
	if n := d.Nearest; n != nil {
		t.Nearest = &nearestOfLine{n.Key.ID, n.Story, n.Score, n.Why}
	}
	kept, err := json.Marshal(t)
	if n := len(p.told); n == 0 || len(p.told[n-1])+len(kept) >= cap(p.told[n-1]) {
		p.told = append(p.told, make([]byte, 0, max(blockOfLines, len(kept)+1)))
	}
	block := &p.told[len(p.told)-1]
	*block = append(append(*block, kept...), '\n')
	return err
}

// lines yields what was kept of each line.
func (p *storyPrinter) lines(yield func(keptLine) error) error {
	for _, block := range p.told {
		for line := range bytes.Lines(block) {
			var t keptLine
			if err := json.Unmarshal(line, &t); err != nil {
				return err
			}
			if err := yield(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// name is the user's name of a story, as it is in the end.
func (p *storyPrinter) name(slug string) string {
	for p.into[slug] != "" {
		slug = p.into[slug]
	}
	if id, ok := p.names[slug]; ok {
		return id
	}
	return slug
}

func (p *storyPrinter) print(out io.Writer, asJSON bool) error {
	p.names = map[string]string{}
	if err := p.lines(func(t keptLine) error {
		p.names[news.Key{Source: t.Source, ID: t.ID}.Slug()] = t.ID
		return nil
	}); err != nil {
		return err
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return p.lines(func(t keptLine) error {
		t.Story, t.Copies = p.name(t.Story), cmp.Or(p.names[t.Copies], t.Copies)
		if t.Nearest != nil {
			t.Nearest.Story = p.name(t.Nearest.Story)
			if t.Nearest.Story == t.Story {
				t.Nearest = nil // merged with after all
			}
		}
		if asJSON {
			return enc.Encode(t.toldLine)
		}
		t.show(out)
		return nil
	})
}

// show prints for a reader. A writer that failed says so when it is flushed.
func (t *keptLine) show(out io.Writer) {
	fmt.Fprintf(out, "%s  %s\n", legible(t.ID), legible(t.Title))
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(out, "    %-14s %s\n", name, legible(value))
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
}
