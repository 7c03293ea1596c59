package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// identity returns what names an item within its source: its guid, rdf:about,
// atom:id, canonical link, or a hash of title and stated date, whichever comes
// first. What entries of one document share, although they differ, names none
// of them.
func identity(d *draft, it *news.Item, shared map[string]bool) string {
	for _, id := range []string{d.entry.GUID, d.entry.About, d.entry.AtomID} {
		if id = line(id); id != "" && !shared[id] {
			return short(id)
		}
	}
	if it.Canonical != "" && !shared[it.Canonical] {
		return short(it.Canonical)
	}
	if it.Title == "" && it.Text == "" && len(it.Enclosures) == 0 {
		return ""
	}
	parts := []string{it.Title, stamp(d.stated)}
	if it.Title == "" {
		parts = append(parts, it.Text)
		for _, enc := range it.Enclosures {
			parts = append(parts, enc.URL)
		}
	}
	return "hash:" + digest(parts...)
}

// short returns an identity of bounded length.
func short(id string) string {
	if len(id) <= maxID {
		return id
	}
	return "hash:" + digest(id)
}

// sharedNames returns the guids that entries with different links or titles
// state, and the links of entries with different titles.
func sharedNames(drafts []draft) map[string]bool {
	first := map[string]string{}
	shared := map[string]bool{}
	note := func(name, of string) {
		if known, ok := first[name]; ok && known != of {
			shared[name] = true
		}
		first[name] = of
	}
	for i := range drafts {
		d := &drafts[i]
		title := d.entry.Title.Value
		for _, id := range []string{d.entry.GUID, d.entry.About, d.entry.AtomID} {
			if id = line(id); id != "" && id != d.canonical {
				note(id, d.canonical+"\x00"+title)
			}
		}
		if d.canonical != "" {
			note(d.canonical, title)
		}
	}
	return shared
}

// nameAliases gives each item its further identities, best first: its canonical
// link, its title with the instant that was stated, its title with its text.
// What two items of the document share is no identity.
func nameAliases(items []news.Item) {
	count := map[string]int{}
	for i := range items {
		it := &items[i]
		it.Aliases = aliases(it)
		for _, alias := range it.Aliases {
			count[alias]++
		}
	}
	for i := range items {
		var unique []string
		for _, alias := range items[i].Aliases {
			if count[alias] == 1 {
				unique = append(unique, alias)
			}
		}
		items[i].Aliases = unique
	}
}

func aliases(it *news.Item) []string {
	var out []string
	if it.Canonical != "" {
		out = append(out, short(it.Canonical))
	}
	if it.Title != "" {
		if it.Dated {
			out = append(out, "title:"+digest(it.Title, stamp(it.Published)))
		}
		if utf8.RuneCountInString(it.Text) >= 40 {
			out = append(out, "text:"+digest(it.Title, it.Text))
		}
	}
	return out
}

// contentHash tells one revision of an item from another. It does not depend
// on the time of the poll.
func contentHash(it *news.Item, stated time.Time) string {
	return digest(it.Title, it.HTML, it.Summary, it.Canonical, stamp(stated))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// digest returns 128 bits of a SHA-256 over the parts, as hex.
func digest(parts ...string) string {
	h := sha256.New()
	var length []byte
	for _, p := range parts {
		length = strconv.AppendInt(length[:0], int64(len(p)), 10)
		h.Write(append(length, ':'))
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// line returns s as one line without characters that XML does not allow.
func line(s string) string {
	return strings.Join(strings.Fields(legalText(s)), " ")
}
