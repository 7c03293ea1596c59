package news

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// An Item is one entry of one source in normal form. Instants are UTC and
// truncated to the second; texts are valid UTF-8 without characters outside
// XML 1.0; links are absolute http or https.
type Item struct {
	Source string `json:"source"` // name of the source
	ID     string `json:"id"`     // identity within the source: guid, rdf:about, atom:id, link, or a hash of title and date
	GUID   string `json:"guid,omitempty"`

	URL       string `json:"url,omitempty"`       // the entry's link as published
	Canonical string `json:"canonical,omitempty"` // the link without tracking, fragment and device variant; what is compared and published
	Comments  string `json:"comments,omitempty"`

	Title   string `json:"title,omitempty"`   // plain text; of an untitled entry the head of its summary or text, else what its picture shows, else its address
	HTML    string `json:"html,omitempty"`    // sanitised body
	Summary string `json:"summary,omitempty"` // sanitised summary, where the feed gave one beside the body
	Text    string `json:"text,omitempty"`    // plain text of the body, else of the summary
	Excerpt string `json:"excerpt,omitempty"` // the head of Text, at most 300 characters, cut between words

	Language   string      `json:"language,omitempty"` // BCP 47, lower-case language, such as "en" or "pt-BR"
	Authors    []Person    `json:"authors,omitempty"`
	Categories []string    `json:"categories,omitempty"`
	Enclosures []Enclosure `json:"enclosures,omitempty"`
	Image      *Image      `json:"image,omitempty"` // lead picture
	Rights     string      `json:"rights,omitempty"`
	Origin     *Origin     `json:"origin,omitempty"` // the feed that the entry says it was taken from
	Geo        *Geo        `json:"geo,omitempty"`

	Published time.Time `json:"published"`          // never later than FirstSeen; FirstSeen where not stated
	Updated   time.Time `json:"updated,omitzero"`   // as stated by the source; zero: not stated
	Dated     bool      `json:"dated"`              // the source stated Published in a form that was understood
	Zone      string    `json:"zone,omitempty"`     // zone in which Published was stated, such as "+03:30" or "EST"
	FirstSeen time.Time `json:"first_seen"`         // start of the poll that first brought the item
	Fetched   time.Time `json:"fetched"`            // start of the poll that brought this revision; FirstSeen where it is the first, read otherwise or not
	FullText  bool      `json:"full_text,omitzero"` // the body was taken from the item's page

	// Aliases are further identities within the source, best first, such as the
	// canonical link: an item with an unknown ID whose alias is known is the
	// known item under a new guid. Only what is unique in its document is one.
	// An ID among them tells less than those behind it: those overrule it.
	Aliases []string `json:"-"`

	// Raw is that of the entry that the item was made of. What a source has
	// seen are the Raws of its items and of the entries that were Known: not of
	// every entry, since of those that share an identity one is an item only.
	Raw string `json:"-"`

	// Reread says that the source has sent these bytes before: where they make
	// another item than is stored, they are read otherwise, as by another version. So
	// are those that are only signed otherwise.
	Reread bool `json:"-"`

	Hash string `json:"hash"` // of the content: title, body, summary, link, names of what is played; another hash is another revision
}

// Signed stands in the Hash of an item before that of the signatures of its addresses,
// if it has any: stores of files sign them for a time, most of them anew at each request.
// An item with other signatures is stored again now and then, lest all of its pictures
// and recordings end, and is not changed by that.
const Signed = " signed "

// Unpaged ends the Hash of an item whose page may be asked for again: it is another
// revision than the one with its page, and than one that is known to have none, though
// that has the same content.
const Unpaged = " without its page"

// Content returns the part of the item's Hash in which all revisions agree that show
// readers the same.
func (it *Item) Content() string {
	content, _, _ := strings.Cut(strings.TrimSuffix(it.Hash, Unpaged), Signed)
	return content
}

// Unsigned returns the item's Hash without that of its signatures.
func (it *Item) Unsigned() string {
	unpaged := it.Hash[len(strings.TrimSuffix(it.Hash, Unpaged)):]
	return it.Content() + unpaged
}

// A Person is an author or a contributor.
type Person struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	URL   string `json:"url,omitempty"`
}

// A Category is a subject that a source files an entry under.
type Category struct {
	Term   string
	Scheme string
	Label  string
}

// An Enclosure is a media file that belongs to an item.
type Enclosure struct {
	URL      string        `json:"url"`
	Type     string        `json:"type,omitempty"` // media type
	Length   int64         `json:"length,omitempty"`
	Title    string        `json:"title,omitempty"`
	Duration time.Duration `json:"duration,omitempty"`
}

// An Image is a picture that belongs to an item.
type Image struct {
	URL    string `json:"url"`
	Alt    string `json:"alt,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	Credit string `json:"credit,omitempty"`
}

// A Geo is a point on Earth in degrees (WGS 84).
type Geo struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// A Key names an item among all: its source and its identity there. Items of
// two sources are never the same item, whatever their identities.
type Key struct {
	Source string `json:"source"`
	ID     string `json:"id"`
}

// Key returns the item's key.
func (it *Item) Key() Key { return Key{it.Source, it.ID} }

var slugEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Slug returns 16 letters and digits that stand for the key in addresses and
// ids: 80 bits of a SHA-256. A story bears the slug of its first item.
func (k Key) Slug() string {
	sum := sha256.Sum256([]byte(k.Source + "\x00" + k.ID))
	return slugEncoding.EncodeToString(sum[:10])
}

// LanguageBase returns the primary subtag of a BCP 47 language: "pt" for "pt-BR".
func LanguageBase(tag string) string {
	base, _, _ := strings.Cut(tag, "-")
	return strings.ToLower(base)
}
