package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// adding is what add was asked to do.
type adding struct {
	address, file, name string
	tags                []string
	allowPrivate        bool
	dryRun              bool
}

func addCommand(term terminal) *cobra.Command {
	var a adding
	cmd := &cobra.Command{
		Use:   "add URL",
		Short: "Find the feed of a site, show it, and write it into feeds.yaml",
		Long: `Fetches an address, which may be that of a feed or of any page of a site that
advertises one, shows what its items would look like, and writes the source into
feeds.yaml. Comments and order of the file stay as they are; if there is no file
it is made. A wireroom that runs with the file polls the source within seconds.`,
		Example: `  wireroom add example.org
  wireroom add https://example.org/feed.xml --name example --tag world
  wireroom add --dry-run https://example.org`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.address = args[0]
			return a.run(cmd.Context(), term)
		},
	}
	cmd.Flags().StringVar(&a.file, "config", "feeds.yaml", "the file to write to")
	cmd.Flags().StringVar(&a.name, "name", "", "name of the source; else one is made of the feed's title")
	cmd.Flags().StringSliceVar(&a.tags, "tag", nil, "tag of the source; may be given more than once")
	cmd.Flags().BoolVar(&a.allowPrivate, "allow-private", false, "the address may be on a loopback or private network")
	cmd.Flags().BoolVar(&a.dryRun, "dry-run", false, "show everything and write nothing")
	return cmd
}

func (a adding) run(ctx context.Context, term terminal) error {
	if a.name != "" && !config.IsName(a.name) {
		such := cmp.Or(config.Slug(a.name), "harbour-times")
		return exitError{fmt.Errorf("--name %q: a name is 1 to 64 lower-case letters a-z, digits and hyphens, such as %q", a.name, such), exitUsage}
	}
	given := a.address
	if rest, ok := strings.CutPrefix(given, "feed:"); ok { // as browsers once handed feeds to readers
		a.address = strings.TrimPrefix(rest, "//")
	}
	if !strings.Contains(a.address, "://") {
		a.address = "https://" + a.address
	}
	if u, err := url.Parse(a.address); err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return exitError{fmt.Errorf("%q is no address of a site or a feed; write it as example.org or https://example.org/feed.xml", given), exitUsage}
	}
	client := poll.NewClient(poll.Options{Version: version()})
	defer client.Close()
	found, err := discover(ctx, client, a.address, a.allowPrivate)
	if err != nil {
		return err
	}
	if err := found.show(term.out); err != nil {
		return err
	}
	entry := config.Entry{URL: found.url, Name: a.name, Tags: a.tags, AllowPrivate: a.allowPrivate}
	if entry.Name == "" {
		entry.Name = config.Slug(found.about.Title)
	}
	if entry.Name == "" {
		entry.Name = config.Slug(news.Source{URL: found.url}.Host())
	}
	written, err := addEntries(term, a.file, []config.Entry{entry}, a.dryRun)
	if err == nil && written == 0 {
		return fmt.Errorf("%s is among the sources of %s already", found.url, a.file)
	}
	return err
}

// A discovery is a feed that was found at an address.
type discovery struct {
	url    string
	feed   news.Feed
	about  news.About
	items  []news.Item
	others []article.Advert // further feeds that the page advertises
}

// discoveries bounds how many of the feeds that a page advertises are tried.
const discoveries = 5

// discover finds the feed at an address, or the first that reads as one of
// those that the page there advertises.
func discover(ctx context.Context, client *poll.Client, address string, allowPrivate bool) (*discovery, error) {
	src := unconfigured("added", address, allowPrivate)
	answer := client.Poll(ctx, src, news.State{}, time.Now())
	if answer.Body == nil {
		return nil, fmt.Errorf("%s: %s%s", address, answer.Error, hint(answer))
	}
	found, err := readAnswer(src, answer)
	if err == nil || !errors.Is(err, parse.ErrNotFeed) {
		return found, err
	}
	adverts, err := article.Feeds(answer.Body, answer.ContentType, answer.URL)
	if err != nil {
		return nil, err
	}
	var failed []error
	for i, advert := range adverts[:min(len(adverts), discoveries)] {
		src.URL = advert.URL
		answer := client.Poll(ctx, src, news.State{}, time.Now())
		if answer.Body == nil {
			failed = append(failed, fmt.Errorf("%s: %s", advert.URL, answer.Error))
			continue
		}
		if found, err = readAnswer(src, answer); err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", advert.URL, err))
			continue
		}
		found.others = slices.Concat(adverts[:i], adverts[i+1:])
		return found, nil
	}
	if len(failed) > 0 {
		return nil, fmt.Errorf("%s advertises feeds, but none can be read: %w", answer.URL, errors.Join(failed...))
	}
	return nil, fmt.Errorf("%s is no feed and advertises none; if it lists articles, describe them with the page key (see docs/configuration.md)", answer.URL)
}

// unconfigured is a source that stands in no feeds.yaml, within limits like those
// that one has there by itself.
func unconfigured(name, address string, allowPrivate bool) news.Source {
	return news.Source{
		Name: name, URL: address, AllowPrivate: allowPrivate,
		MaxBytes: 10 << 20, MaxItems: 5000, Timeout: 30 * time.Second,
	}
}

// hint says what may help where an answer had no document.
func hint(answer news.Answer) string {
	switch {
	case answer.Outcome == news.OutcomeBlocked && answer.Status == 0:
		return "; if the address is your own, give --allow-private"
	case answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden:
		return "; if it needs a password, a source in feeds.yaml can have one (see docs/configuration.md)"
	}
	return ""
}

// readAnswer reads the feed in an answer. Its address is where it has moved
// to for good, else the one that was asked for.
func readAnswer(src news.Source, answer news.Answer) (*discovery, error) {
	feed, err := parse.Parse(src, answer)
	if err != nil {
		return nil, err
	}
	d := &discovery{url: src.URL, feed: feed, about: normalize.About(feed), items: normalize.Items(src, feed, answer.At)}
	if answer.Permanent != "" {
		d.url = answer.Permanent
	}
	return d, nil
}

// shownItems is how many of a feed's items are shown.
const shownItems = 5

// show prints a discovery for a person.
func (d *discovery) show(w io.Writer) error {
	var b strings.Builder
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s %s\n", name, legible(value))
		}
	}
	field("feed", d.url)
	field("title", d.about.Title)
	field("format", strings.TrimSuffix(d.about.Format+", "+d.about.Language, ", "))
	field("publishes", d.pace())
	for _, r := range d.feed.Repairs {
		field("repaired", strings.TrimSpace(r.Kind+" "+r.Detail))
	}
	field("items", fmt.Sprint(len(d.items)))
	newest := slices.Clone(d.items)
	slices.SortStableFunc(newest, func(a, b news.Item) int { return b.Published.Compare(a.Published) })
	for _, it := range newest[:min(len(newest), shownItems)] {
		date := it.Published.Format("2006-01-02 15:04")
		if !it.Dated {
			date = "undated         "
		}
		fmt.Fprintf(&b, "  %s  %s (%s of text)\n", date, legible(it.Title), count(len([]rune(it.Text)), "character"))
	}
	for _, other := range d.others {
		field("also", strings.TrimSpace(other.URL+" "+other.Title))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// leastDated is how many dates it takes to say how often a feed publishes.
const leastDated = 4

// pace says how often the feed publishes, by the dates of its items.
func (d *discovery) pace() string {
	var dated []time.Time
	for _, it := range d.items {
		if it.Dated {
			dated = append(dated, it.Published)
		}
	}
	if len(dated) < leastDated {
		return ""
	}
	slices.SortFunc(dated, time.Time.Compare)
	span := dated[len(dated)-1].Sub(dated[0])
	if span <= 0 {
		return ""
	}
	switch perDay := float64(len(dated)-1) / (span.Hours() / 24); {
	case perDay >= 1:
		return fmt.Sprintf("about %.0f a day", perDay)
	case perDay >= 1./7:
		return fmt.Sprintf("about %.0f a week", perDay*7)
	default:
		return fmt.Sprintf("about one in %.0f days", 1/perDay)
	}
}
