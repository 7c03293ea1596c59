package newsroom

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"time"
)

// manners are how an outlet's server treats those who ask for its feed.
type manners int

const (
	good manners = iota
	rude         // by turns as it should be, too busy and broken
	dead         // failing, and then gone for good
)

const (
	goneAt = 9 * time.Hour    // when the dead outlet's server says so
	turn   = 20 * time.Minute // how long a mood of the rude one lasts
)

// spoil answers in the place of a server of bad manners, or spoils the
// document that it was about to answer with. It returns nil if it has answered.
func (n *Newsroom) spoil(w http.ResponseWriter, m manners, at time.Duration, doc []byte) []byte {
	switch {
	case m == dead && at < goneAt:
		http.Error(w, "the database has gone away", http.StatusInternalServerError)
		return nil
	case m == dead:
		http.Error(w, "the Gazette has closed; thank you for reading", http.StatusGone)
		return nil
	case m == rude && at/turn%3 == 1:
		w.Header().Set("Retry-After", strconv.Itoa(n.seconds(turn-at%turn)))
		http.Error(w, "NOT NOW", http.StatusTooManyRequests)
		return nil
	case m == rude && at/turn%3 == 2:
		// Cut off within an element, and with an ampersand that is none.
		doc = bytes.ReplaceAll(doc, []byte("&amp;"), []byte("&"))
		return doc[:len(doc)*9/10]
	}
	return doc
}

// seconds is how long a stretch of the newsroom's time lasts on the wall, in
// whole seconds, at least one.
func (n *Newsroom) seconds(d time.Duration) int {
	if n.opts.Speed <= 0 {
		return 1
	}
	return max(1, int(math.Ceil(d.Seconds()/n.opts.Speed)))
}
