package render

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The bounds of a topic's page; the feed holds the rest.
const (
	maxPageStories = 60
	maxPageChips   = 6
	maxPageFiles   = 4
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
	Private, Merged, Search bool
	Stories, Shown, Outlets int
	Changed                 time.Time
	OPML                    string // the list of its sources
	Feeds                   []feedLink
	FeedScheme              template.URL
	Readers                 []feedLink
	Days                    []storyDay
}

type storyDay struct {
	ID      string // within the page
	Date    time.Time
	Stories []template.HTML
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
	Files                       []feedLink // its picture, where that is not shown, and what can be played or read
}

// A chip is another outlet that reports a story.
type chip struct {
	Outlet, Title, URL string
	Copy               bool
}

// TopicPage renders a topic's page: its stories, newest first, by day, and how
// to subscribe. It shows as many as fit into a hundred thousand bytes.
func TopicPage(site Site, ch Channel) (news.Document, error) { return lay(site, ch, nil).page() }

func (l *layout) page() (news.Document, error) {
	site, ch := l.site, l.ch
	data := topicPage{
		Frame:       site.frame(ch.title(), "topics"),
		Heading:     ch.title(),
		Description: ch.description(site),
		Private:     ch.private(),
		Merged:      slices.ContainsFunc(l.plates, func(pl *plate) bool { return len(pl.entry.also) > 0 }),
		Stories:     len(l.plates),
		Outlets:     l.outlets(),
		Changed:     l.modified,
		Feeds:       ch.feedLinks(site),
	}
	data.Frame.Description = data.Description
	data.Frame.Feeds = data.Feeds
	if ch.query == nil && !ch.private() {
		data.OPML = site.href(TopicOPMLPath(ch.Topic.Name))
	}
	if ch.query != nil {
		data.Search, data.Frame.Query, data.Frame.Section = true, *ch.query, ""
	}
	if !ch.private() {
		// The address comes from the configuration and is one of the web.
		self := webURL(ch.selfURL(site, atomFormat))
		data.FeedScheme = template.URL("feed:" + self)
		for _, r := range readers {
			data.Readers = append(data.Readers, feedLink{Name: r.name, Href: r.prefix + url.QueryEscape(self)})
		}
	}
	if err := l.days(&data); err != nil {
		return news.Document{}, err
	}
	doc, err := page(ch.home(), "topic.tmpl", data)
	doc.Modified, doc.MaxAge = l.modified, ch.maxAge()
	doc.Topic, doc.Private = ch.Topic.Name, ch.private()
	return doc, err
}

// days puts the stories under their days, in the order given, as many as the
// page has room for.
func (l *layout) days(data *topicPage) error {
	const frame = 16 << 10 // what surrounds the stories, at most
	room := maxPage - frame
	for _, pl := range l.plates[:min(len(l.plates), maxPageStories)] {
		if pl.page == "" {
			var b strings.Builder
			if err := templates.ExecuteTemplate(&b, "entry", l.site.story(&pl.entry)); err != nil {
				return fmt.Errorf("render: %w", err)
			}
			pl.page = template.HTML(b.String()) // made by html/template
		}
		if room -= len(pl.page); room < 0 {
			return nil
		}
		date := pl.entry.published.Truncate(24 * time.Hour)
		if n := len(data.Days); n == 0 || !data.Days[n-1].Date.Equal(date) {
			day := storyDay{"d" + date.Format("20060102"), date, nil}
			// Where the order is that of changes a day may come again.
			if slices.ContainsFunc(data.Days, func(d storyDay) bool { return d.ID == day.ID }) {
				day.ID = fmt.Sprint(day.ID, "-", n)
			}
			data.Days = append(data.Days, day)
		}
		last := &data.Days[len(data.Days)-1]
		last.Stories = append(last.Stories, pl.page)
		data.Shown++
	}
	return nil
}

func (s Site) story(e *entry) pageStory {
	p := pageStory{
		Title: e.title, URL: e.url, Story: e.storyHref, Language: e.language, Outlet: e.outlet.Title,
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
			p.Files = append(p.Files, feedLink{Title: "Picture", Href: e.image.URL})
		}
	}
	for _, enc := range e.enclosures {
		kind := kindOf(enc.Type)
		if kind == "" || len(p.Files) == maxPageFiles {
			continue
		}
		if length := clock(enc.Duration); length != "" {
			kind += ", " + length
		}
		p.Files = append(p.Files, feedLink{Title: kind, Href: enc.URL})
	}
	return p
}

// clock writes how long something is as people read it: 1:02:03 or 2:03; "" where
// it is not known.
func clock(d time.Duration) string {
	s := int64(d.Seconds())
	switch {
	case s < 1:
		return ""
	case s < 3600:
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// kindOf names a file by its media type, if browsers can do something with it.
func kindOf(mediaType string) string {
	major, _, _ := strings.Cut(mediaType, "/")
	switch {
	case major == "audio":
		return "Audio"
	case major == "video":
		return "Video"
	case mediaType == "application/pdf":
		return "PDF"
	case mediaType == "application/epub+zip":
		return "Book"
	}
	return ""
}

// outlets counts the sources that lead the entries or report them too.
func (l *layout) outlets() int {
	seen := map[string]bool{}
	for _, pl := range l.plates {
		seen[pl.entry.outlet.Source] = true
		for _, r := range pl.entry.also {
			seen[r.outlet.Source] = true
		}
	}
	return len(seen)
}
