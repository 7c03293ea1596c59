package serve

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// What was made for readers while a topic was open is not kept for them when it is
// private, nor what is being made then.
func TestFoundUnderOtherRules(t *testing.T) {
	found := make(chan error)
	s := serving(t, Options{
		Find: func(context.Context, string) (news.Document, error) {
			return document("/stories/a", "text/html; charset=utf-8"), <-found
		},
		Search: func(context.Context, string, string) (news.Document, error) {
			return document("/search", "text/html; charset=utf-8"), <-found
		},
	})
	for _, path := range []string{"/stories/a", "/search?q=x"} {
		s.SetRules(Rules{})
		asks := func() <-chan int {
			code := make(chan int, 1)
			go func() { code <- ask(s, "GET", path).StatusCode }()
			return code
		}
		open := asks()
		found <- nil
		if kept := asks(); <-open != 200 || <-kept != 200 {
			t.Errorf("%s is not kept", path)
		}
		s.SetRules(Rules{})
		if kept := <-asks(); kept != 200 {
			t.Errorf("%s is not kept under the same rules", path)
		}
		s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame"}})
		late := asks()
		time.Sleep(50 * time.Millisecond) // it is being made
		s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame", "city": "sesame"}})
		select {
		case found <- nil:
			<-late
		case <-late:
			t.Errorf("%s is not made anew", path)
			continue
		}
		private := asks()
		select {
		case found <- ErrNotFound:
			if code := <-private; code != 404 {
				t.Errorf("%s is answered with %d", path, code)
			}
		case code := <-private:
			t.Errorf("%s is still answered with %d", path, code)
		}
	}
}

// Who asks once a topic is private does not get what is being made for one who asked
// while it was open.
func TestFoundIsNotSharedAcrossRules(t *testing.T) {
	begun, goes := make(chan struct{}), make(chan error)
	s := serving(t, Options{Find: func(context.Context, string) (news.Document, error) {
		begun <- struct{}{}
		return document("/stories/a", "text/html; charset=utf-8"), <-goes
	}})
	asks := func() <-chan int {
		code := make(chan int, 1)
		go func() { code <- ask(s, "GET", "/stories/a").StatusCode }()
		return code
	}
	before := asks()
	<-begun
	s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame"}})
	after := asks()
	select {
	case <-begun:
		goes <- ErrNotFound // one of the two
		goes <- ErrNotFound
	case <-time.After(5 * time.Second):
		t.Error("it is not looked for under the rules that hold")
		goes <- ErrNotFound
	}
	<-before
	<-after
}

// What could not be made for a reader of a private topic is told of in the log without
// the token that the address holds.
func TestTokenIsNotLogged(t *testing.T) {
	var said strings.Builder
	s := serving(t, Options{Find: func(context.Context, string) (news.Document, error) {
		return news.Document{}, errors.New("the store is away")
	}})
	s.opts.Log = slog.New(slog.NewTextHandler(&said, nil))
	s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame"}})
	if resp := ask(s, "GET", "/private/sesame/topics/desk/stories/x"); resp.StatusCode != 503 {
		t.Errorf("answered %d", resp.StatusCode)
	}
	if log := said.String(); strings.Contains(log, "sesame") || !strings.Contains(log, "path=/topics/desk/stories/x ") {
		t.Errorf("the log says %s", log)
	}
}
