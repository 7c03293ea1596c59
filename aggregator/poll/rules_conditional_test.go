package poll_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// answer writes a document with these validators, without those that are empty.
func answer(w http.ResponseWriter, etag, modified, body string) {
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	if modified != "" {
		w.Header().Set("Last-Modified", modified)
	}
	fmt.Fprint(w, body)
}

// wantConditions fails unless the n-th request carried exactly these.
func wantConditions(t *testing.T, o *origin, n int, inm, ims string) {
	t.Helper()
	log := o.requests()
	if n >= len(log) {
		t.Fatalf("only %d requests, want one more", len(log))
	}
	h := log[n].header
	if got := h.Get("If-None-Match"); got != inm {
		t.Errorf("request %d: If-None-Match is %q, want %q", n, got, inm)
	}
	if got := h.Get("If-Modified-Since"); got != ims {
		t.Errorf("request %d: If-Modified-Since is %q, want %q", n, got, ims)
	}
	if len(h.Values("If-None-Match")) > 1 || len(h.Values("If-Modified-Since")) > 1 {
		t.Errorf("request %d carries a condition twice", n)
	}
}

func TestRule01_LaterRequestsAreConditional(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			answer(w, `"1"`, "Mon, 02 Jan 2006 15:04:05 GMT", feedDoc("a"))
			return
		}
		w.WriteHeader(http.StatusNotModified)
	}}
	r := loopback(t, o)
	r.poll()
	wantConditions(t, o, 0, "", "")
	for n := 1; n < 5; n++ {
		// The program may end and start again between any two polls.
		stored, err := json.Marshal(r.state)
		if err != nil {
			t.Fatal(err)
		}
		r.state = news.State{}
		if err := json.Unmarshal(stored, &r.state); err != nil {
			t.Fatal(err)
		}
		r.poll()
		wantConditions(t, o, n, `"1"`, "Mon, 02 Jan 2006 15:04:05 GMT")
	}
}

func TestRule02_ValidatorsAreSentBackByteForByte(t *testing.T) {
	for _, v := range []struct{ etag, modified string }{
		{`"plain"`, "Mon, 02 Jan 2006 15:04:05 GMT"},
		{`W/"weak"`, "Mon, 02 Jan 2006 15:04:05 +0000"},
		{`no-quotes`, "2006-01-02T15:04:05Z"},
		{`"a-gzip"`, "mon, 2 jan 06 15:04:05 EST"},
		{`W/"x, y; z=\"`, "0"},
		{`"ünïcode"`, "gestern"},
	} {
		o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
			answer(w, v.etag, v.modified, feedDoc("a"))
		}}
		r := loopback(t, o)
		r.poll()
		r.poll()
		wantConditions(t, o, 1, v.etag, v.modified)
	}
}

func TestRule03_BothAreSentAndNoneInvented(t *testing.T) {
	for _, v := range []struct{ etag, modified string }{
		{`"1"`, "Mon, 02 Jan 2006 15:04:05 GMT"},
		{`"1"`, ""},
		{"", "Mon, 02 Jan 2006 15:04:05 GMT"},
		{"", ""},
	} {
		o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", "Tue, 03 Jan 2006 00:00:00 GMT")
			answer(w, v.etag, v.modified, feedDoc("a"))
		}}
		r := loopback(t, o)
		r.poll()
		r.poll()
		wantConditions(t, o, 1, v.etag, v.modified)
	}
}

func TestRule04_EachValidatorIsReplacedWheneverOneComes(t *testing.T) {
	const d1, d2, d3 = "Mon, 02 Jan 2006 15:04:05 GMT", "Tue, 03 Jan 2006 15:04:05 GMT", "Wed, 04 Jan 2006 15:04:05 GMT"
	steps := []struct {
		status         int
		etag, modified string // what the server answers
		body           string
		inm, ims       string // what the next request must carry
	}{
		{200, `"1"`, d1, feedDoc("a"), `"1"`, d1},
		{200, `"2"`, d1, feedDoc("a", "b"), `"2"`, d1}, // only the ETag is new
		{200, `"2"`, d2, feedDoc("b"), `"2"`, d2},      // only the date is new
		{200, `"3"`, d3, feedDoc("b"), `"3"`, d3},      // the same bytes
		{304, `"4"`, "", "", `"4"`, d3},                // a 304 with one of them
		{304, "", d1, "", `"4"`, d1},                   // and with the other
		{304, "", "", "", `"4"`, d1},                   // and with none
		{304, `"5"`, d2, "", `"5"`, d2},                // and with both
	}
	o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
		if n >= len(steps) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		s := steps[n]
		if s.status == 304 {
			if s.etag != "" {
				w.Header().Set("ETag", s.etag)
			}
			if s.modified != "" {
				w.Header().Set("Last-Modified", s.modified)
			}
			w.WriteHeader(304)
			return
		}
		answer(w, s.etag, s.modified, s.body)
	}}
	r := loopback(t, o)
	for range len(steps) + 1 {
		r.poll()
	}
	for n, s := range steps {
		wantConditions(t, o, n+1, s.inm, s.ims)
	}
}

func TestRule05_AMissingValidatorIsForgotten(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 0:
			answer(w, `"1"`, "Mon, 02 Jan 2006 15:04:05 GMT", feedDoc("a"))
		case 1:
			answer(w, "", "Tue, 03 Jan 2006 15:04:05 GMT", feedDoc("a", "b"))
		default:
			answer(w, "", "", feedDoc("a", "b")) // the same bytes, and no validator at all
		}
	}}
	r := loopback(t, o)
	for range 4 {
		r.poll()
	}
	wantConditions(t, o, 2, "", "Tue, 03 Jan 2006 15:04:05 GMT")
	wantConditions(t, o, 3, "", "")
}

func TestRule06_NotModifiedIsSuccess(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"1"`)
		switch n {
		case 0:
			w.Header().Set("Cache-Control", "max-age=7200")
			fmt.Fprint(w, feedDoc("a"))
		case 1:
			w.WriteHeader(http.StatusInternalServerError)
		case 2:
			w.Header().Set("Cache-Control", "max-age=3600")
			w.WriteHeader(http.StatusNotModified)
		default:
			w.WriteHeader(http.StatusNotModified)
		}
	}}
	r := loopback(t, o)
	r.poll()
	r.poll()
	if r.state.Failures != 1 || r.state.Outcome != news.OutcomeHTTP5xx {
		t.Fatalf("after a 500: %d failures, outcome %q", r.state.Failures, r.state.Outcome)
	}
	wantLife := func(want time.Duration) {
		t.Helper()
		if life := r.state.FreshUntil.Sub(r.state.LastPoll); life < want || life > want+10*time.Second {
			t.Errorf("fresh for %v, want %v", life, want)
		}
	}
	a := r.poll()
	if a.Outcome != news.OutcomeNotModified || a.Body != nil || r.state.Failures != 0 || r.state.Error != "" || r.state.LastSuccess != a.At {
		t.Errorf("a 304 was not taken for success: %+v", r.state)
	}
	wantLife(time.Hour)
	r.poll() // a 304 that says nothing leaves what was said
	wantLife(time.Hour)
	if r.state.NotModified != 2 {
		t.Errorf("%d answers not modified in a row, want 2", r.state.NotModified)
	}
}

func TestRule07_TheSameBytesAreNoNews(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
		answer(w, fmt.Sprintf(`"%d"`, n), "", feedDoc("a"))
	}}
	r := loopback(t, o)
	r.poll()
	a := r.poll()
	if a.Outcome != news.OutcomeUnchanged || a.Body != nil {
		t.Errorf("outcome %q with %d bytes of body, want unchanged without", a.Outcome, len(a.Body))
	}
	r.poll()
	wantConditions(t, o, 2, `"1"`, "") // and rule 4
}

func TestRule08_ValidatorsOfABrokenDocumentAreNotKept(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 0:
			answer(w, `"good"`, "", feedDoc("a"))
		case 1: // not a feed
			answer(w, `"bad"`, "Mon, 02 Jan 2006 15:04:05 GMT", "<html>maintenance")
		case 2: // cut off on the way
			w.Header().Set("Content-Length", "1000")
			answer(w, `"short"`, "", feedDoc("a", "b"))
		default:
			answer(w, `"new"`, "", feedDoc("a", "c"))
		}
	}}
	r := loopback(t, o)
	for range 5 {
		r.poll()
	}
	wantConditions(t, o, 2, `"good"`, "")
	wantConditions(t, o, 3, `"good"`, "")
	wantConditions(t, o, 4, `"new"`, "")
	if r.all[2].Outcome != news.OutcomeNetwork {
		t.Errorf("a body cut off on the way: outcome %q, want network", r.all[2].Outcome)
	}
}

func TestRule09_ValidatorsBelongToTheFinalURL(t *testing.T) {
	to := "/one"
	o := &origin{}
	o.script = func(n int, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/feed" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		answer(w, `"`+r.URL.Path+`"`, "", feedDoc(r.URL.Path))
	}
	r := loopback(t, o)
	r.poll() // requests 0 and 1
	r.poll()
	wantConditions(t, o, 2, "", "") // not to the address that redirects
	wantConditions(t, o, 3, `"/one"`, "")
	to = "/two"
	r.poll()
	wantConditions(t, o, 5, "", "")
	r.src.URL += "?page=1" // the user configures another address
	to = "/two"
	r.state.Validators.URL = r.src.URL
	r.poll()
	if h := o.requests()[6].header; h.Get("If-None-Match") != "" {
		t.Errorf("validators of another URL were sent: %v", h)
	}
}
