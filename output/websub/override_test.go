package websub

import (
	"net/http"
	"testing"
	"time"
)

// TestLaterRequestsOverride: of several requests for one callback the last one counts,
// though those before it are still being verified.
func TestLaterRequestsOverride(t *testing.T) {
	for _, c := range []struct{ name, mode, secret string }{
		{"another secret", "subscribe", "second"},
		{"the end of what was asked for", "unsubscribe", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, b := fresh()
			hub, rd := start(t, s, b), newReader(t)
			verify := make(chan bool)
			rd.answer = func(_ http.ResponseWriter, _ *http.Request, n int) bool {
				if n == 0 {
					<-verify
				}
				return false
			}
			f := form("subscribe", rd.URL)
			f.Set("hub.secret", "first")
			post(hub, f)
			eventually(t, "the callback is asked", func() bool { n, _ := rd.count(); return n == 1 })
			for _, mode := range []string{"unsubscribe", c.mode} {
				f.Set("hub.mode", mode)
				f.Set("hub.secret", c.secret)
				if got := post(hub, f).StatusCode; got != http.StatusAccepted {
					t.Errorf("%s is answered %d", mode, got)
				}
			}
			time.Sleep(30 * time.Millisecond)
			close(verify)
			eventually(t, "it is asked about the last", func() bool { n, _ := rd.count(); return n == 2 })
			if got := rd.asked[1].Get("hub.mode"); got != c.mode {
				t.Errorf("it is asked about %q", got)
			}
			eventually(t, "the last counts", func() bool {
				list := b.list()
				return c.mode == "unsubscribe" && len(list) == 0 || len(list) == 1 && list[0].Secret == c.secret
			})
		})
	}
}
