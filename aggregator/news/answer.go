package news

import "time"

// An Answer is what one poll of a source brought, before anyone looked inside
// it. Body is decompressed and within the source's limit.
type Answer struct {
	At       time.Time // when the request was sent
	URL      string    // of the document, after redirects
	Status   int
	Outcome  Outcome // set when there is no body to parse: not modified or failed
	Error    string  // why it failed, a sentence without secrets
	Mend     string  // what whoever keeps the source can do about that; may be empty
	Body     []byte  // nil unless there is a document to parse
	BodyHash string
	Crowded  bool   // it failed for want of room beside other documents, which says nothing of the source
	Done     func() // gives the room back that Body takes up, when it has been read; nil: none

	ContentType     string // header, verbatim
	ContentLanguage string // header, verbatim
	Hubs            []string
	Self            string // of the Link header, rel=self

	Validators Validators
	FreshUntil time.Time // from Cache-Control and Expires; zero: not said
	RetryAt    time.Time // from Retry-After; zero: not said
	Permanent  string    // where the whole chain of redirects was permanent: its end
	Partial    bool      // 226 IM Used: items that are missing are not gone
	Deltas     bool      // the server shows that it can answer with new entries only (RFC 3229)
}

// Drop lets go of the body, and of the room that it takes up.
func (a *Answer) Drop() {
	a.Body = nil
	if a.Done != nil {
		a.Done()
	}
}
