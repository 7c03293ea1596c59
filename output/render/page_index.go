package render

import (
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The bounds of the front page.
const (
	maxHeadlines  = 3
	maxDiscovered = 20 // topics whose feeds are announced in the head
)

// A Summary is what the front page says of a topic.
type Summary struct {
	Title, Description, Href string
	Stories, Outlets         int
	Changed                  time.Time
	Headlines                []Headline
	Feeds                    []feedLink
	private                  bool
}

// A Headline is the title of a story and its language.
type Headline struct {
	Title, Language string
}

// Answers are how many sources there are, and how many of them bring nothing: they
// are gone, broken, or have never given a feed.
type Answers struct{ Sources, Failing int }

type indexPage struct {
	Frame   frame
	Notice  string
	Answers Answers
	Topics  []Summary
	OPML    string
}

// summary is what the front page says of the channel's topic.
func (l *layout) summary() Summary {
	ch := l.ch
	s := Summary{
		Title: ch.title(), Description: cleanLine(ch.Topic.Description), Href: l.site.href(ch.home()),
		Stories: len(l.plates), Outlets: l.outlets(), Changed: l.modified,
		Feeds: ch.feedLinks(l.site), private: ch.private(),
	}
	for _, pl := range l.plates[:min(len(l.plates), maxHeadlines)] {
		s.Headlines = append(s.Headlines, Headline{pl.entry.title, pl.entry.language})
	}
	return s
}

// IndexPage renders the front page: the topics in the order given, without the
// private ones, above them a notice if there is one, such as that the
// configuration on disk has a mistake. Where sources fail it leads to what is wrong
// with them.
func IndexPage(site Site, topics []Summary, answers Answers, notice string) (news.Document, error) {
	data := indexPage{Frame: site.frame(site.name(), "topics"), Notice: cleanLine(notice), Answers: answers, OPML: site.href("/topics.opml")}
	data.Frame.Description = "Many wires in, each story once: topics merged from many outlets, as feeds."
	var changed time.Time
	for _, t := range topics {
		if t.private {
			continue
		}
		data.Topics = append(data.Topics, t)
		if len(data.Topics) <= maxDiscovered {
			data.Frame.Feeds = append(data.Frame.Feeds, t.Feeds...)
		}
		if t.Changed.After(changed) {
			changed = t.Changed
		}
	}
	doc, err := page("/", "index.tmpl", data)
	doc.Modified = changed
	return doc, err
}
