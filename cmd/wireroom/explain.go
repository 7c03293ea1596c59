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
	"github.com/wireroom/wireroom/aggregator/topic"
)

func explainCommand(term terminal) *cobra.Command {
	var at overrides
	var name string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain ITEM|URL|STORY",
		Short: "Say why a story is in a topic or not, and what it was merged with and why",
		Long: `Says of an item that is stored which story it was put into and by what evidence,
what came nearest and why it was not merged with that, and of every topic whether
it takes the story and by which clause of its rule, or has no room for it: by its
window, max_per_source or limit. Of a story it says the same of all its items.

An item is named by its link, its guid or the 16 letters of its id; a story by
its id, the address of its page, or its id in a feed (tag:…). The rules are those
of feeds.yaml as it is now. It reads the store beside a running wireroom.`,
		Example: `  wireroom explain https://example.org/news/ferry-late
  wireroom explain --topic harbour q7xk2mzr5t3wcl4f`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			lib, err := at.open(cmd.Context(), term)
			if err != nil {
				return err
			}
			defer lib.close()
			warnOfLists(term, lib.setup.cfg)
			explained, err := lib.explain(cmd.Context(), args[0], name)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(term.out, explained)
			}
			return showExplained(term, explained)
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&name, "topic", "", "speak of this topic only")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: one object for each story")
	return cmd
}

// An explanation is what explain says of one story.
type explanation struct {
	Story    string        `json:"story,omitempty"` // empty: not filed yet
	Families []string      `json:"families,omitempty"`
	Members  []explained   `json:"members"`
	Topics   []topicReason `json:"topics,omitempty"`
}

// explained is what explain says of one item.
type explained struct {
	ID        string         `json:"id"` // slug
	Key       news.Key       `json:"key"`
	Title     string         `json:"title"`
	URL       string         `json:"url,omitempty"`
	Outlet    string         `json:"outlet"`
	Published time.Time      `json:"published"`
	Revision  int            `json:"revision"`
	Asked     bool           `json:"asked"` // the item was named, or all of its story
	Decision  *news.Decision `json:"decision,omitempty"`
	OfTitle   string         `json:"of_title,omitempty"`      // of the item that it was recognised by
	NearTitle string         `json:"nearest_title,omitempty"` // of the nearest that it was not merged with

	called string
}

// A topicReason says whether a topic takes a story, and each member, and why.
type topicReason struct {
	Topic   string         `json:"topic"`
	In      bool           `json:"in"`
	Why     string         `json:"why"`
	Members []memberReason `json:"members,omitempty"`

	rule string // why its rule takes the story, if it has no room for it
}

type memberReason struct {
	ID   string `json:"id"`
	In   bool   `json:"in"`
	Lead bool   `json:"lead,omitempty"`
	Why  string `json:"why"`
}

// explain explains what a word stands for: its stories, in the order of their
// first items.
func (l *library) explain(ctx context.Context, word, name string) ([]explanation, error) {
	if _, ok := l.setup.topic(name); name != "" && !ok {
		return nil, fmt.Errorf("there is no topic %q in %s", name, l.setup.cfg.File)
	}
	found, err := look(ctx, l.db, word)
	if err != nil {
		return nil, err
	}
	var all []explanation
	var ids []string
	titles := map[news.Key]string{}
	asked := map[news.Key]bool{}
	for _, m := range found {
		asked[m.Record.Item.Key()] = true
		switch id := m.Decision.Story; {
		case id == "":
			all = append(all, explanation{Members: []explained{describe(&m)}})
		case !slices.Contains(ids, id):
			ids = append(ids, id)
		}
	}
	stories, err := l.db.Stories(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, s := range stories {
		l.configure(&s)
		e := explanation{Story: s.ID, Families: s.Families(), Topics: reasons(l.setup.plan.Rules.Explain(s, name))}
		for i := range s.Members {
			m := &s.Members[i]
			d := describe(m)
			d.Asked = asked[m.Record.Item.Key()]
			if d.Asked || asked[m.Decision.Of] {
				d.Decision = &m.Decision
				if err := l.nameOthers(ctx, &d, titles); err != nil {
					return nil, err
				}
			}
			e.Members = append(e.Members, d)
		}
		if err := l.bound(ctx, e.Topics, s); err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func describe(m *news.Member) explained {
	it := &m.Record.Item
	return explained{
		ID: it.Key().Slug(), Key: it.Key(), Title: it.Title, called: called(it), URL: it.Canonical,
		Outlet: m.Outlet.Title, Published: it.Published, Revision: m.Record.Revision,
	}
}

// nameOthers adds the titles of the other items that a decision speaks of; known
// are those of items that were looked at.
func (l *library) nameOthers(ctx context.Context, d *explained, known map[news.Key]string) error {
	title := func(key news.Key) (string, error) {
		if _, ok := known[key]; ok || key == (news.Key{}) {
			return known[key], nil
		}
		known[key] = ""
		decided, ok, err := l.db.Decision(ctx, key)
		if err != nil || !ok {
			return "", err
		}
		stories, err := l.db.Stories(ctx, []string{decided.Story}) // its slug may be the id of another one
		for _, s := range stories {
			for _, m := range s.Members {
				known[m.Record.Item.Key()] = called(&m.Record.Item)
			}
		}
		return known[key], err
	}
	var err error
	if d.OfTitle, err = title(d.Decision.Of); err == nil && d.Decision.Nearest != nil {
		d.NearTitle, err = title(d.Decision.Nearest.Key)
	}
	return err
}

// called is the title of an item, or how one without begins.
func called(it *news.Item) string {
	return cmp.Or(it.Title, it.Excerpt, it.Canonical, "an item without a title")
}

func reasons(from []topic.Explanation) []topicReason {
	var all []topicReason
	for _, e := range from {
		r := topicReason{Topic: e.Topic, In: e.In, Why: e.Why}
		for _, m := range e.Members {
			r.Members = append(r.Members, memberReason{m.Key.Slug(), m.In, m.Lead, m.Why})
		}
		all = append(all, r)
	}
	return all
}

// showExplained prints explanations for a person.
func showExplained(term terminal, all []explanation) error {
	var b strings.Builder
	for i, e := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		e.show(&b)
	}
	_, err := term.out.Write([]byte(b.String()))
	return err
}

func (e *explanation) show(b *strings.Builder) {
	if e.Story == "" {
		e.Members[0].show(b)
		b.WriteString("  not filed yet: it is put into a story by the next run of the filer\n")
		return
	}
	fmt.Fprintf(b, "story %s: %s, told by %s\n", e.Story, count(len(e.Members), "item"), strings.Join(e.Families, ", "))
	for i := range e.Members {
		e.Members[i].show(b)
	}
	if len(e.Topics) > 0 {
		b.WriteString("topics\n")
	}
	for _, t := range e.Topics {
		verdict := "out"
		if t.In {
			verdict = "in "
		}
		fmt.Fprintf(b, "  %s  %s: %s\n", verdict, t.Topic, t.Why)
		for i, m := range t.Members {
			if e.Members[i].Asked && (m.In != (t.In || t.rule != "") || m.Why != cmp.Or(t.rule, t.Why)) {
				place := "is not taken"
				if m.In {
					place = "is taken"
				}
				fmt.Fprintf(b, "       %s %s: %s\n", m.ID, place, m.Why)
			}
		}
	}
}

// show prints an item and, if it was asked for, why it is where it is.
func (d *explained) show(b *strings.Builder) {
	fmt.Fprintf(b, "  %s  %s  %s: %s\n", d.ID, d.Published.Format(time.RFC3339), d.Outlet, d.called)
	if d.Decision == nil {
		return
	}
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "      %-14s %s\n", name, value)
		}
	}
	dec := d.Decision
	field("link", d.URL)
	if d.Revision > 1 {
		field("revision", fmt.Sprint(d.Revision))
	}
	field("is", describeKind(dec, d.OfTitle))
	showEvidence(&dec.Evidence, field)
	field("counts for", dec.Family)
	field("carries", dec.Agency)
	if n := dec.Nearest; n != nil {
		field("not merged", fmt.Sprintf("with story %s, whose nearest item is %s: %s (score %.2f): %s",
			n.Story, n.Key.Slug(), quoteTitle(d.NearTitle), n.Score, n.Why))
	}
}

// describeKind says how an item came to its story; title is that of the item
// that it was recognised by.
func describeKind(d *news.Decision, title string) string {
	of := d.Of.Slug() + ": " + quoteTitle(title)
	if d.Of == (news.Key{}) {
		of = "its story"
	}
	switch d.Kind {
	case news.KindNew:
		return "the first of its story"
	case news.KindSame:
		return "the same as " + of
	case news.KindCopy:
		return fmt.Sprintf("a copy of %s (score %.2f)", of, d.Score)
	case news.KindReport:
		return fmt.Sprintf("another report beside %s (score %.2f)", of, d.Score)
	}
	return string(d.Kind)
}

func quoteTitle(title string) string {
	if title == "" {
		return "(no longer stored)"
	}
	return quote(title)
}

func quote(text string) string { return "\u201c" + text + "\u201d" }

// showEvidence gives what a decision rests on to field, by name.
func showEvidence(e *news.Evidence, field func(name, value string)) {
	field("by", e.Rule)
	for _, p := range e.Passages {
		field("both say", quote(p))
	}
	field("both name", strings.Join(e.Names, ", "))
	field("both speak of", strings.Join(e.Terms, ", "))
	if e.Apart != 0 {
		field("apart", e.Apart.String())
	}
	field("note", e.Note)
}
