package render

import (
	"encoding/xml"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// opmlType is what OPML is served as; it has no registered type of its own
// that readers agree on.
const opmlType = "text/x-opml; charset=utf-8"

// opmlNS is the namespace of the attribute by which package config knows the
// name of a source again.
const opmlNS = Homepage + "/ns/opml"

type opmlRoot struct {
	XMLName xml.Name      `xml:"opml"`
	Version string        `xml:"version,attr"`
	NS      string        `xml:"xmlns:wireroom,attr,omitempty"`
	Title   string        `xml:"head>title"`
	Docs    string        `xml:"head>docs"`
	Body    []opmlOutline `xml:"body>outline"`
}

type opmlOutline struct {
	Text     string `xml:"text,attr"`
	Title    string `xml:"title,attr,omitempty"`
	Type     string `xml:"type,attr,omitempty"`
	XMLURL   string `xml:"xmlUrl,attr,omitempty"`
	HTMLURL  string `xml:"htmlUrl,attr,omitempty"`
	Language string `xml:"language,attr,omitempty"`
	Category string `xml:"category,attr,omitempty"`
	Name     string `xml:"wireroom:name,attr,omitempty"`
}

// SourcesOPML renders outlets, in the order given, as an OPML 2.0
// subscription list that any reader can import. What has no feed on the web
// is left out. Path is where the list is served, such as "/sources.opml".
func SourcesOPML(path, title string, outlets []news.Outlet) (news.Document, error) {
	outlets = slices.DeleteFunc(slices.Clone(outlets), func(o news.Outlet) bool { return o.Feed == "" })
	for i := range outlets {
		if outlets[i].Title == outlets[i].Source {
			outlets[i].Title = "" // none is known
		}
	}
	doc, err := ExportedOPML(title, outlets)
	doc.Path = path
	return doc, err
}

// ExportedOPML is SourcesOPML for a file, which may come back to package
// config: a site of which the feed is not known stands in it by its own
// address, which other readers pass over, and what has no title has none.
func ExportedOPML(title string, outlets []news.Outlet) (news.Document, error) {
	root := opmlRoot{Version: "2.0", NS: opmlNS, Title: cleanLine(title), Docs: "http://opml.org/spec2.opml"}
	for _, o := range outlets {
		title := cleanLine(o.Title)
		o = cleanOutlet(o)
		outline := opmlOutline{
			Text: o.Title, Title: title, XMLURL: o.Feed, HTMLURL: o.Link,
			Language: languageTag(o.Language), Category: opmlCategory(o.Tags), Name: o.Source,
		}
		switch {
		case o.Feed != "":
			outline.Type = "rss"
		case o.Link == "":
			continue
		}
		root.Body = append(root.Body, outline)
	}
	return opml("", root)
}

// TopicOPMLPath returns the path of the list of a topic's sources.
func TopicOPMLPath(topic string) string { return TopicPath(topic) + ".opml" }

// TopicOPML renders the outlets that a topic takes from, which it picks from
// all outlets, as a subscription list at TopicOPMLPath. It is not for a private
// topic, whose sources are as private.
func TopicOPML(topic news.Topic, outlets []news.Outlet) (news.Document, error) {
	if topic.From != nil {
		outlets = slices.DeleteFunc(slices.Clone(outlets), func(o news.Outlet) bool { return !slices.Contains(topic.From, o.Source) })
	}
	doc, err := SourcesOPML(TopicOPMLPath(topic.Name), "Sources of "+Channel{Topic: topic}.title(), outlets)
	doc.Topic = topic.Name
	return doc, err
}

// TopicsOPML renders the feeds of the topics that need no token as a
// subscription list.
func TopicsOPML(site Site, path string, topics []news.Topic) (news.Document, error) {
	root := opmlRoot{Version: "2.0", Title: site.name(), Docs: "http://opml.org/spec2.opml"}
	for _, t := range topics {
		ch := Channel{Topic: t}
		if ch.private() {
			continue
		}
		root.Body = append(root.Body, opmlOutline{
			Text: ch.title(), Title: ch.title(), Type: "rss",
			XMLURL: ch.selfURL(site, atomFormat), HTMLURL: site.url(TopicPath(t.Name)),
		})
	}
	return opml(path, root)
}

func opml(path string, root opmlRoot) (news.Document, error) {
	body, err := encode(root)
	if err != nil {
		return news.Document{}, err
	}
	return news.Document{Path: path, ContentType: opmlType, Body: body, ETag: ETag(body), MaxAge: time.Hour}, nil
}

// opmlCategory writes tags as OPML has them: slash-delimited, after commas.
func opmlCategory(tags []string) string {
	s := ""
	for i, t := range tags {
		if i > 0 {
			s += ","
		}
		s += "/" + cleanLine(t)
	}
	return s
}
