package news

import "time"

// A Feed is what a document said, verbatim: repaired so that it could be read,
// but not yet brought to normal form. Texts keep their type, dates their
// spelling, links their relative form, unless an xml:base is in force.
type Feed struct {
	Format  string // such as "RSS 2.0", "Atom 1.0", "JSON Feed 1.1", "page"
	Charset string // in which the document was read, such as "utf-8"
	URL     string // of the document, after redirects; the base of relative links
	Base    string // the xml:base in force, absolute; empty: URL

	ID           string
	Title        Text
	Description  Text
	Rights       Text
	Links        []Link
	Language     string
	Authors      []Person
	Contributors []Person
	Categories   []Category
	Image        string
	Icon         string
	Generator    string
	Published    string
	Updated      string

	NewURL    string        // where the document says that it has moved to: itunes:new-feed-url, newLocation
	TTL       time.Duration // least interval asked for: ttl, sy:updatePeriod over sy:updateFrequency
	SkipHours []int
	SkipDays  []time.Weekday

	Entries []Entry
	Repairs []Repair
	Dropped int // entries beyond the limit
}

// An Entry is one entry of a Feed, verbatim.
type Entry struct {
	GUID      string // RSS guid, verbatim
	PermaLink bool   // the guid is said, or by default taken, to be a link
	About     string // rdf:about of RSS 1.0
	AtomID    string // Atom id, or an atom:id within RSS, verbatim

	Links    []Link
	Comments string // address of the comments page
	Base     string // the xml:base in force, absolute; empty: the feed's URL
	Language string

	Title      Text
	Summary    Text
	Content    Text
	ContentSrc string // Atom content out of line
	Rights     Text

	Published []string // spellings of the date of publication, the best first
	Updated   []string // spellings of the date of change, the best first

	Authors      []Person
	Contributors []Person
	Categories   []Category
	Enclosures   []Enclosure
	Images       []Image
	Origin       *Origin // the feed that the entry was taken from
	Geo          *Geo

	Raw   string // hash of the bytes that the entry was read from, and of what it takes from its feed
	Known bool   // an entry with this Raw was read before: only ids, words, dates and links were read now
}

// A TextType says how the characters of a Text are to be read.
type TextType string

// The types of a text construct (RFC 4287 section 3.1).
const (
	TextPlain TextType = "text"
	TextHTML  TextType = "html"
	TextXHTML TextType = "xhtml"
	TextGuess TextType = "" // not said, as in RSS: may be either
)

// A Text is a text construct.
type Text struct {
	Value    string
	Type     TextType
	Base     string // xml:base in force, where it differs from the entry's
	Language string // xml:lang in force, where it differs from the entry's
}

// A Link is a link with its relation.
type Link struct {
	Href     string
	Rel      string // empty means alternate
	Type     string
	Title    string
	HrefLang string
	Length   int64
}

// An Origin is the feed that an entry was taken from (RSS source, atom:source).
type Origin struct {
	ID    string `json:"id,omitempty"`
	Title string `json:"title,omitempty"`
	URL   string `json:"url,omitempty"`  // of the feed
	Link  string `json:"link,omitempty"` // of the site
}
