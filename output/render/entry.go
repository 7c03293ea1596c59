package render

import (
	"cmp"
	"html"
	"path"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An entry is one filing as all formats show it: the lead member within what
// the content policy allows, and who else reports it. Its texts are clean and
// its links are absolute http or https, or empty.
type entry struct {
	id, title  string
	url        string // the lead's page, else the story's, else the front page
	story      string // address of the story's page; of a private topic none that a feed can give
	storyHref  string // the same as pages link to it
	storyID    string
	published  time.Time
	updated    time.Time
	language   string
	excerpt    string // plain text, where the policy allows it
	summary    string // the excerpt, where it stands beside a full body
	html       string // what may be shown of the body, then the other reports
	text       string // stands in for html where there is none: never empty then
	authors    []news.Person
	categories []string
	enclosures []news.Enclosure
	image      *news.Image
	comments   string
	rights     string
	geo        *news.Geo
	outlet     news.Outlet
	sourced    time.Time // when the outlet's feed changed, as far as the item tells
	families   int
	also       []report
	more       int // reports beyond those in also
}

func newEntry(site Site, topic news.Topic, filed *news.Filed) entry {
	lead := &filed.Members[0]
	item := &lead.Record.Item
	e := entry{
		id:        clean(filed.ID),
		title:     title(item, lead.Outlet),
		url:       itemURL(item),
		story:     site.url(StoryPath(filed.Story)),
		storyHref: site.href(StoryPath(filed.Story)),
		storyID:   filed.Story,
		published: instant(filed.Published, filed.FirstFiled),
		language:  languageTag(item.Language),
		comments:  webURL(item.Comments),
		rights:    cleanLine(item.Rights),
		geo:       item.Geo,
		outlet:    cleanOutlet(lead.Outlet),
		families:  max(filed.Families, 1),
	}
	if e.language == "" {
		e.language = languageTag(lead.Outlet.Language)
	}
	if e.rights == "" {
		e.rights = e.outlet.Rights
	}
	if (Channel{Topic: topic}).private() {
		// Relative to the topic's page, like its feeds: it keeps the token.
		e.story, e.storyHref = "", topic.Name+StoryPath(filed.Story)
	}
	if e.url == "" {
		e.url = cmp.Or(e.story, site.url("/"))
	}
	e.updated = instant(filed.Updated, e.published)
	if e.updated.Before(e.published) {
		e.updated = e.published
	}
	e.sourced = instant(item.Updated, e.published)
	for _, p := range item.Authors {
		if p = cleanPerson(p); p.Name != "" {
			e.authors = append(e.authors, p)
		}
	}
	seen := map[string]bool{"": true}
	for _, c := range item.Categories {
		if c = cleanLine(c); !seen[c] {
			seen[c] = true
			e.categories = append(e.categories, c)
		}
	}
	e.also, e.more = reports(filed.Members)
	e.setContent(item, policy(topic, lead.Outlet))
	return e
}

// policy is the stricter of the topic's and the outlet's. What was never
// decided is an excerpt: to republish whole texts takes a decision.
func policy(topic news.Topic, outlet news.Outlet) news.ContentPolicy {
	if p := topic.Content.Stricter(outlet.Content); p != "" {
		return p
	}
	return news.ContentExcerpt
}

// setContent fills what the policy allows. An excerpt may carry the addresses
// of pictures and media, as a link's preview would; a bare link may not.
func (e *entry) setContent(item *news.Item, p news.ContentPolicy) {
	excerpt := cleanLine(item.Excerpt)
	body := ""
	switch p {
	case news.ContentFull:
		body = clean(item.HTML)
		if body == "" {
			body = clean(item.Summary)
		}
		if body != "" {
			e.summary = excerpt
		}
		fallthrough
	case news.ContentExcerpt:
		if body == "" && excerpt != "" {
			body = "<p>" + html.EscapeString(excerpt) + "</p>"
		}
		e.excerpt = excerpt
		e.enclosures = cleanEnclosures(item.Enclosures)
		e.image = cleanImage(item.Image)
	}
	e.html = body + alsoHTML(e.also, e.more, e.story)
	if e.html == "" {
		e.text = e.title
	}
}

func itemURL(item *news.Item) string {
	if u := webURL(item.Canonical); u != "" {
		return u
	}
	return webURL(item.URL)
}

// title is the item's, else the head of its text: readers list entries by it.
func title(item *news.Item, outlet news.Outlet) string {
	const longest = 80 // of a made-up title, in runes
	if t := cleanLine(item.Title); t != "" {
		return t
	}
	if t := truncate(cleanLine(item.Excerpt), longest); t != "" {
		return t
	}
	return outletTitle(outlet)
}

func outletTitle(o news.Outlet) string {
	if t := cleanLine(o.Title); t != "" {
		return t
	}
	return cleanLine(o.Source)
}

func cleanOutlet(o news.Outlet) news.Outlet {
	o.Title = outletTitle(o)
	o.Feed, o.Link = webURL(o.Feed), webURL(o.Link)
	o.FeedID, o.Rights = cleanLine(o.FeedID), cleanLine(o.Rights)
	o.Icon = webURL(o.Icon)
	return o
}

// cleanPerson keeps the name and the page. An address of electronic mail is
// not passed on, unless it is all that names the person.
func cleanPerson(p news.Person) news.Person {
	name := cleanLine(p.Name)
	if name == "" {
		name, _, _ = strings.Cut(cleanLine(p.Email), "@")
	}
	return news.Person{Name: name, URL: webURL(p.URL)}
}

func cleanEnclosures(list []news.Enclosure) (kept []news.Enclosure) {
	seen := map[string]bool{"": true}
	for _, e := range list {
		e.URL, e.Type, e.Title = webURL(e.URL), mediaType(e.Type, e.URL), cleanLine(e.Title)
		e.Length, e.Duration = max(e.Length, 0), max(e.Duration, 0)
		if !seen[e.URL] {
			seen[e.URL] = true
			kept = append(kept, e)
		}
	}
	return kept
}

func cleanImage(img *news.Image) *news.Image {
	if img == nil {
		return nil
	}
	c := news.Image{
		URL: webURL(img.URL), Alt: cleanLine(img.Alt), Credit: cleanLine(img.Credit),
		Width: max(img.Width, 0), Height: max(img.Height, 0),
	}
	if c.URL == "" {
		return nil
	}
	return &c
}

// mediaTypes are the types of files by their endings, where a feed does not say.
var mediaTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".gif": "image/gif", ".avif": "image/avif",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".wav": "audio/wav",
	".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime", ".pdf": "application/pdf", ".epub": "application/epub+zip",
}

// mediaType returns t if it has the form of a media type, without parameters;
// else the type by the address, or the one that says nothing.
func mediaType(t, address string) string {
	t, _, _ = strings.Cut(strings.ToLower(t), ";")
	t = strings.TrimSpace(t)
	major, minor, ok := strings.Cut(t, "/")
	token := func(s string) bool {
		return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+") == ""
	}
	if ok && token(major) && token(minor) {
		return t
	}
	address, _, _ = strings.Cut(strings.ToLower(address), "?")
	return cmp.Or(mediaTypes[path.Ext(address)], "application/octet-stream")
}

// firstYear is the earliest that readers and validators believe of a feed.
const firstYear = 1990

// begin is what is given as the instant of a change where nothing has changed
// yet: Atom wants one, and validators believe none before the format's own.
var begin = time.Date(2005, time.December, 1, 0, 0, 0, 0, time.UTC)

// instant returns t in UTC, to the second; where t is no instant at which
// anything was published on the web, that of otherwise.
func instant(t, otherwise time.Time) time.Time {
	if t = t.UTC(); t.Year() < firstYear || t.Year() > 9999 {
		t = otherwise.UTC()
	}
	return t.Truncate(time.Second)
}
