package news

import "time"

// A State is what is remembered of a source between two polls. It is written
// in the transaction that stores what the poll brought, with every poll: what is
// zero is left out.
type State struct {
	Source string `json:",omitzero"` // the source's name
	URL    string `json:",omitzero"` // the URL that Validators belong to; another URL starts without any

	Validators Validators `json:",omitzero"` // of the last accepted document
	BodyHash   string     `json:",omitzero"` // hash of the last accepted document's bytes

	NextDue     time.Time `json:",omitzero"` // when to poll next; zero: now
	LastPoll    time.Time `json:",omitzero"` // start of the last poll, whatever its outcome
	LastSuccess time.Time `json:",omitzero"` // the last poll that was answered with a feed or with "not modified"
	LastNew     time.Time `json:",omitzero"` // the last poll that brought a new item
	LastBody    time.Time `json:",omitzero"` // the last poll that was answered with a document, new or not

	Outcome  Outcome `json:",omitzero"` // of the last poll
	Status   int     `json:",omitzero"` // HTTP status of the last poll; 0: no answer
	Error    string  `json:",omitzero"` // what went wrong at the last poll, in a sentence without secrets; empty: nothing
	Mend     string  `json:",omitzero"` // what whoever keeps the source can do about that; empty: nothing is known
	Failures int     `json:",omitzero"` // polls that failed since the last success
	Blocks   int     `json:",omitzero"` // answers 429, or alike, since the last success

	RetryAt    time.Time      `json:",omitzero"` // not before: Retry-After, or a back-off
	FreshUntil time.Time      `json:",omitzero"` // the answer is fresh until then: max-age, Expires
	ServerGap  time.Duration  `json:",omitzero"` // least interval that the feed asks for: ttl, sy:updatePeriod
	SkipHours  []int          `json:",omitzero"` // hours of the day, UTC, in which the feed asks not to be polled
	SkipDays   []time.Weekday `json:",omitzero"`

	RateN, RateT float64 `json:",omitzero"` // decayed count of new items, and decayed days of watching
	WindowItems  int     `json:",omitzero"` // entries in the last document
	NotModified  int     `json:",omitzero"` // answers "not modified" in a row
	Polls        int64   `json:",omitzero"` // polls in all
	Pushes       int     `json:",omitzero"` // pushes in a row that brought the source's news before a poll did
	Deltas       bool    `json:",omitzero"` // the server can answer with new entries only
	PageTries    int     `json:",omitzero"` // polls in a row for which pages of items gave no answer

	Seen    string    `json:"Read,omitzero"` // the hashes of the bytes of those entries of the last document that were read, with spaces between them
	SeenBy  string    `json:",omitzero"`     // the settings of the source that they were read under
	SeenAll time.Time `json:",omitzero"`     // when all entries of a document were last read

	Moved     Move     `json:",omitzero"` // an announced new address that is not yet believed
	About     About    `json:",omitzero"` // what the last document says of itself
	Repairs   []Repair `json:",omitzero"` // what had to be repaired in the last document
	Schedule  string   `json:",omitzero"` // the schedule by which NextDue was set; another one sets it anew
	ItemCount int64    `json:",omitzero"` // items stored in all
	Rhythm    []int    `json:",omitzero"` // new items of each of the last days (UTC), the oldest first; the first import is not counted
	RhythmDay int64    `json:",omitzero"` // the day of the last of them, counted from 1970
	Events    []Event  `json:",omitzero"` // what happened to the source, the latest ones, the oldest first
}

// Trouble is what went wrong at the last poll, and what can be done about it; empty:
// nothing did.
func (s State) Trouble() string {
	if s.Mend == "" {
		return s.Error
	}
	return s.Error + "; " + s.Mend
}

// Validators make a request conditional (RFC 9110 section 13). They are sent
// back byte for byte as the server gave them.
type Validators struct {
	URL          string `json:",omitzero"` // final URL of the answer that gave them
	ETag         string `json:",omitzero"`
	LastModified string `json:",omitzero"`
}

// A Move counts the polls by which a source announced the same new address.
type Move struct {
	URL      string    `json:",omitzero"`
	Since    time.Time `json:",omitzero"`
	Seen     int       `json:",omitzero"`
	Redirect bool      `json:",omitzero"` // by permanent redirects; else by the document itself
	Believed bool      `json:",omitzero"` // seen often and long enough: it is polled instead of the configured URL
	OnTrial  bool      `json:",omitzero"` // by the document's word alone: it has given no feed yet
	Trials   int       `json:",omitzero"` // that ended without a feed
}

// About is what a feed says of itself.
type About struct {
	Format   string    `json:",omitzero"` // such as "RSS 2.0"
	ID       string    `json:",omitzero"` // Atom feed id, verbatim
	Title    string    `json:",omitzero"` // plain text
	Link     string    `json:",omitzero"` // the site's page, absolute
	Self     string    `json:",omitzero"` // the feed's own address, as it claims
	Hubs     []string  `json:",omitzero"`
	Language string    `json:",omitzero"`
	Icon     string    `json:",omitzero"`
	Rights   string    `json:",omitzero"`
	Updated  time.Time `json:",omitzero"`
}

// An Event is a turn in the life of a source that whoever runs the program
// wants to know of.
type Event struct {
	At   time.Time `json:",omitzero"`
	Kind EventKind `json:",omitzero"`
	Text string    `json:",omitzero"` // a sentence without secrets
}

// An EventKind is the kind of an Event.
type EventKind string

// The kinds of events.
const (
	EventBroken    EventKind = "broken"    // failed several times in a row
	EventRecovered EventKind = "recovered" // answers again
	EventGone      EventKind = "gone"      // is not polled again
	EventMoved     EventKind = "moved"     // is polled at another address from now on
	EventSilent    EventKind = "silent"    // has brought nothing for much longer than usual
	EventResumed   EventKind = "resumed"   // has brought something after a silence
)

// A Repair is one thing that was mended in a document before it could be read.
type Repair struct {
	Kind   string `json:"kind"`             // such as "charset", "truncated"
	Detail string `json:"detail,omitempty"` // what was found and what was made of it
	Count  int    `json:"count,omitempty"`  // how often; 0 means once
}

// RepairPage is the kind of the repair that an item's page could not be read.
const RepairPage = "page"

// BrokenAfter is the number of failures in a row after which a source is said to be
// broken: one or two pass by themselves.
const BrokenAfter = 3

// An Outcome is the result of one poll, in one word.
type Outcome string

// The outcomes of a poll.
const (
	OutcomeNew         Outcome = "new"          // at least one new or changed item
	OutcomeNotModified Outcome = "not_modified" // 304
	OutcomeUnchanged   Outcome = "unchanged"    // 200, nothing new
	OutcomeEmpty       Outcome = "empty"        // a feed without entries
	OutcomeParse       Outcome = "parse_error"  // not a feed
	OutcomeHTTP4xx     Outcome = "http_4xx"
	OutcomeHTTP5xx     Outcome = "http_5xx"
	OutcomeTimeout     Outcome = "timeout"
	OutcomeNetwork     Outcome = "network" // no connection, no name, broken answer
	OutcomeBlocked     Outcome = "blocked" // 429, or an address that must not be dialled
	OutcomeTooLarge    Outcome = "too_large"
	OutcomeGone        Outcome = "gone" // 410: not polled again
)

// Outcomes returns every outcome that a poll can have.
func Outcomes() []Outcome {
	return []Outcome{OutcomeNew, OutcomeNotModified, OutcomeUnchanged, OutcomeEmpty, OutcomeParse, OutcomeHTTP4xx,
		OutcomeHTTP5xx, OutcomeTimeout, OutcomeNetwork, OutcomeBlocked, OutcomeTooLarge, OutcomeGone}
}

// OK reports whether the source answered as a feed should.
func (o Outcome) OK() bool {
	switch o {
	case OutcomeNew, OutcomeNotModified, OutcomeUnchanged, OutcomeEmpty:
		return true
	}
	return false
}
