package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestRoutesRedirectNothing: an unclean path reaches the documents as it was
// asked for, with a hub as without one.
func TestRoutesRedirectNothing(t *testing.T) {
	var got string
	routes := (&pushing{}).routes(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.URL.Path }))
	for _, path := range []string{"/", "//topics/all.rss", "/private//topics/all.rss", "/topics/../topics/all.rss", "/hub/", "/websub"} {
		got = ""
		answer := httptest.NewRecorder()
		routes.ServeHTTP(answer, httptest.NewRequest("GET", "http://feeds.wireroom.test"+path, nil))
		if answer.Code != http.StatusOK || got != path {
			t.Errorf("%s: answered %d by the documents at %q", path, answer.Code, got)
		}
	}
}
