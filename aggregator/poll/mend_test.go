package poll_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// TestMends: of every failure that its keeper can do something about it is told what.
func TestMends(t *testing.T) {
	codes := map[string]int{"/401": 401, "/403": 403, "/404": 404, "/410": 410, "/418": 418, "/429": 429, "/451": 451, "/503": 503}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch code := codes[r.URL.Path]; {
		case code != 0:
			w.WriteHeader(code)
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case r.URL.Path == "/large":
			_, _ = w.Write(make([]byte, 4096))
		case r.URL.Path == "/slow":
			<-r.Context().Done()
		case r.URL.Path == "/robots.txt":
			_, _ = w.Write([]byte("User-agent: *\nDisallow: /\n"))
		}
	}))
	defer server.Close()
	here := strings.TrimPrefix(server.URL, "http://")
	client := poll.NewClient(poll.Options{})
	defer client.Close()
	for _, c := range []struct {
		address, want string
		set           func(*news.Source)
	}{
		{address: server.URL + "/401", want: "under auth"},
		{address: server.URL + "/403", want: "contact"},
		{address: server.URL + "/404", want: "address is spelt right"},
		{address: server.URL + "/410", want: "another address"},
		{address: server.URL + "/418", want: "address is spelt right"},
		{address: server.URL + "/429", want: "longer schedule"},
		{address: server.URL + "/451", want: "may not be read"},
		{address: server.URL + "/503", want: "asked again"},
		{address: server.URL + "/loop", want: "address is spelt right"},
		{address: server.URL + "/large", want: "max_bytes"},
		{address: server.URL + "/slow", want: "timeout", set: func(s *news.Source) { s.Timeout = 50 * time.Millisecond }},
		{address: server.URL + "/any", want: "robots: false", set: func(s *news.Source) { s.Robots = true }},
		{address: "https://" + here + "/tls", want: "http://"},
		{address: server.URL + "/own", want: "allow_private", set: func(s *news.Source) { s.AllowPrivate = false }},
		{address: "https://gannet.example:3000/feed", want: "ports 80, 443, 8080 and 8443", set: func(s *news.Source) { s.AllowPrivate = false }},
		{address: "http://127.0.0.1:1/", want: "asked again"},
		{address: "http://169.254.7.7/feed", want: "address is spelt right"}, // and allowed already
		{address: "http://169.254.7.7/feed", want: "address is spelt right", set: func(s *news.Source) { s.AllowPrivate = false }},
		{address: "http://0.0.0.0/feed", want: "address is spelt right"},
	} {
		src := news.Source{Name: "paper", URL: c.address, AllowPrivate: true, Timeout: 5 * time.Second, MaxBytes: 1024}
		if c.set != nil {
			c.set(&src)
		}
		answer := client.Poll(t.Context(), src, news.State{}, time.Now())
		state := poll.Settle(src, news.State{}, answer, nil, news.About{}, news.Appended{})
		if !strings.Contains(state.Mend, c.want) {
			t.Errorf("%s: %s; %q does not speak of %q", c.address, state.Error, state.Mend, c.want)
		}
	}
}
