package story

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"

	"github.com/wireroom/wireroom/aggregator/news"
)

// minExactText is how many letters and digits the title and text of an item
// must have in all for their hash to identify it: "Live" is no identity.
const minExactText = 60

// exactKeys returns the keys by which an item is the same as another, whatever
// the source: hash of the canonical link, of the guid if that is meant for the
// world, and of title and text. 0 stands for a key that the item lacks.
func exactKeys(it *news.Item) (keys [3]uint64) {
	if link := it.Canonical; link != "" && specific(link) {
		keys[0] = keyHash("link", link)
	}
	if worldly(it.GUID) {
		keys[1] = keyHash("guid", it.GUID)
	}
	title, text := plain(it.Title), plain(it.Text)
	if len(title)+len(text) >= minExactText && text != "" && text != title {
		keys[2] = keyHash("text", title+"\x00"+text)
	}
	return keys
}

func keyHash(kind, value string) uint64 {
	h := xxh3.HashString(kind + "\x00" + value)
	if h == 0 {
		h = 1 // 0 stands for no key
	}
	return h
}

// specific reports whether a link can be that of one item: a bare home page is
// what careless feeds give to all their entries.
func specific(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Host != "" && (strings.Trim(u.Path, "/") != "" || u.RawQuery != "")
}

// worldly reports whether a guid is unique in the world: an address, a tag or
// another URI with a name space, or a UUID. A bare number is unique in its feed
// at best.
func worldly(guid string) bool {
	guid = strings.TrimSpace(guid)
	scheme, rest, found := strings.Cut(guid, ":")
	if found {
		switch strings.ToLower(scheme) {
		case "http", "https":
			return specific(guid)
		case "tag", "urn":
			return len(rest) >= 8
		}
	}
	return isUUID(guid)
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	varied := false
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
			continue
		}
		hex := '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
		if !hex {
			return false
		}
		varied = varied || c != s[0]
	}
	return varied // a UUID of one digit is a placeholder
}

// plain folds a text to its letters and digits: case, width, punctuation and
// spaces are no difference between two items.
func plain(s string) string {
	if !ascii(s) {
		s = norm.NFKC.String(s)
	}
	b := make([]byte, 0, len(s))
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			b = append(b, byte(r))
		case 'A' <= r && r <= 'Z':
			b = append(b, byte(r)+'a'-'A')
		case r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)):
			b = utf8.AppendRune(b, unicode.ToLower(r))
		}
	}
	return string(b)
}
