package poll

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Bounds of the pause after a server said that it is asked too often, or does
// not let us in, without saying for how long. It doubles each time.
const (
	blockMin = 4 * time.Hour
	blockMax = 7 * 24 * time.Hour
)

// A permanent redirect is believed when it was seen this often over this long:
// the login pages of hotels answer 301 too.
const (
	moveSeen = 4
	moveOver = 3 * 24 * time.Hour
	moveMost = 5 // trials of an address after which the next one does not wait longer yet
)

// Settle returns the state of a source after a poll. feed is what was read
// from the answer's body and about what it says of itself; feed is nil if
// there was no body, or if it could not be read (then the answer's Outcome and
// Error say so). stored is what storing the items came to.
//
// Validators are replaced only when the document was accepted, so that a
// broken one is fetched again. A failure changes nothing but the record of
// failures. When the source is due next is not decided here.
func Settle(src news.Source, state news.State, answer news.Answer, feed *news.Feed, about news.About, stored news.Appended) news.State {
	next := belonging(src, state)
	next.LastPoll = answer.At
	next.Polls++
	next.Status, next.Error, next.Mend = answer.Status, answer.Error, answer.Mend
	next.Outcome = outcome(answer, feed, stored)
	if !next.Outcome.OK() {
		fail(&next, answer)
		return next
	}
	next.LastSuccess = answer.At
	next.Error, next.Mend = "", ""
	next.Failures, next.Blocks = 0, 0
	next.RetryAt = answer.RetryAt
	next.FreshUntil = answer.FreshUntil
	next.Deltas = next.Deltas || answer.Deltas
	next.ItemCount += int64(stored.New)
	if stored.New > 0 {
		next.LastNew = answer.At
	}
	if next.Outcome == news.OutcomeNotModified {
		next.NotModified++
		refreshValidators(&next.Validators, answer.Validators)
	} else {
		next.NotModified = 0
		next.LastBody = answer.At
		next.Validators = answer.Validators
	}
	if feed != nil {
		accept(&next, answer, feed, about)
	}
	settleMove(&next, src, answer, feed)
	return next
}

// belonging returns the state without what belongs to another URL than the one
// that is configured now.
func belonging(src news.Source, state news.State) news.State {
	state.Source = src.Name
	if state.URL == src.URL {
		return state
	}
	state.URL = src.URL
	state.Validators, state.BodyHash = news.Validators{}, ""
	state.Moved = news.Move{}
	state.Failures, state.Blocks, state.NotModified = 0, 0, 0
	state.RetryAt, state.FreshUntil = time.Time{}, time.Time{}
	state.Deltas = false
	return state
}

func outcome(answer news.Answer, feed *news.Feed, stored news.Appended) news.Outcome {
	switch {
	case answer.Outcome != "":
		return answer.Outcome
	case feed == nil:
		return news.OutcomeParse
	case stored.New+stored.Changed > 0:
		return news.OutcomeNew
	case len(feed.Entries) == 0 && !answer.Partial:
		return news.OutcomeEmpty
	}
	return news.OutcomeUnchanged
}

// fail records a failure. A wish of the server is kept exactly; where servers
// go on refusing although their wish was kept, and where there is no wish, the
// pause doubles up to a week. Other failures double the source's own interval,
// which is for package schedule to do.
func fail(next *news.State, answer news.Answer) {
	next.RetryAt = answer.RetryAt
	if answer.Outcome == news.OutcomeBlocked && answer.Status/100 == 3 {
		return // a wait before a redirect is a wish, not a failure
	}
	next.Failures++
	if next.Moved.Believed {
		// The old address may know better.
		if next.Moved.OnTrial {
			next.Moved = news.Move{URL: next.Moved.URL, Since: answer.At, Trials: next.Moved.Trials + 1}
		} else {
			next.Moved = news.Move{}
		}
		next.Validators, next.BodyHash = news.Validators{}, ""
		if next.Outcome == news.OutcomeGone { // from where it had moved to
			next.Outcome, next.Mend = news.OutcomeHTTP4xx, mendStatus(news.OutcomeHTTP4xx, answer.Status)
		}
	}
	if !limited(answer) {
		return
	}
	next.Blocks++
	polite := next.Blocks
	if !answer.RetryAt.IsZero() {
		polite -= 3
	}
	if polite > 0 {
		pause := blockMax
		if polite <= 5 {
			pause = blockMin << (polite - 1)
		}
		if at := answer.At.Add(pause); at.After(next.RetryAt) {
			next.RetryAt = at
		}
	}
}

// limited reports whether an answer means that the server does not want to be
// asked now: too many requests, or no entrance.
func limited(answer news.Answer) bool {
	if answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden {
		return true
	}
	return answer.Outcome == news.OutcomeBlocked && answer.Status >= 400
}

// refreshValidators takes over what a 304 carries, each for itself.
func refreshValidators(v *news.Validators, got news.Validators) {
	v.URL = got.URL
	if got.ETag != "" {
		v.ETag = got.ETag
	}
	if got.LastModified != "" {
		v.LastModified = got.LastModified
	}
}

// accept takes over what an accepted document says.
func accept(next *news.State, answer news.Answer, feed *news.Feed, about news.About) {
	if answer.Partial {
		next.BodyHash = "" // only a whole document can be compared with the next
	} else {
		next.BodyHash = answer.BodyHash
	}
	next.ServerGap = feed.TTL
	next.SkipHours, next.SkipDays = feed.SkipHours, feed.SkipDays
	next.Repairs = feed.Repairs
	if len(answer.Hubs) > 0 { // the header comes before the document (WebSub section 4)
		about.Hubs = slices.Clone(answer.Hubs)
		if answer.Self != "" {
			about.Self = answer.Self
		}
	}
	next.About = about
}

// settleMove counts a move that is announced: by redirects that are permanent
// from first to last, or by the document. A poll without it starts anew.
//
// A redirect that is permanent has led to the feed each time. What a document names is
// tried: where there is no feed its next trial is twice as far off.
func settleMove(next *news.State, src news.Source, answer news.Answer, feed *news.Feed) {
	if next.Moved.Believed {
		next.Moved.OnTrial = false
		return
	}
	to := answer.Permanent
	if to == "" && feed != nil {
		to = announced(src, feed)
	} else if to == "" && next.Outcome != news.OutcomeNew && next.Outcome != news.OutcomeEmpty && next.Moved.URL != "" && !next.Moved.Redirect {
		to = next.Moved.URL // nothing new was read, so the document still says so
	}
	to = PublicURL(src, to)
	if to == "" || to == PublicURL(src, src.URL) {
		next.Moved = news.Move{}
		return
	}
	if next.Moved.URL != to {
		next.Moved = news.Move{URL: to, Since: answer.At}
	}
	next.Moved.Redirect = answer.Permanent != ""
	next.Moved.Seen++
	over := moveOver << min(next.Moved.Trials, moveMost)
	next.Moved.Believed = next.Moved.Seen >= moveSeen && answer.At.Sub(next.Moved.Since) >= over
	next.Moved.OnTrial = next.Moved.Believed && !next.Moved.Redirect
}

// announced returns where a document says that its feed is to be found. A file is
// where it is, whatever stands in it; and what comes over a safe way does not lead to
// one that is none: many feeds still name the address that they had before.
func announced(src news.Source, feed *news.Feed) string {
	from, to := scheme(src.URL), scheme(feed.NewURL)
	if from == "http" && to == "http" || (from == "http" || from == "https") && to == "https" {
		return feed.NewURL
	}
	return ""
}

func scheme(address string) string {
	name, _, _ := strings.Cut(address, "://")
	return strings.ToLower(name)
}
