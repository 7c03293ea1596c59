package normalize

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

// tag writes a start tag with the attributes that the element may have.
func (c *cleaner) tag(name string, e element, attrs []html.Attribute) {
	c.out.WriteByte('<')
	c.out.WriteString(name)
	for _, a := range attrs {
		if !slices.Contains(e.attrs, a.Key) && !slices.Contains(globals, a.Key) {
			continue
		}
		value, ok := c.value(a.Key, a.Val)
		if !ok {
			continue
		}
		c.out.WriteByte(' ')
		c.out.WriteString(a.Key)
		c.out.WriteString(`="`)
		c.out.WriteString(html.EscapeString(value))
		c.out.WriteByte('"')
	}
	if (name == "audio" || name == "video") && !hasAttr(attrs, "controls") {
		c.out.WriteString(` controls=""`) // or nobody could play it
	}
	c.out.WriteByte('>')
}

func hasAttr(attrs []html.Attribute, key string) bool {
	return slices.ContainsFunc(attrs, func(a html.Attribute) bool { return a.Key == key })
}

// Forms of values. What does not fit is dropped with its attribute.
var (
	languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)
	mediaName   = regexp.MustCompile(`^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$`)
	sizesValue  = regexp.MustCompile(`^[A-Za-z0-9 .,:()%*/+<=>-]{1,300}$`)
	dateValue   = regexp.MustCompile(`^[0-9A-Za-z:.+ -]{1,40}$`)
)

// value checks an attribute's value and brings it to normal form.
func (c *cleaner) value(key, value string) (string, bool) {
	if addressed[key] {
		value = webAddress(c.base, value, key == "href")
		return value, value != ""
	}
	value = legalText(value)
	switch key {
	case "srcset":
		value = c.candidates(value)
		return value, value != ""
	case "sizes", "media":
		return value, sizesValue.MatchString(value)
	case "width", "height", "colspan", "rowspan", "span", "start":
		value = strings.TrimSuffix(strings.TrimSpace(value), "px")
		n, err := strconv.Atoi(value)
		return strconv.Itoa(n), err == nil && n >= 0 && n <= 100000
	case "dir":
		value = strings.ToLower(value)
		return value, value == "ltr" || value == "rtl" || value == "auto"
	case "lang", "hreflang":
		return value, languageTag.MatchString(value)
	case "datetime":
		return value, dateValue.MatchString(value)
	case "type":
		return value, mediaName.MatchString(value) || len(value) == 1 && strings.Contains("1aAiI", value)
	case "scope":
		return value, value == "row" || value == "col" || value == "rowgroup" || value == "colgroup"
	case "preload":
		return value, value == "none" || value == "metadata"
	case "open", "controls", "loop", "muted", "reversed":
		return "", true
	}
	return cut(value, maxAlt), true
}

// candidates checks the addresses of a srcset, which it takes apart as browsers
// do (https://html.spec.whatwg.org/#parsing-a-srcset-attribute): an address ends
// at a space, or at a comma before one, and a size at a comma.
func (c *cleaner) candidates(value string) string {
	var out []string
	for {
		value = strings.TrimLeft(value, ", \t\r\n\f")
		if value == "" || len(out) == maxCandidates {
			return strings.Join(out, ", ")
		}
		address, size := value, ""
		if end := strings.IndexAny(value, " \t\r\n\f"); end >= 0 {
			address, value = value[:end], value[end:]
		} else {
			value = ""
		}
		if bare := strings.TrimRight(address, ","); bare != address {
			address = bare
		} else {
			size, value, _ = strings.Cut(value, ",")
			size = strings.TrimSpace(size)
		}
		address = webAddress(c.base, address, false)
		if address == "" || strings.ContainsAny(address, ", ") {
			continue // one with a comma is two to many a reader
		}
		if size != "" {
			if _, err := strconv.ParseFloat(size[:len(size)-1], 64); err != nil || !strings.ContainsAny(size[len(size)-1:], "wx") {
				continue
			}
			address += " " + size
		}
		out = append(out, address)
	}
}

// lazy are the attributes in which pages keep a picture's address from
// browsers until it is scrolled to.
var lazy = []string{"data-src", "data-original", "data-lazy-src", "data-orig-file"}

// ticked returns the character for a box of a list of things to do. Boxes that
// wait for an answer are something else.
func ticked(name string, attrs []html.Attribute) (box string, ok bool) {
	isBox := slices.ContainsFunc(attrs, func(a html.Attribute) bool { return a.Key == "type" && strings.EqualFold(a.Val, "checkbox") })
	switch {
	case name != "input" || !isBox || !hasAttr(attrs, "disabled"):
		return "", false
	case hasAttr(attrs, "checked"):
		return "☑", true
	}
	return "☐", true
}

// drawnSign returns the character that a picture stands for: blogs of WordPress, and
// others with its set of pictures, draw each emoji of their feeds. As large as it
// comes it would tear the line apart, and be the picture of the entry.
func drawnSign(attrs []html.Attribute) (sign string, ok bool) {
	for _, a := range attrs {
		switch a.Key {
		case "class":
			ok = slices.ContainsFunc(strings.Fields(a.Val), func(class string) bool { return class == "wp-smiley" || class == "emoji" })
		case "alt":
			sign = strings.TrimSpace(a.Val)
		}
	}
	named := strings.ContainsFunc(sign, func(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) })
	return sign, ok && sign != "" && !named && utf8.RuneCountInString(sign) <= 12
}

// leads reports whether a link leads anywhere.
func (c *cleaner) leads(attrs []html.Attribute) bool {
	for i := range attrs {
		if attrs[i].Key == "href" {
			base := c.base
			if c.page != "" && strings.HasPrefix(strings.TrimSpace(attrs[i].Val), "#") {
				if base = c.page; len(base) > maxBase {
					return false
				}
			}
			attrs[i].Val = webAddress(base, attrs[i].Val, true)
			return attrs[i].Val != ""
		}
	}
	return false
}

// candidateLists are the attributes that hold a list of a picture's addresses.
var candidateLists = []string{"srcset", "data-srcset", "data-lazy-srcset"}

// source returns the address at which a picture is: that of its src, unless that
// is there in the place of one that comes late, or leads nowhere; else the first of
// a list.
func (c *cleaner) source(attrs []html.Attribute) string {
	src, late, listed, isLate := "", "", "", false
	for _, a := range attrs {
		switch {
		case a.Key == "src" && !strings.HasPrefix(strings.TrimSpace(a.Val), "#"): // a place in the page is no picture
			src = webAddress(c.base, a.Val, false)
		case a.Key == "class":
			isLate = strings.Contains(strings.ToLower(a.Val), "lazy")
		case late == "" && slices.Contains(lazy, a.Key):
			late = webAddress(c.base, a.Val, false)
		case listed == "" && slices.Contains(candidateLists, a.Key):
			list, _, _ := strings.Cut(c.candidates(legalText(a.Val)), ",")
			listed, _, _ = strings.Cut(list, " ")
		}
	}
	if isLate {
		return cmp.Or(late, src, listed)
	}
	return cmp.Or(src, late, listed)
}

// sourced returns a picture's attributes with that address.
func sourced(attrs []html.Attribute, address string) []html.Attribute {
	for i := range attrs {
		if attrs[i].Key == "src" {
			attrs[i].Val = address
			return attrs
		}
	}
	return append([]html.Attribute{{Key: "src", Val: address}}, attrs...)
}

// picture returns a picture's attributes with its address made plain, and reports
// whether it is one to be seen: it has an address, and is no pixel for counting
// readers.
func (c *cleaner) picture(attrs []html.Attribute) ([]html.Attribute, bool) {
	address := c.source(attrs)
	if address == "" || news.Counts(address) {
		return nil, false
	}
	found := news.Image{URL: address}
	for _, a := range attrs {
		switch a.Key {
		case "width", "height":
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(a.Val), "px"))
			if err == nil && n <= 1 {
				return nil, false
			}
			if err == nil && n <= 100000 {
				if a.Key == "width" {
					found.Width = n
				} else {
					found.Height = n
				}
			}
		case "alt":
			found.Alt = cut(strings.TrimSpace(legalText(a.Val)), maxAlt)
		}
	}
	if c.image == nil && !(found.Width > 0 && found.Width < 50) && !(found.Height > 0 && found.Height < 50) {
		c.image = &found
	}
	return sourced(attrs, address), true
}
