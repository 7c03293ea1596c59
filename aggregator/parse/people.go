package parse

import (
	"strings"

	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"

	"github.com/wireroom/wireroom/aggregator/news"
)

// person reads a person in a line of text: "mail (name)", "name <mail>",
// "name (mail)", "mail" or "name".
func person(text string) (news.Person, bool) {
	text = strings.Join(strings.Fields(text), " ")
	p := news.Person{Name: text}
	if open := strings.LastIndexByte(text, '('); open > 0 && strings.HasSuffix(text, ")") {
		p = twoParts(text[:open], text[open+1:len(text)-1], text)
	} else if open := strings.LastIndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		p = twoParts(text[:open], text[open+1:len(text)-1], text)
	} else if mail(text) {
		p = news.Person{Email: text}
	} else if first, rest, ok := strings.Cut(text, " "); ok && mail(first) && !strings.Contains(rest, "@") {
		p = news.Person{Name: strings.Trim(rest, "- "), Email: first}
	}
	p.Name = strings.Trim(p.Name, `"' `)
	p.Email = strings.TrimPrefix(p.Email, "mailto:")
	return p, p != news.Person{}
}

// twoParts tells which of two parts is the address; if neither, whole is a name.
func twoParts(a, b, whole string) news.Person {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	switch {
	case mail(a):
		return news.Person{Name: b, Email: a}
	case mail(b):
		return news.Person{Name: a, Email: b}
	}
	return news.Person{Name: whole}
}

// mail reports whether a word looks like a mail address.
func mail(s string) bool {
	i := strings.IndexByte(s, '@')
	return i > 0 && i < len(s)-1 && !strings.ContainsAny(s, " <>()") && strings.Count(s, "@") == 1
}

func atomPersons(list []*atom.Person) []news.Person {
	var out []news.Person
	for _, p := range list {
		if q := (news.Person{Name: p.Name, Email: p.Email, URL: p.URI}); q != (news.Person{}) {
			if q.Email == "" && mail(q.Name) {
				q.Name, q.Email = "", q.Name
			}
			out = append(out, q)
		}
	}
	return out
}

// extensionPersons returns the authors that modules name: all creators, Atom's
// authors within RSS, and, where there is none, the podcast's author.
func extensionPersons(x ext.Extensions) []news.Person {
	var out []news.Person
	add := func(list []ext.Extension) {
		for _, e := range list {
			if p, ok := nested(e); ok {
				out = append(out, p)
			}
		}
	}
	add(x["atom"]["author"])
	add(x["dc"]["creator"])
	add(x["dcterms"]["creator"])
	if len(out) == 0 {
		add(x["itunes"]["author"])
	}
	if len(out) == 0 {
		add(x["googleplay"]["author"])
	}
	if len(out) == 0 {
		add(x["dc"]["publisher"])
	}
	return out
}

func contributors(x ext.Extensions) []news.Person {
	var out []news.Person
	for _, list := range [][]ext.Extension{x["atom"]["contributor"], x["dc"]["contributor"], x["dcterms"]["contributor"]} {
		for _, e := range list {
			if p, ok := nested(e); ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// nested reads a person in Atom's form, else in a line of text.
func nested(e ext.Extension) (news.Person, bool) {
	child := func(names ...string) string {
		for _, name := range names {
			if c := e.Children[name]; len(c) > 0 {
				return c[0].Value
			}
		}
		return ""
	}
	p := news.Person{Name: child("name"), Email: child("email"), URL: child("uri", "url", "homepage")}
	if p != (news.Person{}) {
		return p, true
	}
	return person(e.Value)
}

func atomCategories(list []*atom.Category) []news.Category {
	var out []news.Category
	for _, c := range list {
		if c.Term != "" || c.Label != "" {
			out = append(out, news.Category{Term: c.Term, Scheme: c.Scheme, Label: c.Label})
		}
	}
	return out
}

func rssCategories(list []*rss.Category) []news.Category {
	var out []news.Category
	for _, c := range list {
		if c.Value != "" {
			out = append(out, news.Category{Term: c.Value, Scheme: c.Domain})
		}
	}
	return out
}

// extensionCategories returns the subjects that modules name.
func extensionCategories(x ext.Extensions) []news.Category {
	var out []news.Category
	for _, e := range x["atom"]["category"] {
		if e.Attrs["term"] != "" || e.Attrs["label"] != "" {
			out = append(out, news.Category{Term: e.Attrs["term"], Scheme: e.Attrs["scheme"], Label: e.Attrs["label"]})
		}
	}
	for _, list := range [][]ext.Extension{x["dc"]["subject"], x["dcterms"]["subject"]} {
		for _, e := range list {
			if e.Value != "" {
				out = append(out, news.Category{Term: e.Value})
			}
		}
	}
	for _, e := range x["media"]["category"] {
		if e.Value != "" {
			out = append(out, news.Category{Term: e.Value, Scheme: first(e.Attrs["scheme"], mediaScheme), Label: e.Attrs["label"]})
		}
	}
	for _, e := range x["itunes"]["category"] {
		out = append(out, itunesCategory(e)...)
	}
	for _, list := range [][]ext.Extension{x["itunes"]["keywords"], x["media"]["keywords"]} {
		for _, e := range list {
			for _, word := range strings.Split(e.Value, ",") {
				if word = strings.TrimSpace(word); word != "" {
					out = append(out, news.Category{Term: word})
				}
			}
		}
	}
	return out
}

// Schemes of the categories of modules that state none.
const (
	itunesScheme = "http://www.itunes.com/"
	mediaScheme  = "http://search.yahoo.com/mrss/category_schema"
)

func itunesCategory(e ext.Extension) []news.Category {
	var out []news.Category
	if term := e.Attrs["text"]; term != "" {
		out = append(out, news.Category{Term: term, Scheme: itunesScheme})
	}
	for _, child := range e.Children["category"] {
		out = append(out, itunesCategory(child)...)
	}
	return out
}
