package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// inspection is what inspect was asked to do.
type inspection struct {
	target       string
	config       string
	url          string // of a file: the base of its links
	contentType  string // of a file
	asJSON       bool
	allowPrivate bool
}

func inspectCommand(term terminal) *cobra.Command {
	var in inspection
	cmd := &cobra.Command{
		Use:   "inspect FILE|URL|SOURCE|-",
		Short: "Show what each stage makes of one feed",
		Long: `Reads one feed from a file, an address or the standard input, and shows what
each stage makes of it: the answer, what had to be repaired, the feed, its items
in normal form. Nothing is stored.

A source of feeds.yaml, by its name or its address, is read as it is configured
there: with its credentials, a page by its selectors, of a site the feed that it
advertises.

With --json it prints the items as JSON, in the form that docs/items.md
describes.`,
		Example: `  wireroom inspect https://example.org/feed.xml
  wireroom inspect council
  curl -s https://example.org/feed.xml | wireroom inspect --url https://example.org/feed.xml -
  wireroom inspect --json feed.xml | jq '.items[].title'`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.target = args[0]
			return inspect(cmd.Context(), term, in)
		},
	}
	cmd.Flags().StringVar(&in.config, "config", "feeds.yaml", "the file that names sources")
	cmd.Flags().StringVar(&in.url, "url", "", "of a file: the address that its links are relative to")
	cmd.Flags().StringVar(&in.contentType, "content-type", "", "of a file: the Content-Type that it is served with")
	cmd.Flags().BoolVar(&in.asJSON, "json", false, "print the items as JSON")
	cmd.Flags().BoolVar(&in.allowPrivate, "allow-private", false, "the address may be on a loopback or private network")
	return cmd
}

func inspect(ctx context.Context, term terminal, in inspection) error {
	src, configured, err := in.source()
	if err != nil {
		return err
	}
	var answer news.Answer
	var feed *news.Feed
	if configured || in.isAddress() {
		answer, feed, err = in.ask(ctx, src)
	} else if answer, err = in.readFile(term, src); err == nil {
		feed, _, err = aggregator.Open(src, news.State{}, answer, nil)
	}
	if src.Unlisted { // a part of the address is a secret
		answer.URL = ""
	}
	if err != nil {
		if answer.Body != nil && !in.asJSON {
			err = errors.Join(showAnswer(term.out, src, configured, answer), err)
		}
		return err
	}
	items := normalize.Items(src, *feed, answer.At)
	about := normalize.About(*feed)
	if in.asJSON {
		return printJSON(term.out, inspected{answer.URL, about.Format, about.Title, about.Link, append([]news.Repair{}, feed.Repairs...), feed.Dropped, items})
	}
	if err := showAnswer(term.out, src, configured, answer); err != nil {
		return err
	}
	return show(term.out, *feed, about, items)
}

func (in *inspection) isAddress() bool {
	return strings.HasPrefix(in.target, "http://") || strings.HasPrefix(in.target, "https://")
}

// source is the source that is to be inspected: that of feeds.yaml which is named
// or has the address, else one without any settings. A file comes before a source of
// its name, a folder does not, and nobody who has an address or a file needs a feeds.yaml that is right.
func (in *inspection) source() (src news.Source, configured bool, err error) {
	src = unconfigured("inspected", in.url, in.allowPrivate)
	if in.isAddress() {
		src.URL = in.target
	} else if info, err := os.Stat(in.target); err == nil && !info.IsDir() || in.target == "-" || !config.IsName(in.target) {
		return src, false, nil
	}
	cfg, err := load(in.config, nil, nil)
	_, missing := os.Stat(in.config)
	switch {
	case err != nil && in.isAddress(), errors.Is(missing, os.ErrNotExist): // then it was to be a file
		return src, false, nil
	case err != nil:
		return src, false, err
	}
	for _, s := range cfg.Sources {
		if s.Name == in.target || in.isAddress() && s.URL == in.target {
			s.AllowPrivate = s.AllowPrivate || in.allowPrivate
			return s, true, nil
		}
	}
	if !in.isAddress() {
		return src, false, fmt.Errorf("open %s: no such file, and %s has no source of that name", in.target, in.config)
	}
	return src, false, nil
}

// ask polls a source and reads what it answers, by what it is. Where that is a site's
// page it asks once more, for the feed that the page advertises.
func (in *inspection) ask(ctx context.Context, src news.Source) (answer news.Answer, feed *news.Feed, err error) {
	folder, err := os.OpenRoot(filepath.Dir(in.config))
	if err != nil {
		folder = nil // no source of it is asked
	} else {
		defer folder.Close()
	}
	client := poll.NewClient(poll.Options{Version: version(), Files: folder})
	defer client.Close()
	state := news.State{URL: src.URL}
	for {
		answer = client.Poll(ctx, src, state, time.Now())
		if answer.Body == nil {
			return answer, nil, fmt.Errorf("%s: %s%s", answer.Outcome, answer.Error, hint(answer))
		}
		var advertised string
		feed, advertised, err = aggregator.Open(src, state, answer, nil)
		if err != nil || advertised == "" {
			return answer, feed, err
		}
		state.Moved = news.Move{URL: advertised, Believed: true} // as it is remembered
	}
}

// readFile reads the document that is to be inspected as an answer.
func (in *inspection) readFile(term terminal, src news.Source) (news.Answer, error) {
	body, err := readAll(term, in.target, src.MaxBytes)
	return news.Answer{At: time.Now(), URL: in.url, Status: 200, Body: body, ContentType: in.contentType}, err
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

// lines are what is shown for a person, a field a line.
type lines struct{ strings.Builder }

func (b *lines) field(name string, value any) {
	if text := fmt.Sprint(value); text != "" && text != "0" {
		fmt.Fprintf(b, "  %-12s %s\n", name, legible(text))
	}
}

// showAnswer prints what was read, though nothing be made of it.
func showAnswer(w io.Writer, src news.Source, configured bool, answer news.Answer) error {
	var b lines
	fmt.Fprintf(&b, "answer\n")
	if configured {
		b.field("source", src.Name)
	}
	b.field("url", answer.URL)
	b.field("status", answer.Status)
	b.field("type", answer.ContentType)
	b.field("bytes", len(answer.Body))
	_, err := io.WriteString(w, b.String())
	return err
}

// show prints what the stages made, for a person.
func show(w io.Writer, feed news.Feed, about news.About, items []news.Item) error {
	var b lines
	field := b.field
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
		fmt.Fprintf(&b, "%d. %s\n", i+1, legible(it.Title))
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
			long := ""
			if e.Duration > 0 {
				long = ", " + e.Duration.String()
			}
			field("enclosure", strings.TrimSpace(e.URL+" "+e.Type)+long)
		}
		if it.Image != nil {
			field("picture", it.Image.URL)
		}
		field("text", fmt.Sprintf("%d characters: %s", len([]rune(it.Text)), it.Excerpt))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
