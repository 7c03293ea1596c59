package newsroom

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/text/encoding/charmap"
)

// feed answers with the feed of an edition's outlet, by the manners of its
// server.
func (n *Newsroom) feed(w http.ResponseWriter, r *http.Request, e edition, at time.Duration) {
	doc, mediaType, err := e.document()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if doc = n.spoil(w, e.outlet.manners, at, doc); doc == nil {
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(doc))[:16]))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(doc))
}

// document renders an outlet's feed in the outlet's format.
func (e edition) document() (doc []byte, mediaType string, err error) {
	switch e.outlet.format {
	case formatAtom:
		doc, err = markup(e.atom())
		return doc, "application/atom+xml", err
	case formatJSON:
		doc, err = json.MarshalIndent(e.json(), "", " ")
		return doc, "application/feed+json", err
	default:
		doc, err = markup(e.rss())
		if err == nil && e.outlet.charset == "windows-1251" {
			doc = bytes.Replace(doc, []byte(`encoding="UTF-8"`), []byte(`encoding="windows-1251"`), 1)
			doc, err = charmap.Windows1251.NewEncoder().Bytes(doc)
		}
		return doc, "application/rss+xml", err
	}
}

func markup(v any) ([]byte, error) {
	doc, err := xml.MarshalIndent(v, "", " ")
	return append([]byte(xml.Header), doc...), err
}

type rssFeed struct {
	XMLName  xml.Name  `xml:"rss"`
	Version  string    `xml:"version,attr"`
	DC       string    `xml:"xmlns:dc,attr"`
	Content  string    `xml:"xmlns:content,attr"`
	Title    string    `xml:"channel>title"`
	Link     string    `xml:"channel>link"`
	About    string    `xml:"channel>description"`
	Language string    `xml:"channel>language"`
	Items    []rssItem `xml:"channel>item"`
}

type rssItem struct {
	Title      string   `xml:"title"`
	Link       string   `xml:"link"`
	GUID       string   `xml:"guid"`
	Creator    string   `xml:"dc:creator,omitempty"`
	Categories []string `xml:"category"`
	Published  string   `xml:"pubDate"`
	Lead       string   `xml:"description"`
	Body       string   `xml:"content:encoded,omitempty"`
}

func (e edition) rss() rssFeed {
	o := e.outlet
	f := rssFeed{
		Version: "2.0", DC: "http://purl.org/dc/elements/1.1/", Content: "http://purl.org/rss/1.0/modules/content/",
		Title: o.Title, Link: e.home(o.Name) + "/", About: o.Motto, Language: o.Language,
	}
	for _, r := range e.reports {
		item := rssItem{
			Title: r.title, Link: e.address(r), GUID: e.home(o.Name) + "/" + r.slug, Creator: r.by, Categories: r.tags,
			Published: e.instant(r.published).Format(time.RFC1123Z), Lead: r.lead(),
		}
		if o.full {
			item.Body = r.html()
		}
		f.Items = append(f.Items, item)
	}
	return f
}

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Language string      `xml:"xml:lang,attr"`
	ID       string      `xml:"id"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle"`
	Link     atomLink    `xml:"link"`
	Updated  time.Time   `xml:"updated"`
	Entries  []atomEntry `xml:"entry"`
}

type atomLink struct {
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Link       atomLink       `xml:"link"`
	Published  time.Time      `xml:"published"`
	Updated    time.Time      `xml:"updated"`
	Author     string         `xml:"author>name"`
	Categories []atomCategory `xml:"category"`
	Summary    string         `xml:"summary"`
	Content    *atomContent   `xml:"content"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	HTML string `xml:",chardata"`
}

func (e edition) atom() atomFeed {
	o := e.outlet
	// A tag of the day (RFC 4151): the addresses change with the port.
	tag := fmt.Sprintf("tag:%s.example,%s:", o.Name, e.midnight.Format(time.DateOnly))
	f := atomFeed{
		Language: o.Language, ID: tag + "feed", Title: o.Title, Subtitle: o.Motto,
		Link: atomLink{e.home(o.Name) + "/"}, Updated: e.midnight,
	}
	for _, r := range e.reports {
		entry := atomEntry{
			ID: tag + r.slug, Title: r.title, Link: atomLink{e.address(r)}, Author: r.by, Summary: r.lead(),
			Published: e.instant(r.published), Updated: e.instant(r.updated),
		}
		if entry.Author == "" {
			entry.Author = o.Title
		}
		for _, t := range r.tags {
			entry.Categories = append(entry.Categories, atomCategory{t})
		}
		if o.full {
			entry.Content = &atomContent{"html", r.html()}
		}
		if entry.Updated.After(f.Updated) {
			f.Updated = entry.Updated
		}
		f.Entries = append(f.Entries, entry)
	}
	return f
}

type jsonFeed struct {
	Version  string     `json:"version"`
	Title    string     `json:"title"`
	Home     string     `json:"home_page_url"`
	About    string     `json:"description"`
	Language string     `json:"language"`
	Items    []jsonItem `json:"items"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title"`
	HTML      string       `json:"content_html"`
	Published time.Time    `json:"date_published"`
	Modified  time.Time    `json:"date_modified"`
	Authors   []jsonAuthor `json:"authors,omitempty"`
	Tags      []string     `json:"tags,omitempty"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

func (e edition) json() jsonFeed {
	o := e.outlet
	f := jsonFeed{
		Version: "https://jsonfeed.org/version/1.1", Title: o.Title, Home: e.home(o.Name) + "/",
		About: o.Motto, Language: o.Language, Items: []jsonItem{},
	}
	for _, r := range e.reports {
		item := jsonItem{
			ID: r.slug, URL: e.address(r), Title: r.title, HTML: r.html(), Tags: r.tags,
			Published: e.instant(r.published), Modified: e.instant(r.updated),
		}
		if r.by != "" {
			item.Authors = []jsonAuthor{{r.by}}
		}
		f.Items = append(f.Items, item)
	}
	return f
}
