package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// identify gives each draft its identity and aliases, and returns those with an
// identity that none before has. The page that the feed is of names none of them.
func identify(drafts []draft, home string) []draft {
	for i := range drafts {
		if drafts[i].place == home {
			drafts[i].place = ""
		}
	}
	shared := sharedNames(drafts)
	seen := map[string]bool{}
	kept := drafts[:0]
	for i := range drafts {
		d := &drafts[i]
		if d.id = identity(d, shared); d.id != "" && !seen[d.id] {
			seen[d.id] = true
			kept = append(kept, *d)
		}
	}
	nameAliases(kept)
	return kept
}

// identity returns what names an item within its source: its guid, rdf:about,
// atom:id, canonical link, or a hash of title and stated date, whichever comes
// first. What entries of one document share, although they differ, names none
// of them; of those that share title and date the text tells them apart.
func identity(d *draft, shared map[string]bool) string {
	if name := named(d, shared); name != "" {
		return short(name)
	}
	d.nameless = true
	parts := []string{d.title, d.stamp()}
	if d.title == "" || shared[d.headline()] {
		parts = append(parts, d.entry.Summary.Value, d.entry.Content.Value)
		for _, enc := range d.entry.Enclosures {
			parts = append(parts, enc.URL)
		}
		for i := range parts {
			parts[i], _ = unsigned(parts[i])
		}
	}
	if strings.Join(parts, "") == "" {
		return ""
	}
	return "hash:" + digest(parts...)
}

// named returns what a draft is called and no other that differs.
func named(d *draft, shared map[string]bool) string {
	for _, id := range d.stated {
		if id != "" && !shared[id] {
			return id
		}
	}
	if d.place != "" && !shared[d.place] {
		return d.place
	}
	return ""
}

// headline stands for a draft's title and instant where they are compared with names.
func (d *draft) headline() string { return "\n" + d.title + "\n" + d.stamp() }

// short returns an identity of bounded length.
func short(id string) string {
	if len(id) <= maxID {
		return id
	}
	return "hash:" + digest(id)
}

// sharedNames returns the guids that entries with different links or titles
// state, the links of entries with different titles, or with different texts of
// different dates, and the headlines of entries with different texts that have nothing
// else to go by.
func sharedNames(drafts []draft) map[string]bool {
	type what [3]string // what it is said of, and how
	first := make(map[string]what, 2*len(drafts))
	shared := map[string]bool{}
	note := func(name string, of what) {
		if known, ok := first[name]; ok && known != of {
			shared[name] = true
		}
		first[name] = of
	}
	placed := make(map[string]*draft, len(drafts))
	for i := range drafts {
		d := &drafts[i]
		for _, id := range d.stated {
			if id != "" && id != d.place {
				note(id, what{"entry", d.place, d.title})
			}
		}
		if d.place != "" {
			if before := placed[d.place]; before != nil && before.another(d) {
				shared[d.place] = true
			}
			placed[d.place] = d
			note(d.place, what{"page", d.title})
		}
	}
	for i := range drafts {
		if d := &drafts[i]; named(d, shared) == "" {
			note(d.headline(), what{"text", digest(d.entry.Summary.Value, d.entry.Content.Value)})
		}
	}
	return shared
}

// another reports whether two entries of one place are two by their dates and by what
// they say, as a bulletin and its next one.
func (d *draft) another(o *draft) bool {
	says := func(e *news.Entry) string {
		return digest(append([]string{e.Summary.Value, e.Content.Value}, played(e.Enclosures)...)...)
	}
	at, after := d.stamp(), o.stamp()
	return at != "" && after != "" && at != after && says(d.entry) != says(o.entry)
}

// nameAliases gives each draft its further identities, best first: its canonical
// link, its title with the instant that was stated, its identity where that is made of
// these, its title, or else that instant, with its text. What two entries of the document
// share is no identity. Nobody asks for those of an entry that is known, but for others
// to be held against: the ones with a title that no other entry has are left out.
func nameAliases(drafts []draft) {
	titles := map[string]bool{} // of entries that are not known
	for i := range drafts {
		if d := &drafts[i]; !d.entry.Known {
			titles[d.title] = true
		}
	}
	count := map[string]int{}
	said := make([]string, len(drafts)) // what each says under its title, whatever files it has
	for i := range drafts {
		d := &drafts[i]
		d.aliases, said[i] = aliases(d, titles[d.title])
		for _, alias := range append(d.aliases, said[i]) {
			count[alias]++
		}
	}
	for i := range drafts {
		d := &drafts[i]
		d.aliases = slices.DeleteFunc(d.aliases, func(alias string) bool {
			return count[alias] > 1 || strings.HasPrefix(alias, "text:") && count[said[i]] > 1
		})
	}
}

// enoughToTell is how many bytes of text tell an item from all others of its
// source, together with the title.
const enoughToTell = 40

// aliases returns what else an entry may be known by, of its title too or without, and
// what stands for its title and text alone: of an entry that is known no files are read.
func aliases(d *draft, titled bool) (out []string, said string) {
	if d.place != "" {
		out = append(out, short(d.place))
	}
	if titled && d.title != "" && d.stamp() != "" {
		out = append(out, "title:"+digest(d.title, d.stamp()))
	}
	if d.nameless { // of several with one title it is another one's when that is alone
		out = append(out, d.id)
	}
	e, enough := d.entry, enoughToTell
	if d.title == "" {
		enough = 1
	}
	if titled && d.title+d.stamp() != "" && len(e.Summary.Value)+len(e.Content.Value) >= enough {
		summary, _ := unsigned(e.Summary.Value)
		content, _ := unsigned(e.Content.Value)
		parts := []string{d.title, summary, content}
		if d.title == "" { // whoever writes a few words at a time may write them again
			parts = append(parts, d.stamp())
		}
		said = digest(parts...)
		text := said
		// A bulletin that is to be heard is another each day, and may be said to be the
		// same.
		if files := played(e.Enclosures); len(files) > 0 {
			text = digest(append(parts, files...)...)
		}
		out = append(out, "text:"+text)
	}
	return out, said
}

// contentHash tells one revision of an item from another. It does not depend
// on the time of the poll, nor on a stated date: many feeds date all they have
// with the moment of the request, and what was published keeps its first date. The
// signatures of addresses stand apart in it: they change nothing, but end.
func contentHash(it *news.Item, d *draft) string {
	parts := []string{it.Title, it.HTML, it.Summary, d.place}
	signatures := ""
	for i := range parts {
		bare, signature := unsigned(parts[i])
		parts[i] = bare
		signatures += signature
	}
	addresses := []string{it.URL}
	for _, enc := range it.Enclosures {
		addresses = append(addresses, enc.URL)
	}
	if it.Image != nil {
		addresses = append(addresses, it.Image.URL)
	}
	for _, address := range addresses {
		_, signature := unsigned(address)
		signatures += signature
	}
	hash := digest(append(parts, played(it.Enclosures)...)...)
	if signatures != "" {
		hash += news.Signed + digest(signatures)
	}
	return hash
}

// played returns the names of the files that are played. Servers sign addresses anew at
// each request, and count by what they put before them: the file is another one when
// its name is.
func played(enclosures []news.Enclosure) []string {
	var names []string
	for _, enc := range enclosures {
		if u, err := url.Parse(enc.URL); err == nil && (strings.HasPrefix(enc.Type, "audio/") || strings.HasPrefix(enc.Type, "video/")) {
			names = append(names, path.Base(u.Path))
		}
	}
	return names
}

// stamp returns the instant that was stated; nothing if none was.
func (d *draft) stamp() string {
	at, says := d.date()
	if !says {
		return ""
	}
	return strconv.FormatInt(at.at.Unix(), 10)
}

// digest returns 128 bits of a SHA-256 over the parts, as hex.
func digest(parts ...string) string {
	h := sha256.New()
	buf := make([]byte, 0, 1<<10) // a text is copied in pieces: all of it is much to throw away
	for _, p := range parts {
		buf = append(strconv.AppendInt(buf, int64(len(p)), 10), ':')
		for len(p) > cap(buf)-len(buf) {
			n := cap(buf) - len(buf)
			h.Write(append(buf, p[:n]...))
			buf, p = buf[:0], p[n:]
		}
		h.Write(append(buf, p...))
		buf = buf[:0]
	}
	return hex.EncodeToString(h.Sum(buf)[:16])
}

// line returns s as one line without characters that XML does not allow.
func line(s string) string {
	if isLine(s) {
		return strings.Clone(s)
	}
	return strings.Clone(strings.Join(strings.Fields(legalText(s)), " ")) // a part of a document would keep all of it
}

// isLine reports whether s is a line as it stands, in ASCII: its words are parted by one
// space each. Most are.
func isLine(s string) bool {
	after := byte(' ')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && after == ' ' {
			return false
		}
		after = s[i]
	}
	return s == "" || after != ' '
}

// idText returns an identity verbatim, but for what no one-line text can hold.
func idText(s string) string {
	s = strings.TrimSpace(legalText(s))
	if strings.ContainsAny(s, "\n\t") {
		s = strings.NewReplacer("\n", " ", "\t", " ").Replace(s)
	}
	return strings.Clone(s)
}
