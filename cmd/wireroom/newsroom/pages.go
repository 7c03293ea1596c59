package newsroom

import (
	"html/template"
	"net/http"
	"strings"
)

// pages are the outlets' web sites: plain, and such as a browser shows them.
var pages = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Language}}" dir="auto">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{.Title}}</title>
<style>
body { font: 1.1rem/1.6 Georgia, serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fdfcf9 }
header { border-bottom: 3px double #999; margin-bottom: 1.5rem } header a { color: inherit; text-decoration: none; font-size: 1.6rem }
h1 { line-height: 1.2 } .small { color: #666; font-size: .9rem } li { margin: .6rem 0 }
</style>
<header dir="auto"><a href="/">{{.Outlet}}</a><p class="small">{{.Motto}}</p></header>
<main dir="auto">
{{- with .Report}}<article><h1>{{.Title}}</h1>
<p class="small">{{with .By}}{{.}} · {{end}}<time datetime="{{.Published}}">{{.Published}}</time></p>
{{range .Text}}<p>{{.}}</p>
{{end}}</article>{{end}}
{{- with .List}}<ul>{{range .}}<li><a href="{{.Address}}">{{.Title}}</a> <span class="small">{{.Note}}</span></li>
{{end}}</ul>{{end}}
</main>
<footer class="small" lang="en"><p>An invented outlet of Wireroom's demo: no one and nothing here is real.</p></footer>
</html>
`))

type webPage struct {
	Language, Title, Outlet, Motto string
	Report                         *webReport
	List                           []webLink
}

type webReport struct {
	Title, By, Published string
	Text                 []string
}

type webLink struct{ Address, Title, Note string }

func (p webPage) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = pages.Execute(w, p) // what fails is the connection, and no one is left to be told
}

// press lists the outlets.
func (e edition) press(w http.ResponseWriter) {
	p := webPage{Language: "en", Title: "The press", Outlet: "The press", Motto: "Every outlet of the newsroom"}
	for _, o := range outlets {
		p.List = append(p.List, webLink{e.home(o.Name) + "/", o.Title, o.Motto})
	}
	p.write(w)
}

// site is a page of the outlet, without its content.
func (e edition) site() webPage {
	o := e.outlet
	return webPage{Language: o.Language, Title: o.Title, Outlet: o.Title, Motto: o.Motto}
}

// front lists what the outlet has published.
func (e edition) front(w http.ResponseWriter) {
	p := e.site()
	for _, r := range e.reports {
		p.List = append(p.List, webLink{e.address(r), r.title, e.instant(r.published).Format("15:04")})
	}
	p.write(w)
}

// article shows the report that the path names.
func (e edition) article(w http.ResponseWriter, r *http.Request) {
	for _, rep := range e.reports {
		if rep.slug == strings.TrimPrefix(r.URL.Path, "/") {
			p := e.site()
			p.Title = rep.title
			p.Report = &webReport{rep.title, rep.by, e.instant(rep.published).Format("2006-01-02 15:04"), rep.text}
			p.write(w)
			return
		}
	}
	http.NotFound(w, r)
}
