package render

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The XML namespaces of what the formats are extended by.
const (
	nsAtom    = "http://www.w3.org/2005/Atom"
	nsDC      = "http://purl.org/dc/elements/1.1/"
	nsContent = "http://purl.org/rss/1.0/modules/content/"
	nsMedia   = "http://search.yahoo.com/mrss/"
	nsGeo     = "http://www.georss.org/georss"
	nsItunes  = "http://www.itunes.com/dtds/podcast-1.0.dtd"
	nsHistory = "http://purl.org/syndication/history/1.0"
)

// encode writes v behind an XML declaration.
func encode(v any) ([]byte, error) {
	body, err := encodePart(v, "")
	return append([]byte(xml.Header), body...), err
}

// encodePart writes v as it stands within a document, indented by prefix.
func encodePart(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(prefix)
	enc := xml.NewEncoder(&b)
	enc.Indent(prefix, " ")
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// A plainText is the content of an element that is plain text, which some
// readers take for HTML, in RSS above all. Hexadecimal references are read as
// text by both (RSS Advisory Board, Best Practices Profile).
type plainText struct {
	Inner string `xml:",innerxml"`
}

var plainEscaper = strings.NewReplacer("&", "&#x26;", "<", "&#x3C;", ">", "&#x3E;")

// What readers and validators take for markup even so is parted by a word
// joiner, which nobody sees: end tags, and in attributes, where hexadecimal
// references are no help, all that looks like a tag or a reference.
var (
	endTag     = regexp.MustCompile(`</([A-Za-z])`)
	markupLike = regexp.MustCompile(`([<&])([\w/#])`)
)

func plain(s string) plainText {
	return plainText{plainEscaper.Replace(endTag.ReplaceAllString(s, "<\u2060/$1"))}
}

func attribute(s string) string { return markupLike.ReplaceAllString(s, "$1\u2060$2") }

// optional is plain for an element that is left out where there is no text.
func optional(s string) *plainText {
	if s == "" {
		return nil
	}
	p := plain(s)
	return &p
}

// A link is an atom:link; Name tells whether it stands in Atom or within RSS.
type link struct {
	XMLName  xml.Name
	Rel      string `xml:"rel,attr,omitempty"`
	Href     string `xml:"href,attr"`
	Type     string `xml:"type,attr,omitempty"`
	HrefLang string `xml:"hreflang,attr,omitempty"`
	Title    string `xml:"title,attr,omitempty"`
	Length   int64  `xml:"length,attr,omitempty"`
}

// links returns what a channel's document is linked with, the elements having
// that name: itself, its hub, and its archive (RFC 5005 section 4).
func (ch Channel) links(site Site, f format, name string) []link {
	var list []link
	add := func(rel, href, mediaType string) {
		if href != "" {
			list = append(list, link{XMLName: xml.Name{Local: name}, Rel: rel, Href: href, Type: mediaType})
		}
	}
	add("self", ch.selfURL(site, f), f.mediaType)
	add("hub", ch.hub(), "")
	if older := ch.older(f); older != "" && !ch.private() {
		add("prev-archive", site.url(older), f.mediaType)
	}
	if ch.Archive > 0 && !ch.private() {
		add("current", site.url(TopicPath(ch.Topic.Name)+"."+f.ext), f.mediaType)
		add("next-archive", site.url(ArchivePath(ch.Topic.Name, ch.Archive+1, f.ext)), f.mediaType)
	}
	return list
}

// related returns the other reports as links.
func (e *entry) related(name string) []link {
	var list []link
	for _, r := range e.also {
		list = append(list, link{
			XMLName: xml.Name{Local: name}, Rel: "related", Href: r.url, HrefLang: shortLanguage(r.language),
			Title: attribute(r.outlet.Title + ": " + r.title), Type: "text/html",
		})
	}
	return list
}

// A media is a media:content element (Media RSS): a picture, or an enclosure
// beyond the one that RSS has room for.
type media struct {
	URL         string     `xml:"url,attr"`
	Type        string     `xml:"type,attr,omitempty"`
	Medium      string     `xml:"medium,attr,omitempty"`
	FileSize    int64      `xml:"fileSize,attr,omitempty"`
	Duration    int64      `xml:"duration,attr,omitempty"`
	Width       int        `xml:"width,attr,omitempty"`
	Height      int        `xml:"height,attr,omitempty"`
	Title       *plainText `xml:"media:title"`
	Description *plainText `xml:"media:description"`
	Credit      *plainText `xml:"media:credit"`
}

// media returns the picture and these enclosures.
func (e *entry) media(enclosures []news.Enclosure) []media {
	var list []media
	if img := e.image; img != nil {
		list = append(list, media{
			URL: img.URL, Medium: "image", Width: img.Width, Height: img.Height,
			Description: optional(img.Alt), Credit: optional(img.Credit),
		})
	}
	for _, enc := range enclosures {
		list = append(list, media{
			URL: enc.URL, Type: enc.Type, FileSize: enc.Length, Duration: int64(enc.Duration.Seconds()), Title: optional(enc.Title),
		})
	}
	return list
}

// point is the value of a georss:point: latitude, then longitude.
func (e *entry) point() string {
	if e.geo == nil || e.geo.Lat < -90 || e.geo.Lat > 90 || e.geo.Lon < -180 || e.geo.Lon > 180 {
		return ""
	}
	return fmt.Sprintf("%g %g", e.geo.Lat, e.geo.Lon)
}

// language is the channel's: the topic's only one, else that which all entries
// share, else none.
func (l *layout) language() string {
	if only := l.ch.Topic.Language; len(only) == 1 {
		return languageTag(only[0])
	}
	shared := ""
	for i, pl := range l.plates {
		if i > 0 && pl.entry.language != shared {
			return ""
		}
		shared = pl.entry.language
	}
	return shared
}
