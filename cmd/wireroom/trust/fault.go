package trust

import (
	"bytes"
	"fmt"
	"net/http"
	"time"
)

// A Fault is how a Model answers a poll otherwise than it should.
type Fault string

// The faults.
const (
	NotFound  Fault = "404"
	Gone      Fault = "410" // the source is never polled again
	Broken    Fault = "500"
	Refused   Fault = "429"       // and Retry-After
	Page      Fault = "page"      // of a dead host
	Empty     Fault = "empty"     // no bytes at all
	Emptied   Fault = "emptied"   // a feed without entries
	Truncated Fault = "truncated" // less than Content-Length says
	Noise     Fault = "noise"     // bytes of no meaning
	Reset     Fault = "reset"     // the connection ends before the answer
	Hanging   Fault = "hanging"   // no answer
	Dripping  Fault = "dripping"  // an answer without an end
)

// Faults are those from which a source recovers by itself.
var Faults = []Fault{NotFound, Broken, Refused, Page, Empty, Emptied, Truncated, Noise, Reset, Hanging, Dripping}

// answer answers in a faulty way; false: as it should be. body is the document
// that there would be.
func (f Fault) answer(w http.ResponseWriter, r *http.Request, body []byte) bool {
	switch f {
	case NotFound:
		http.NotFound(w, r)
	case Gone:
		http.Error(w, "gone", http.StatusGone)
	case Broken:
		http.Error(w, "out of order", http.StatusInternalServerError)
	case Refused:
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
	case Page:
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>For sale</title></head><body>This domain is for sale.</body></html>")
	case Empty:
	case Emptied:
		fmt.Fprint(w, "<rss version='2.0'><channel><title>Nothing today</title></channel></rss>")
	case Truncated:
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body[:len(body)/2])
	case Noise:
		_, _ = w.Write(bytes.Repeat([]byte{0x00, 0xff, '<', 0x1b}, 1000))
	case Reset:
		panic(http.ErrAbortHandler)
	case Hanging:
		wait(r, 30*time.Second)
	case Dripping:
		for wait(r, 50*time.Millisecond) {
			if _, err := w.Write([]byte(" ")); err != nil {
				break
			}
			_ = http.NewResponseController(w).Flush()
		}
	default:
		return false
	}
	return true
}

// wait returns after d, or false when the poller has gone.
func wait(r *http.Request, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}
