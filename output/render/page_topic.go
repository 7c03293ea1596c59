package render

import (
	"html/template"
	"net/url"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The bounds of a topic's page; the feed holds the rest.
const (
	maxPageStories = 60
	maxPageChips   = 6
)

// The web readers that a topic's page offers, by how they take an address.
var readers = []struct{ name, prefix string }{
	{"Feedly", "https://feedly.com/i/subscription/feed%2F"},
	{"Inoreader", "https://www.inoreader.com/?add_feed="},
	{"NewsBlur", "https://www.newsblur.com/?url="},
	{"The Old Reader", "https://theoldreader.com/feeds/subscribe?url="},
}

type topicPage struct {
	Frame                   frame
	Heading, Description    string
	Private, Merged         bool
	Stories, Shown, Outlets int
	Changed                 time.Time
	Feeds                   []feedLink
	FeedScheme              template.URL
	Readers                 []feedLink
	Days                    []storyDay
}

type storyDay struct {
	Date    time.Time
	Stories []pageStory
}

// A pageStory is an entry as pages show it.
type pageStory struct {
	Title, URL, Story, Language string
	Outlet, Excerpt             string
	Published                   time.Time
	Families                    int
	Also                        []chip
	More                        int
	Image                       *news.Image
	ImageLink                   string
}

// A chip is another outlet that reports a story.
type chip struct {
	Outlet, Title, URL string
	Copy               bool
}

// TopicPage renders a topic's page: its stories, newest first, by day, and how
// to subscribe. It shows as many as fit into a hundred thousand bytes.
func TopicPage(site Site, ch Channel) (news.Document, error) {
	entries, changed := ch.entries(site)
	data := topicPage{
		Frame:       site.frame(ch.title(), "topics"),
		Heading:     ch.title(),
		Description: ch.description(site),
		Private:     ch.private(),
		Merged:      slices.ContainsFunc(entries, func(e entry) bool { return len(e.also) > 0 }),
		Stories:     len(entries),
		Outlets:     outlets(entries),
		Changed:     changed,
		Feeds:       ch.feedLinks(site),
	}
	data.Frame.Description = data.Description
	data.Frame.Feeds = data.Feeds
	if !ch.private() {
		// The address comes from the configuration and is one of the web.
		self := webURL(ch.selfURL(site, atomFormat))
		data.FeedScheme = template.URL("feed:" + self) //nolint:gosec // see above
		for _, r := range readers {
			data.Readers = append(data.Readers, feedLink{Name: r.name, Href: r.prefix + url.QueryEscape(self)})
		}
	}
	for n := min(len(entries), maxPageStories); ; n -= n/4 + 1 {
		n = max(n, 0)
		data.Shown, data.Days = n, site.days(entries[:n])
		doc, err := page(TopicPath(ch.Topic.Name), "topic.tmpl", data)
		if err != nil {
			return doc, err
		}
		if len(doc.Body) > maxPage && n > 0 {
			continue
		}
		doc.Modified, doc.MaxAge = changed, ch.maxAge()
		doc.Topic, doc.Private = ch.Topic.Name, ch.private()
		return doc, nil
	}
}

// days groups stories that stand in the order of publication by their day.
func (s Site) days(entries []entry) (list []storyDay) {
	for i := range entries {
		e := &entries[i]
		date := e.published.Truncate(24 * time.Hour)
		if len(list) == 0 || !list[len(list)-1].Date.Equal(date) {
			list = append(list, storyDay{Date: date})
		}
		last := &list[len(list)-1]
		last.Stories = append(last.Stories, s.story(e))
	}
	return list
}

func (s Site) story(e *entry) pageStory {
	p := pageStory{
		Title: e.title, URL: e.url, Story: s.href(StoryPath(e.storyID)), Language: e.language, Outlet: e.outlet.Title,
		Excerpt: e.excerpt, Published: e.published, Families: e.families, More: e.more,
	}
	for i, r := range e.also {
		if i == maxPageChips {
			p.More += len(e.also) - i
			break
		}
		p.Also = append(p.Also, chip{r.outlet.Title, r.title, r.url, r.copy})
	}
	if e.image != nil {
		switch s.Images {
		case ImagesDirect:
			p.Image = e.image
		case ImagesLink, "":
			p.ImageLink = e.image.URL
		}
	}
	return p
}

// outlets counts the sources that lead the entries or report them too.
func outlets(entries []entry) int {
	seen := map[string]bool{}
	for i := range entries {
		seen[entries[i].outlet.Source] = true
		for _, r := range entries[i].also {
			seen[r.outlet.Source] = true
		}
	}
	return len(seen)
}
