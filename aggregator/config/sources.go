package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/wireroom/wireroom/aggregator/news"
)

// sources builds the sources from what was decoded.
func (l *loader) sources() {
	cron := cronReader{}
	known := map[string]string{}
	for _, name := range names(l, "sources", l.root.Sources) {
		s := l.root.Sources[name]
		path := []string{"sources", name}
		built := news.Source{
			Name: name, Title: strings.TrimSpace(s.Title), Family: fold(strings.TrimSpace(s.Family)),
			Labels: s.Labels, Priority: s.Priority, Schedule: strings.TrimSpace(s.Schedule),
			MinInterval: time.Duration(s.MinInterval), MaxInterval: time.Duration(s.MaxInterval), MinAuto: time.Duration(s.MinAuto),
			AllowPrivate: s.AllowPrivate, MaxBytes: int64(s.MaxBytes), MaxItems: s.MaxItems,
			Timeout: time.Duration(s.Timeout), LimitScope: news.LimitScope(s.LimitScope),
			Content: news.ContentPolicy(s.Content), FullText: s.FullText, Robots: s.Robots,
		}
		built.Tags = l.tags(path, s.Tags)
		built.Language = l.language(child(path, "language"), s.Language)
		built.TimeZone = l.timeZone(child(path, "time_zone"), s.TimeZone)
		built.Page = l.page(path, s)
		built.Auth = l.auth(child(path, "auth"), s.Auth)
		l.origin(path, s, &built)
		// Two readers of one feed may be given different items, and so may who asks
		// otherwise; a page may have several lists.
		address := fmt.Sprint(built.URL, " ", built.Auth.User, " ", built.Auth.Bearer, built.Auth.Header, built.Auth.Query)
		if built.Page != nil {
			address += " " + built.Page.Item
		}
		if other, ok := known[address]; ok && built.URL != "" {
			l.report(child(path, "url"), fmt.Sprintf("sources.%s has the same address", other), "keep one of them: a source may carry any number of tags")
		}
		known[address] = name
		l.rhythm(path, built, cron)
		l.config.Sources = append(l.config.Sources, built)
	}
	l.crowded(cron)
}

// origin sets where a source is: its address, without the credentials that it
// may hold.
func (l *loader) origin(path []string, s source, built *news.Source) {
	raw, at := s.URL, child(path, "url")
	switch {
	case s.URL != "" && s.Site != "":
		l.report(child(path, "site"), "url and site are both set", "keep url for the address of a feed, or site for that of a web site")
		return
	case s.Site != "":
		raw, at, built.Site = s.Site, child(path, "site"), true
	case s.URL == "":
		if !l.troubled(path...) {
			l.report(path, "the source has no address", "set url, such as url: https://feeds.example.org/rss.xml")
		}
		return
	}
	if file, ok := strings.CutPrefix(raw, "file:"); ok && !built.Site {
		if file == "" || !filepath.IsLocal(filepath.FromSlash(file)) {
			l.report(at, "the path leads out of the folder of this file", "name a file below it, such as file:feeds/local.xml")
			return
		}
		built.URL = raw
		return
	}
	u := l.webURL(at, raw, "https://feeds.example.org/rss.xml")
	if u == nil {
		return
	}
	if u.User != nil {
		if s.Auth != nil {
			l.report(at, "there is a user name in the address and there is auth", "keep auth")
			return
		}
		built.Auth.User = u.User.Username()
		built.Auth.Password, _ = u.User.Password()
		u.User = nil
	}
	if isPrivate(u) && !built.AllowPrivate {
		l.report(at, u.Hostname()+" is on a private network, and such an address is never connected to", "set allow_private: true for this source if it is yours")
	}
	u.Fragment = ""
	built.URL = u.String()
	built.Unlisted = slices.ContainsFunc(l.config.Environ, func(value string) bool {
		return len(value) >= leastSecret && strings.Contains(u.Path, value)
	})
}

// leastSecret is how long, in bytes, a value of the environment must be to make
// the path in which it stands a secret: a port or a word is none.
const leastSecret = 8

// isPrivate says whether the address is seen to be private without asking a
// name server. Whoever dials looks at what a name stands for.
func isPrivate(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost" || strings.HasSuffix(host, ".localhost")
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}

// tags checks the words by which topics select.
func (l *loader) tags(path, tags []string) []string {
	var clean []string
	for i, tag := range tags {
		tag = fold(strings.TrimSpace(tag))
		if tag == "" || strings.ContainsAny(tag, ",!:") {
			l.report(child(child(path, "tags"), fmt.Sprint(i)), fmt.Sprintf("%q is not a tag", tags[i]), "a tag is a word without comma, colon and exclamation mark")
			continue
		}
		if !slices.Contains(clean, tag) {
			clean = append(clean, tag)
		}
	}
	return clean
}

// timeZone checks the name of a time zone.
func (l *loader) timeZone(path []string, name string) string {
	if name = strings.TrimSpace(name); name == "" {
		return ""
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" {
		l.report(path, fmt.Sprintf("%q is not a time zone", name), "write a name of the IANA database, such as Asia/Tehran or Europe/Berlin")
		return ""
	}
	return name
}

// language checks a BCP 47 language and brings it to its usual form.
func (l *loader) language(path []string, tag string) string {
	if tag == "" {
		return ""
	}
	parsed, err := language.Parse(tag)
	if err != nil {
		l.report(path, fmt.Sprintf("%q is not a language", tag), "write a code of BCP 47, such as en, pt-BR or fa")
		return ""
	}
	return parsed.String()
}

// page checks the selectors of a source that is a web page.
func (l *loader) page(path []string, s source) *news.PageRules {
	if s.Page == nil {
		return nil
	}
	if strings.TrimSpace(s.Page.Item) == "" {
		l.report(append(child(path, "page"), "item"), "the page has no item, the selector of each entry", "set item, such as item: article.teaser")
	}
	if s.Site != "" {
		l.report(child(path, "page"), "page and site are both set", "keep site if the web site has a feed, else url and page")
	}
	return &news.PageRules{Item: s.Page.Item, Link: s.Page.Link, Title: s.Page.Title, Date: s.Page.Date, Text: s.Page.Text}
}
