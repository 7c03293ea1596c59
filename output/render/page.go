package render

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// pageType is the content type of every page.
const pageType = "text/html; charset=utf-8"

// maxPage is the size that no page exceeds, in bytes: what is beyond it is in
// the feed or on the next page.
const maxPage = 96 << 10

//go:embed pages
var files embed.FS

var templates = template.Must(template.New("pages").Funcs(template.FuncMap{
	"count": count,
	"minus": func(a, b int) int { return a - b },
}).ParseFS(files, "pages/*.tmpl"))

// The static files of all pages. Their addresses change with their content, so
// that they may be kept for ever.
var (
	styleSheet = static("style.css", "text/css; charset=utf-8")
	script     = static("script.js", "text/javascript; charset=utf-8")
	icon       = static("icon.svg", "image/svg+xml")
)

func static(name, contentType string) news.Document {
	body, err := files.ReadFile("pages/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	etag, ext := ETag(body), path.Ext(name)
	return news.Document{
		Path:        "/static/" + strings.TrimSuffix(name, ext) + "-" + etag[1:13] + ext,
		ContentType: contentType,
		Body:        body,
		ETag:        etag,
		MaxAge:      archiveMaxAge,
	}
}

// Assets returns the style sheet, script and icon of all pages.
func Assets() []news.Document {
	return []news.Document{styleSheet, script, icon}
}

// A frame is what surrounds every page.
type frame struct {
	Title, Description      string
	Section                 string // of the navigation: "topics", "sources"
	Site, Version, Homepage string
	Home, SourcesHref       string
	SearchHref, Query       string
	Assets                  struct{ Style, Script, Icon string }
	Feeds                   []feedLink // for autodiscovery
}

// A feedLink is one format of a topic's feed.
type feedLink struct {
	Name, Ext, Type, Title, Href string
}

func (s Site) frame(title, section string) frame {
	f := frame{
		Title: title, Section: section, Site: s.name(), Version: s.Version, Homepage: Homepage,
		Home: s.href("/"), SourcesHref: s.href("/sources"),
	}
	if title != f.Site {
		f.Title = title + " · " + f.Site
	}
	if s.Search {
		f.SearchHref = s.href("/search")
	}
	f.Assets.Style = s.href(styleSheet.Path)
	f.Assets.Script = s.href(script.Path)
	f.Assets.Icon = s.href(icon.Path)
	return f
}

// href is the address of a path as pages link to it: without the host, so that
// pages work under another name than the public one too.
func (s Site) href(p string) string {
	u, err := url.Parse(s.BaseURL)
	if err != nil {
		return p
	}
	return strings.TrimSuffix(u.EscapedPath(), "/") + p
}

// feedLinks returns the three formats of a topic. Those of a private topic are
// relative: they keep the token that the page's address holds.
func (ch Channel) feedLinks(site Site) (list []feedLink) {
	for _, f := range []format{atomFormat, rssFormat, jsonFormat} {
		href := ch.selfURL(site, f)
		if ch.private() {
			href = ch.Topic.Name + "." + f.ext
		}
		list = append(list, feedLink{f.name, f.ext, f.mediaType, ch.title() + " (" + f.name + ")", href})
	}
	return list
}

// page executes a template into a document.
func page(p, name string, data any) (news.Document, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return news.Document{}, fmt.Errorf("render: page %s: %w", p, err)
	}
	body := bytes.Clone(b.Bytes()) // the buffer has room for up to twice as much, and a page is kept for long
	return news.Document{Path: p, ContentType: pageType, Body: body, ETag: ETag(body), MaxAge: time.Minute}, nil
}

// count writes a number with its noun: "1 story", "2 stories".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// ErrorPages renders what is shown in the place of a page that there is not:
// /errors/404 and /errors/410.
func ErrorPages(site Site) (list []news.Document, err error) {
	for path, told := range map[string][2]string{
		"/errors/404": {"Nothing is here", "The address may be mistyped, the topic may be private or have another name now, or the story may be older than what is kept."},
		"/errors/410": {"This topic has ended", "It is no longer published, and its feeds can be taken out of your reader."},
	} {
		doc, err := page(path, "error.tmpl", struct {
			Frame         frame
			Heading, Lede string
		}{site.frame(told[0], ""), told[0], told[1]})
		if err != nil {
			return nil, err
		}
		list = append(list, doc)
	}
	return list, nil
}
