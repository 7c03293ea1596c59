package parse_test

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
)

// feedparserModel lays a feed out as feedparser's expectations look for it.
func feedparserModel(feed news.Feed) map[string]any {
	items := normalize.Items(news.Source{Name: "test"}, feed, pollTime)
	about := normalize.About(feed)
	entries := []any{}
	for i := range feed.Entries {
		it := news.Item{}
		for _, candidate := range items { // of a shared identity there is one only
			if candidate.Title == oneItem(feed, i).Title && candidate.URL == oneItem(feed, i).URL {
				it = candidate
			}
		}
		if it.ID == "" {
			it = oneItem(feed, i)
		}
		entries = append(entries, entryModel(&feed, &feed.Entries[i], &it))
	}
	m := map[string]any{
		"title":  written(based(feed.Title, feed.Base, feed.URL), about.Title),
		"author": authorLine(feed.Authors), "authors": persons(&feed, feed.Authors), "author_detail": firstPerson(&feed, feed.Authors),
		"contributors": persons(&feed, feed.Contributors), "id": feed.ID, "guid": feed.ID,
		"link": texts{about.Link}, "links": links(&feed, "", feed.Links), "language": texts{feed.Language, about.Language},
		"generator": generator(feed.Generator)["name"], "generator_detail": generator(feed.Generator),
		"tags": tags(feed.Categories), "category": firstTag(feed.Categories), "ttl": strconv.Itoa(int(feed.TTL / time.Minute)),
		"image": picture(&feed), "logo": resolved(&feed, "", feed.Image), "icon": resolved(&feed, "", feed.Icon),
		"published": feed.Published, "published_parsed": instant(feed.Published), "updated": either(feed.Updated, feed.Published),
		"updated_parsed": instant(either(feed.Updated, feed.Published)), "modified": feed.Updated,
	}
	for _, name := range []string{"description", "subtitle", "tagline", "info", "summary"} {
		m[name], m[name+"_detail"] = written(based(feed.Description, feed.Base, feed.URL)), detail(&feed, "", "", feed.Description)
	}
	for _, name := range []string{"rights", "copyright"} {
		m[name], m[name+"_detail"] = written(based(feed.Rights, feed.Base, feed.URL)), detail(&feed, "", "", feed.Rights)
	}
	m["title_detail"] = detail(&feed, "", "", feed.Title)
	return map[string]any{
		"feed": m, "channel": m, "entries": entries, "items": entries, "bozo": eitherWay{},
		"encoding": charsets(feed.Charset), "version": texts{version(feed.Format)},
	}
}

func oneItem(feed news.Feed, i int) news.Item {
	feed.Entries = feed.Entries[i : i+1]
	if items := normalize.Items(news.Source{Name: "test"}, feed, pollTime); len(items) == 1 {
		return items[0]
	}
	return news.Item{}
}

func entryModel(feed *news.Feed, e *news.Entry, it *news.Item) map[string]any {
	summary := written(based(e.Summary, e.Base, feed.Base, feed.URL), it.Summary)
	content := written(based(e.Content, e.Base, feed.Base, feed.URL), it.HTML)
	m := map[string]any{
		"title": written(based(e.Title, e.Base, feed.Base, feed.URL), it.Title), "title_detail": detail(feed, e.Base, e.Language, e.Title),
		"content": []any{contentModel(feed, e)}, "id": either(e.GUID, either(e.AtomID, e.About)),
		"guidislink": e.PermaLink && e.GUID != "" && (it.URL == e.GUID || len(e.Links) == 0), "link": texts{it.URL},
		"links": withEnclosures(links(feed, e.Base, e.Links), e.Enclosures), "author": authorLine(e.Authors), "authors": persons(feed, e.Authors),
		"author_detail": firstPerson(feed, e.Authors), "contributors": persons(feed, e.Contributors), "tags": tags(e.Categories),
		"category": firstTag(e.Categories), "enclosures": enclosureModel(it.Enclosures), "comments": it.Comments,
		"rights": written(e.Rights, it.Rights), "rights_detail": detail(feed, e.Base, e.Language, e.Rights),
		"published": either(first(e.Published), ""), "updated": either(first(e.Updated), first(e.Published)),
		"published_parsed": instant(e.Published...), "updated_parsed": instant(either(first(e.Updated), first(e.Published))),
		"created": either(last(e.Published), ""), "created_parsed": instant(last(e.Published)),
		"language": it.Language, "source": source(e.Origin), "image": entryImage(e),
		"itunes_duration": duration(e),
	}
	m["guid"] = m["id"]
	for _, name := range []string{"description", "summary"} {
		m[name] = append(append(texts{}, summary...), content...)
		m[name+"_detail"] = detail(feed, e.Base, e.Language, e.Summary)
	}
	if e.Geo != nil {
		m["where"] = map[string]any{"type": "Point", "coordinates": []any{
			strconv.FormatFloat(e.Geo.Lon, 'f', -1, 64), strconv.FormatFloat(e.Geo.Lat, 'f', -1, 64),
		}}
	}
	if len(e.Links) == 0 && it.URL != e.GUID {
		delete(m, "link")
	}
	return m
}

func contentModel(feed *news.Feed, e *news.Entry) map[string]any {
	t := e.Content
	if t.Value == "" {
		t = e.Summary
	}
	m := detail(feed, e.Base, e.Language, t)
	m["src"] = resolved(feed, e.Base, e.ContentSrc)
	return m
}

// written is a text in every way that it may be asked for.
func written(t news.Text, more ...string) texts {
	out := append(texts{t.Value}, more...)
	if t.Base != "" && t.Type != news.TextPlain {
		html, _ := sanitised(t.Value, t.Base)
		out = append(out, html)
	}
	return out
}

// based returns a text with the base in force.
func based(t news.Text, bases ...string) news.Text {
	for _, base := range bases {
		if t.Base == "" {
			t.Base = base
		}
	}
	return t
}

func detail(feed *news.Feed, base, lang string, t news.Text) map[string]any {
	types := map[news.TextType]texts{
		news.TextPlain: {"text/plain"}, news.TextHTML: {"text/html"}, news.TextXHTML: {"application/xhtml+xml"},
		news.TextGuess: {"text/plain", "text/html"},
	}
	return map[string]any{
		"value": written(based(t, base, feed.Base, feed.URL)), "type": types[t.Type],
		"base": either(t.Base, either(base, either(feed.Base, feed.URL))), "language": languageModel(either(t.Language, either(lang, feed.Language))),
	}
}

func languageModel(tag string) any {
	if tag == "" || tag == "und" {
		return nil
	}
	return tag
}

func resolved(feed *news.Feed, base, ref string) string {
	if ref == "" {
		return ""
	}
	b, err := url.Parse(either(base, either(feed.Base, feed.URL)))
	if err != nil {
		return ref
	}
	r, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	return r.String()
}

func links(feed *news.Feed, base string, list []news.Link) []any {
	out := []any{}
	for _, l := range list {
		m := map[string]any{
			"href": texts{resolved(feed, base, l.Href)}, "rel": strings.TrimPrefix(either(l.Rel, "alternate"), "http://www.iana.org/assignments/relation/"),
			"title": l.Title, "type": either(l.Type, defaultType(l.Rel)), "hreflang": l.HrefLang, "length": strconv.FormatInt(l.Length, 10),
		}
		m["url"] = m["href"]
		out = append(out, m)
	}
	return out
}

// withEnclosures adds media files to links, as feedparser does.
func withEnclosures(links []any, list []news.Enclosure) []any {
	if len(links) > 0 {
		return links
	}
	for _, enc := range list {
		links = append(links, map[string]any{"href": texts{enc.URL}, "rel": "enclosure", "type": enc.Type})
	}
	return links
}

func defaultType(rel string) string {
	if rel == "self" {
		return "application/atom+xml"
	}
	return "text/html"
}

func persons(feed *news.Feed, list []news.Person) []any {
	out := []any{}
	for _, p := range list {
		out = append(out, map[string]any{"name": p.Name, "email": p.Email, "href": texts{p.URL, resolved(feed, "", p.URL)}, "url": texts{p.URL, resolved(feed, "", p.URL)}})
	}
	return out
}

func firstPerson(feed *news.Feed, list []news.Person) any {
	if len(list) == 0 {
		return map[string]any{}
	}
	return persons(feed, list)[0]
}

func authorLine(list []news.Person) texts {
	if len(list) == 0 {
		return nil
	}
	p := list[0]
	switch {
	case p.Email == "":
		return texts{p.Name}
	case p.Name == "":
		return texts{p.Email}
	}
	return texts{p.Name + " (" + p.Email + ")", p.Name}
}

func tags(list []news.Category) []any {
	out := []any{}
	for _, c := range list {
		out = append(out, map[string]any{"term": c.Term, "scheme": either(c.Scheme, ""), "label": c.Label})
	}
	return out
}

func firstTag(list []news.Category) string {
	if len(list) == 0 {
		return ""
	}
	return list[0].Term
}

func enclosureModel(list []news.Enclosure) []any {
	out := []any{}
	for _, enc := range list {
		length := ""
		if enc.Length > 0 {
			length = strconv.FormatInt(enc.Length, 10)
		}
		out = append(out, map[string]any{"href": texts{enc.URL}, "url": texts{enc.URL}, "type": enc.Type, "length": length})
	}
	return out
}

func source(o *news.Origin) any {
	m := map[string]any{}
	for _, key := range strings.Fields("author author_detail authors contributors tags category generator generator_detail icon logo rights rights_detail subtitle subtitle_detail links updated updated_parsed published") {
		m[key] = outside{"source detail"}
	}
	if o == nil {
		o = &news.Origin{}
	}
	m["title"], m["id"], m["link"], m["href"], m["url"] = written(news.Text{Value: o.Title}), o.ID, texts{o.Link}, o.URL, o.URL
	m["title_detail"] = map[string]any{
		"value": written(news.Text{Value: o.Title}), "type": texts{"text/plain", "text/html", "application/xhtml+xml"},
	}
	return m
}

func charsets(name string) texts {
	switch name {
	case "windows-1252":
		return texts{name, "iso-8859-1", "us-ascii"}
	case "windows-874":
		return texts{name, "tis-620"}
	case "gbk", "gb18030":
		return texts{name, "gb2312"}
	}
	return texts{name, strings.ReplaceAll(name, "-", "_")}
}

func picture(feed *news.Feed) map[string]any {
	href := resolved(feed, "", feed.Image)
	return map[string]any{"href": texts{href}, "url": texts{href}, "title": outside{"image title"}}
}

func entryImage(e *news.Entry) map[string]any {
	if len(e.Images) == 0 {
		return map[string]any{}
	}
	return map[string]any{"href": e.Images[0].URL}
}

func duration(e *news.Entry) any {
	if len(e.Enclosures) == 0 {
		return outside{"duration"}
	}
	return e.Enclosures[0].Duration.String()
}

func generator(s string) map[string]any {
	fields := strings.Fields(s)
	m := map[string]any{"name": texts{s}, "url": "", "version": ""}
	for _, f := range fields {
		switch {
		case strings.Contains(f, "://"):
			m["url"] = f
		case f[0] >= '0' && f[0] <= '9':
			m["version"] = f
		}
	}
	if len(fields) > 0 {
		m["name"] = texts{s, strings.TrimSpace(strings.Split(strings.Split(s, " http")[0], " "+str(m["version"]))[0])}
	}
	return m
}

// instant is a date as feedparser's nine numbers; six of them are compared.
func instant(spellings ...string) any {
	it := oneItem(news.Feed{Entries: []news.Entry{{GUID: "1", Published: spellings}}}, 0)
	if !it.Dated {
		return nil
	}
	t := it.Published
	var out []any
	for _, n := range []int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second(), (int(t.Weekday()) + 6) % 7, t.YearDay(), 0} {
		out = append(out, int64(n))
	}
	return out
}

// version is feedparser's short name of a format.
func version(format string) string {
	switch format {
	case "RSS":
		return "rss"
	case "RSS 0.90":
		return "rss090"
	case "RSS 1.0":
		return "rss10"
	case "Atom 0.3":
		return "atom03"
	case "Atom 1.0":
		return "atom10"
	}
	return strings.NewReplacer("RSS ", "rss", ".", "").Replace(format)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}
