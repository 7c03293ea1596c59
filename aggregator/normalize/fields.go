package normalize

import (
	"net/url"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// people returns persons in normal form, each once.
func people(base string, list []news.Person) []news.Person {
	var out []news.Person
	for _, p := range list {
		q := news.Person{
			Name:  cut(plainText(news.Text{Value: p.Name}), maxLine),
			Email: cut(line(p.Email), maxLine),
			URL:   webAddress(base, p.URL, false),
		}
		if !strings.Contains(q.Email, "@") || strings.ContainsAny(q.Email, " <>\"'") {
			q.Email = ""
		}
		if q == (news.Person{}) || slices.ContainsFunc(out, func(o news.Person) bool {
			return strings.EqualFold(o.Name, q.Name) && (o.Email == q.Email || q.Name != "")
		}) {
			continue
		}
		out = append(out, q)
	}
	return out
}

// subjects returns the names of categories, each once whatever its case.
func subjects(list []news.Category) []string {
	var out []string
	for _, c := range list {
		name := c.Label
		if name == "" {
			name = c.Term
		}
		name = cut(plainText(news.Text{Value: name}), maxLine)
		if name != "" && !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, name) }) {
			out = append(out, name)
		}
	}
	return out
}

// enclosures returns the media files that have an address, each once.
func enclosures(base string, list []news.Enclosure) []news.Enclosure {
	var out []news.Enclosure
	for _, enc := range list {
		enc.URL = webAddress(base, enc.URL, false)
		if enc.URL == "" || portrait(enc.URL) || slices.ContainsFunc(out, func(o news.Enclosure) bool { return o.URL == enc.URL }) {
			continue
		}
		kind, _, _ := strings.Cut(strings.ToLower(line(enc.Type)), ";")
		enc.Type = strings.TrimSpace(kind)
		if enc.Type != "" && !mediaName.MatchString(strings.Replace(enc.Type, "/*", "/x", 1)) {
			enc.Type = ""
		}
		enc.Title = cut(plainText(news.Text{Value: enc.Title}), maxTitle)
		enc.Length = max(enc.Length, 0)
		out = append(out, enc)
	}
	return out
}

// comments returns the address of the comments page. Some feeds put words there.
func comments(base, ref string) string {
	if strings.ContainsAny(strings.TrimSpace(ref), " \t\n") {
		return ""
	}
	return webAddress(base, ref, false)
}

func origin(base string, o *news.Origin) *news.Origin {
	if o == nil {
		return nil
	}
	out := news.Origin{
		ID: cut(idText(o.ID), maxAddress), Title: cut(plainText(news.Text{Value: o.Title}), maxTitle),
		URL: webAddress(base, o.URL, false), Link: webAddress(base, o.Link, false),
	}
	if out == (news.Origin{}) {
		return nil
	}
	return &out
}

// portrait reports whether a picture is the face of a user of Gravatar, which blogs of
// WordPress add to each of their entries as if it showed its matter, or of GitHub, whose
// feeds do the same.
func portrait(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	server, domain, _ := strings.Cut(u.Host, ".")
	return strings.HasPrefix(u.Path, "/avatar/") && (u.Host == "gravatar.com" || strings.HasSuffix(u.Host, ".gravatar.com")) ||
		domain == "githubusercontent.com" && strings.TrimRight(server, "0123456789") == "avatars"
}

// picture returns an item's lead picture: of those that the feed states the
// widest, else the first of the body.
func picture(base string, e *news.Entry, bodies ...*news.Image) *news.Image {
	var best *news.Image
	for _, image := range e.Images {
		image.URL = webAddress(base, image.URL, false)
		if image.URL == "" || image.Width == 1 || image.Height == 1 || news.Counts(image.URL) || portrait(image.URL) {
			continue
		}
		if best == nil || image.Width > best.Width {
			image.Alt = cut(plainText(news.Text{Value: image.Alt}), maxTitle)
			image.Credit = cut(plainText(news.Text{Value: image.Credit}), maxLine)
			best = &image
		}
	}
	if best != nil {
		return best
	}
	for _, image := range bodies {
		if image != nil {
			return image
		}
	}
	return nil
}
