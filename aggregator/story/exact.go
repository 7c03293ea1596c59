package story

import (
	"bytes"
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
func (w *Words) exactKeys(it *news.Item) (keys [3]uint64) {
	if link := it.Canonical; link != "" && specific(link) {
		keys[keyLink] = keyHash("link", oneAddress(link))
	}
	if worldly(it.GUID) {
		keys[keyGUID] = keyHash("guid", it.GUID)
	}
	begin := len("text\x00")
	b := appendPlain(append(w.plain[:0], "text\x00"...), it.Title)
	end := len(b)
	b = appendPlain(append(b, 0), it.Text)
	w.plain = b
	if title, text := b[begin:end], b[end+1:]; len(title)+len(text) >= minExactText && len(text) > 0 && !bytes.Equal(text, title) {
		keys[keyText] = max(1, xxh3.Hash(b)) // 0 stands for no key
	}
	return keys
}

// The numbers of the keys.
const (
	keyLink = iota
	keyGUID
	keyText
)

func keyHash(kind, value string) uint64 { return max(1, xxh3.HashString(kind+"\x00"+value)) }

// oneAddress returns the address that stands for those of one page: with http or https,
// with www or without, with a slash at its end or none. Outlets answer all of these,
// and whoever posts a link has it from somewhere else than the outlet's feed.
func oneAddress(link string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(link, "http://"), "https://")
	return "https://" + strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
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
func plain(s string) string { return string(appendPlain(make([]byte, 0, len(s)), s)) }

// appendPlain appends to b what plain makes of a text.
func appendPlain(b []byte, s string) []byte {
	begin := len(b)
	for _, r := range s {
		if int(r) < len(folded) {
			r = folded[r]
		} else {
			r = foldedRune(r)
		}
		switch r {
		case 0:
		case unstable:
			return append(b[:begin], strings.Map(func(r rune) rune {
				if isPlain(r) {
					return unicode.ToLower(r)
				}
				return -1
			}, norm.NFKC.String(s))...)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

func isPlain(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// unstable is what foldedRune returns for a character that has to be looked at
// with its neighbours, or is written in several ways.
const unstable = -1

// foldedRune is the small form of a letter or digit, and 0 for what is neither.
func foldedRune(r rune) rune {
	s := string(r)
	switch form := norm.NFKC.String(s); {
	case !norm.NFKC.PropertiesString(s).BoundaryBefore():
		return unstable
	case !strings.ContainsFunc(form, isPlain):
		return 0
	case form != s:
		return unstable
	}
	return unicode.ToLower(r)
}

// folded has the folded forms of the alphabets of two bytes, which are asked for
// at every letter of every text.
var folded = func() (table [0x800]rune) {
	for r := range table {
		table[r] = foldedRune(rune(r))
	}
	return table
}()
