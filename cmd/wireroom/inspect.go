package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// inspection is what inspect was asked to do.
type inspection struct {
	target       string
	url          string // of a file: the base of its links
	contentType  string // of a file
	asJSON       bool
	allowPrivate bool
}

func inspectCommand(term terminal) *cobra.Command {
	var in inspection
	cmd := &cobra.Command{
		Use:   "inspect FILE|URL|-",
		Short: "Show what each stage makes of one feed",
		Long: `Reads one feed from a file, an address or the standard input, and shows what
each stage makes of it: the answer, what had to be repaired, the feed, its items
in normal form. Nothing is stored.

With --json it prints the items as JSON, in the form that docs/items.md
describes.`,
		Example: `  wireroom inspect https://example.org/feed.xml
  curl -s https://example.org/feed.xml | wireroom inspect --url https://example.org/feed.xml -
  wireroom inspect --json feed.xml | jq '.items[].title'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.target = args[0]
			return inspect(cmd.Context(), term, in)
		},
	}
	cmd.Flags().StringVar(&in.url, "url", "", "of a file: the address that its links are relative to")
	cmd.Flags().StringVar(&in.contentType, "content-type", "", "of a file: the Content-Type that it is served with")
	cmd.Flags().BoolVar(&in.asJSON, "json", false, "print the items as JSON")
	cmd.Flags().BoolVar(&in.allowPrivate, "allow-private", false, "the address may be on a loopback or private network")
	return cmd
}

func inspect(ctx context.Context, term terminal, in inspection) error {
	src := unconfigured("inspected", in.url, in.allowPrivate)
	answer, err := fetch(ctx, term, in, &src)
	if err != nil {
		return err
	}
	if answer.Body == nil {
		return fmt.Errorf("%s: %s%s", answer.Outcome, answer.Error, hint(answer))
	}
	feed, err := parse.Parse(src, answer)
	if err != nil {
		return err
	}
	items := normalize.Items(src, feed, answer.At)
	about := normalize.About(feed)
	if in.asJSON {
		return printJSON(term.out, inspected{answer.URL, about.Format, about.Title, about.Link, feed.Repairs, feed.Dropped, items})
	}
	return show(term.out, answer, feed, about, items)
}

// inspected is what inspect --json prints.
type inspected struct {
	URL     string        `json:"url"`
	Format  string        `json:"format"`
	Title   string        `json:"title"`
	Link    string        `json:"link,omitempty"`
	Repairs []news.Repair `json:"repairs"`
	Dropped int           `json:"dropped,omitempty"`
	Items   []news.Item   `json:"items"`
}

// fetch gets the document that is to be inspected, as an answer.
func fetch(ctx context.Context, term terminal, in inspection, src *news.Source) (news.Answer, error) {
	if strings.HasPrefix(in.target, "http://") || strings.HasPrefix(in.target, "https://") {
		src.URL = in.target
		client := poll.NewClient(poll.Options{Version: version()})
		defer client.Close()
		return client.Poll(ctx, *src, news.State{}, time.Now()), nil
	}
	body, err := readAll(term, in.target, src.MaxBytes)
	if err != nil {
		return news.Answer{}, err
	}
	return news.Answer{At: time.Now(), URL: in.url, Status: 200, Body: body, ContentType: in.contentType}, nil
}

// show prints what the stages made, for a person.
func show(w io.Writer, answer news.Answer, feed news.Feed, about news.About, items []news.Item) error {
	var b strings.Builder
	field := func(name string, value any) {
		if text := fmt.Sprint(value); text != "" && text != "0" {
			fmt.Fprintf(&b, "  %-12s %s\n", name, text)
		}
	}
	fmt.Fprintf(&b, "answer\n")
	field("url", answer.URL)
	field("status", answer.Status)
	field("type", answer.ContentType)
	field("bytes", len(answer.Body))
	fmt.Fprintf(&b, "feed\n")
	field("format", about.Format)
	field("title", about.Title)
	field("link", about.Link)
	field("language", about.Language)
	for _, r := range feed.Repairs {
		field("repaired", strings.TrimSpace(r.Kind+" "+r.Detail))
	}
	field("dropped", feed.Dropped)
	fmt.Fprintf(&b, "items: %d, of %d entries\n", len(items), len(feed.Entries))
	for i := range items {
		it := &items[i]
		fmt.Fprintf(&b, "%d. %s\n", i+1, it.Title)
		field("id", it.ID)
		field("link", it.Canonical)
		if it.URL != it.Canonical {
			field("published as", it.URL)
		}
		published := it.Published.Format(time.RFC3339)
		if !it.Dated {
			published += " (first seen; the feed states no date)"
		} else if it.Zone != "" {
			published += " (stated in " + it.Zone + ")"
		}
		field("published", published)
		field("language", it.Language)
		for _, p := range it.Authors {
			field("author", strings.TrimSpace(p.Name+" "+p.Email))
		}
		field("categories", strings.Join(it.Categories, ", "))
		for _, e := range it.Enclosures {
			field("enclosure", strings.TrimSpace(e.URL+" "+e.Type))
		}
		if it.Image != nil {
			field("picture", it.Image.URL)
		}
		field("text", fmt.Sprintf("%d characters: %s", len([]rune(it.Text)), it.Excerpt))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
