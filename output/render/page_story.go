package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The bounds of a story's page.
const (
	maxStoryItems = 60
	maxStoryText  = 1200 // runes of one item's text
	maxPassages   = 3
)

type storyPage struct {
	Frame         frame
	Heading, Told string
	Language      string
	First, Last   time.Time
	Topics        []feedLink
	Timeline      []moment
	Groups        []copyGroup
	Omitted       int
}

// A moment is one outlet's report on the timeline.
type moment struct {
	At           time.Time
	Outlet, What string
	After        string // how long after the first report
	Copy         bool
}

// A copyGroup is the items with one text.
type copyGroup struct {
	ID, Heading string
	Copies      []storyCopy
}

// A storyCopy is one item; Diff is set where it can be compared with the first
// of its group.
type storyCopy struct {
	Outlet, Title, URL, Language, Agency string
	Published                            time.Time
	Text                                 string
	Diff                                 []span
	Why                                  []string
}

// StoryPage renders a story: who reported it when, every item, side by side by
// common text, what differs, and why each is of this story. Topics are those
// that show the story to everyone.
func StoryPage(site Site, story news.Story, topics []news.Topic) (news.Document, error) {
	open := slices.DeleteFunc(slices.Clone(topics), func(t news.Topic) bool { return t.Token != "" })
	return storyDocument(site, StoryPath(story.ID), story, open)
}

// PrivateStoryPage renders a story as StoryPage does, for the readers of a private
// topic.
func PrivateStoryPage(site Site, story news.Story, topic news.Topic) (news.Document, error) {
	doc, err := storyDocument(site, PrivateStoryPath(topic.Name, story.ID), story, []news.Topic{topic})
	doc.Topic, doc.Private = topic.Name, true
	return doc, err
}

func storyDocument(site Site, path string, story news.Story, topics []news.Topic) (news.Document, error) {
	members := slices.Clone(story.Members)
	slices.SortStableFunc(members, func(a, b news.Member) int {
		return a.Record.Item.Published.Compare(b.Record.Item.Published)
	})
	data := storyPage{Told: told(&news.Story{ID: story.ID, Members: members})}
	for _, t := range topics {
		ch, href := Channel{Topic: t}, site.href(TopicPath(t.Name))
		if ch.private() {
			href = "../../" + t.Name // from below it: it keeps the token
		}
		data.Topics = append(data.Topics, feedLink{Title: ch.title(), Href: href})
	}
	var changed time.Time
	for n := min(len(members), maxStoryItems); ; n -= n/4 + 1 {
		n = max(n, 0)
		data.setMembers(members[:n])
		data.Omitted = len(members) - n
		data.Frame = site.frame(data.Heading, "")
		doc, err := page(path, "story.tmpl", data)
		if err != nil {
			return doc, err
		}
		if len(doc.Body) > maxPage && n > 0 {
			continue
		}
		for i := range members {
			changed = later(changed, members[i].Record.Item.Published, members[i].Record.Item.Fetched)
		}
		doc.Modified = changed
		return doc, nil
	}
}

// told says in a sentence what the story consists of.
func told(story *news.Story) string {
	copies := 0
	sources := map[string]bool{}
	for i := range story.Members {
		m := &story.Members[i]
		sources[m.Record.Item.Source] = true
		if isCopy(m) {
			copies++
		}
	}
	s := count(len(story.Members), "item", "items") + " from " + count(len(sources), "source", "sources")
	if n := len(story.Families()); n > 0 {
		s += ", " + count(n, "independent publisher", "independent publishers")
	}
	if copies > 0 {
		s += "; " + count(copies, "is a copy of another's text", "are copies of another's text")
	}
	return s + "."
}

func (d *storyPage) setMembers(members []news.Member) {
	d.Timeline, d.Groups = nil, nil
	if len(members) == 0 {
		return
	}
	first := &members[0].Record.Item
	d.Heading, d.Language = title(first, members[0].Outlet), languageTag(first.Language)
	d.First = instant(first.Published, first.FirstSeen)
	names := map[news.Key]string{}
	agencies := map[string]string{} // family → title
	for i := range members {
		o := members[i].Outlet
		names[members[i].Record.Item.Key()] = outletTitle(o)
		if _, ok := agencies[o.Family]; !ok {
			agencies[o.Family] = outletTitle(o)
		}
	}
	place := map[string]int{} // copy group → index in d.Groups
	leads := map[string]*news.Member{}
	for i := range members {
		m := &members[i]
		item := &m.Record.Item
		at := instant(item.Published, item.FirstSeen)
		d.Last = later(d.Last, at)
		mo := moment{At: at, Outlet: outletTitle(m.Outlet), What: what(m), Copy: isCopy(m)}
		if i > 0 {
			mo.After = "+" + lag(at.Sub(d.First))
		}
		d.Timeline = append(d.Timeline, mo)
		group := m.Decision.Copies
		if group == "" {
			group = item.Key().Slug()
		}
		if _, ok := place[group]; !ok {
			place[group] = len(d.Groups)
			leads[group] = m
			d.Groups = append(d.Groups, copyGroup{ID: "text-" + group})
		}
		g := &d.Groups[place[group]]
		c := newStoryCopy(m, leads[group], names)
		if c.Agency != "" {
			c.Agency = cmp.Or(agencies[m.Decision.Agency], c.Agency)
		}
		g.Copies = append(g.Copies, c)
	}
	d.arrange()
}

// arrange puts the texts that several items share first, each under a heading
// of its own, and all that stand alone under one.
func (d *storyPage) arrange() {
	var shared []copyGroup
	alone := copyGroup{ID: "own-words", Heading: "In their own words"}
	for _, g := range d.Groups {
		if len(g.Copies) == 1 {
			alone.Copies = append(alone.Copies, g.Copies[0])
			continue
		}
		g.Heading = fmt.Sprintf("One text, %d times", len(g.Copies))
		if len(shared) > 0 {
			g.Heading = fmt.Sprintf("Text %d, %d times", len(shared)+1, len(g.Copies))
		}
		shared = append(shared, g)
	}
	if len(alone.Copies) > 0 {
		if len(alone.Copies) == 1 {
			alone.Heading = "In its own words"
		}
		shared = append(shared, alone)
	}
	d.Groups = shared
}

func newStoryCopy(m, lead *news.Member, names map[news.Key]string) storyCopy {
	item := &m.Record.Item
	c := storyCopy{
		Outlet: outletTitle(m.Outlet), Title: title(item, m.Outlet), URL: itemURL(item), Language: languageTag(item.Language),
		Agency: cleanLine(m.Decision.Agency), Published: instant(item.Published, item.FirstSeen),
		Text: shownText(m), Why: why(m, names),
	}
	if other := shownText(lead); m != lead && c.Text != "" && other != "" && c.Text != other {
		c.Diff = diff(other, c.Text)
	}
	return c
}

// shownText is what the outlet's policy lets a page show of an item.
func shownText(m *news.Member) string {
	switch m.Outlet.Content {
	case news.ContentLink:
		return ""
	case news.ContentFull:
		return truncate(cleanLine(m.Record.Item.Text), maxStoryText)
	}
	return cleanLine(m.Record.Item.Excerpt)
}

// why tells what a decision rests on, in sentences.
func why(m *news.Member, names map[news.Key]string) []string {
	d, ev := &m.Decision, &m.Decision.Evidence
	if d.Kind == news.KindNew || d.Kind == "" {
		return notMerged(d)
	}
	s := what(m)
	if name := names[d.Of]; name != "" {
		s += ", recognised by the item of " + name
	}
	if ev.Rule != "" {
		s += " (" + cleanLine(ev.Rule) + fmt.Sprintf(", score %.2f)", d.Score)
	}
	list := []string{asSentence(s)}
	if note := truncate(cleanLine(ev.Note), 300); note != "" {
		list = append(list, asSentence(note))
	}
	if n := len(ev.Passages); n > 0 && m.Outlet.Content != news.ContentLink {
		list = append(list, "Both say: “"+truncate(cleanLine(strings.Join(ev.Passages[:min(n, maxPassages)], "” and “")), 400)+"”.")
	}
	if len(ev.Names) > 0 {
		list = append(list, "Both name: "+truncate(cleanLine(strings.Join(ev.Names, ", ")), 300)+".")
	}
	if len(ev.Terms) > 0 {
		list = append(list, "Telling words of both: "+truncate(cleanLine(strings.Join(ev.Terms, ", ")), 300)+".")
	}
	return append(list, notMerged(d)...)
}

// notMerged tells which story came nearest of those that an item is not of. It
// is named by its id alone: it may be one that the page must not show.
func notMerged(d *news.Decision) []string {
	if d.Nearest == nil {
		return nil
	}
	return []string{fmt.Sprintf("Not merged with story %s, which came nearest (score %.2f): %s.", d.Nearest.Story, d.Nearest.Score, cleanLine(d.Nearest.Why))}
}

func asSentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(s[size:], ".") + "."
}

// what says what an item is to its story.
func what(m *news.Member) string {
	switch m.Decision.Kind {
	case news.KindCopy:
		return "has the same text"
	case news.KindSame:
		return "has the same item"
	case news.KindReport:
		return "reports it too"
	}
	return "reported first"
}

func isCopy(m *news.Member) bool {
	return m.Decision.Kind == news.KindCopy || m.Decision.Kind == news.KindSame
}

// later returns the latest of some instants.
func later(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if o.After(t) {
			t = o
		}
	}
	return t.UTC().Truncate(time.Second)
}

// lag writes a duration in its two largest units: "2 d 3 h", "5 min".
func lag(d time.Duration) string {
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	var parts []string
	for _, u := range units {
		if n := d / u.size; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.size
		}
		if len(parts) == 2 {
			break
		}
	}
	if parts == nil {
		return "0 s"
	}
	return strings.Join(parts, " ")
}
