package parse

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	ext "github.com/mmcdole/gofeed/extensions"

	"github.com/wireroom/wireroom/aggregator/news"
)

// media takes the enclosures, pictures and places of the modules. A group's
// parts are the same thing in several forms.
func media(e *news.Entry, x ext.Extensions) {
	m := x["media"]
	mediaParts(e, m, "")
	for _, group := range m["group"] {
		mediaParts(e, group.Children, "")
	}
	for _, image := range x["itunes"]["image"] {
		addImage(e, first(image.Attrs["href"], image.Attrs["url"], image.Value), image.Attrs, "")
	}
	for _, l := range x["itunes"]["link"] {
		if l.Attrs["rel"] == "image" {
			addImage(e, l.Attrs["href"], nil, "")
		}
	}
	for _, image := range x["googleplay"]["image"] {
		addImage(e, image.Attrs["href"], image.Attrs, "")
	}
	if d := x["itunes"]["duration"]; len(d) > 0 {
		lasts(e.Enclosures, duration(d[0].Value))
	}
	for _, enc := range e.Enclosures {
		if strings.HasPrefix(enc.Type, "image/") || enc.Type == "" && pictureName(enc.URL) {
			addImage(e, enc.URL, nil, "")
		}
	}
	e.Geo = located(x)
}

// mediaParts reads the contents and thumbnails that stand side by side.
func mediaParts(e *news.Entry, m map[string][]ext.Extension, credit string) {
	for _, c := range m["credit"] {
		credit = first(credit, c.Value)
	}
	for _, c := range m["content"] {
		kind, medium := c.Attrs["type"], c.Attrs["medium"]
		href, said := c.Attrs["url"], ""
		for _, t := range slices.Concat(c.Children["title"], c.Children["description"]) {
			said = clip(first(said, t.Value), maxTitle)
		}
		if medium == "image" || strings.HasPrefix(kind, "image/") || medium == "" && kind == "" && pictureName(href) {
			for _, t := range c.Children["credit"] {
				credit = first(t.Value, credit)
			}
			addImage(e, href, c.Attrs, credit)
			if n := len(e.Images); n > 0 && e.Images[n-1].URL == href && e.Images[n-1].Alt == "" {
				e.Images[n-1].Alt = said
			}
		}
		if href != "" {
			enc := enclosure(e, href)
			enc.Type, enc.Title = cmp.Or(enc.Type, mediaType(kind, medium)), cmp.Or(enc.Title, said)
			enc.Length = cmp.Or(enc.Length, size(c.Attrs["filesize"]))
			enc.Duration = cmp.Or(enc.Duration, duration(c.Attrs["duration"]))
		}
		mediaParts(e, map[string][]ext.Extension{"thumbnail": c.Children["thumbnail"]}, credit)
	}
	for _, p := range m["peerlink"] {
		if href := p.Attrs["href"]; href != "" {
			enc := enclosure(e, href)
			enc.Type = cmp.Or(enc.Type, p.Attrs["type"])
		}
	}
	for _, t := range m["thumbnail"] {
		addImage(e, first(t.Attrs["url"], t.Value), t.Attrs, credit)
	}
}

// mediaType returns a media type; a medium alone gives its general one.
func mediaType(kind, medium string) string {
	if kind == "" && (medium == "image" || medium == "video" || medium == "audio") {
		return medium + "/*"
	}
	return kind
}

// pictureName reports whether an address ends as those of pictures do.
func pictureName(href string) bool {
	href, _, _ = strings.Cut(strings.ToLower(href), "?")
	for _, ending := range []string{".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"} {
		if strings.HasSuffix(href, ending) {
			return true
		}
	}
	return false
}

// enclosure returns the enclosure of an entry at an address: what is said of one
// file in several places is of one enclosure.
func enclosure(e *news.Entry, href string) *news.Enclosure {
	i := slices.IndexFunc(e.Enclosures, func(enc news.Enclosure) bool { return enc.URL == href })
	if i < 0 {
		i = len(e.Enclosures)
		e.Enclosures = append(e.Enclosures, news.Enclosure{URL: href})
	}
	return &e.Enclosures[i]
}

// lasts notes how long an episode is with those of its files that are played, or
// with the first where none is said to be: they are forms of one recording.
func lasts(list []news.Enclosure, d time.Duration) {
	played := func(enc news.Enclosure) bool {
		return strings.HasPrefix(enc.Type, "audio/") || strings.HasPrefix(enc.Type, "video/")
	}
	none := !slices.ContainsFunc(list, played)
	for i := range list {
		if (played(list[i]) || none && i == 0) && list[i].Duration == 0 {
			list[i].Duration = d
		}
	}
}

func addImage(e *news.Entry, href string, attrs map[string]string, credit string) {
	href = strings.TrimSpace(href)
	if href == "" || len(e.Images) > maxTerms {
		return
	}
	for _, image := range e.Images {
		if image.URL == href {
			return
		}
	}
	e.Images = append(e.Images, news.Image{
		URL: href, Width: pixels(attrs["width"]), Height: pixels(attrs["height"]), Credit: clip(credit, maxTitle),
	})
}

// pixels reads a width or a height; what no picture has counts as not said, as it may
// not fit into an int everywhere.
func pixels(s string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(s, "px"))
	if err != nil || n < 0 || n > maxPixels {
		return 0
	}
	return n
}

// located returns the point that GeoRSS, GML or the W3C's vocabulary names.
func located(x ext.Extensions) *news.Geo {
	for _, p := range x["georss"]["point"] {
		if g := point(p.Value); g != nil {
			return g
		}
	}
	points := x["gml"]["point"]
	for _, where := range x["georss"]["where"] {
		points = append(points, where.Children["point"]...)
	}
	for _, p := range points {
		for _, pos := range p.Children["pos"] {
			if g := point(pos.Value); g != nil {
				return g
			}
		}
	}
	for _, p := range x["geo"]["point"] {
		if lat, long := p.Children["lat"], p.Children["long"]; len(lat) > 0 && len(long) > 0 {
			return point(lat[0].Value + " " + long[0].Value)
		}
	}
	if lat, long := x["geo"]["lat"], x["geo"]["long"]; len(lat) > 0 && len(long) > 0 {
		return point(lat[0].Value + " " + long[0].Value)
	}
	return nil
}

// point reads latitude and longitude, in degrees.
func point(s string) *news.Geo {
	f := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\t' || r == '\r' })
	if len(f) != 2 {
		return nil
	}
	lat, err := strconv.ParseFloat(f[0], 64)
	lon, err2 := strconv.ParseFloat(f[1], 64)
	if err != nil || err2 != nil || !(lat >= -90 && lat <= 90) || !(lon >= -180 && lon <= 180) {
		return nil
	}
	return &news.Geo{Lat: lat, Lon: lon}
}

// duration reads seconds, or hours, minutes and seconds between colons.
func duration(s string) time.Duration {
	var total time.Duration
	for _, part := range strings.Split(strings.TrimSpace(s), ":") {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(n >= 0 && n < 1e6) || total > 1e6*time.Second {
			return 0
		}
		total = total*60 + time.Duration(n*float64(time.Second))
	}
	return total.Truncate(time.Second)
}

// size reads a number of bytes; anything else counts as not said.
func size(s string) int64 {
	n, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func first(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}
