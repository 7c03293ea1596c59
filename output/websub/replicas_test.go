package websub

import (
	"net/http"
	"testing"
	"time"
)

// TestBesideWhoAsks: a process that does not ask hubs itself may not know yet what
// another one has asked for, nor learn that a hub which denied has taken it since. What
// it answers must not end the subscription.
func TestBesideWhoAsks(t *testing.T) {
	var d desk
	opts := d.options(key32)
	opts.Asks = func() bool { return false }
	sub, w := NewSubscriber(opts), Wish{"city", topic, "https://hub.example/"}
	id, secret := sub.derive("callback", w), sub.derive("secret", w)
	push := func() int {
		return call(sub, "POST", "/websub/"+id, "body", "X-Hub-Signature", sign(secret, []byte("body"))).Code
	}
	if code := push(); code != http.StatusServiceUnavailable {
		t.Errorf("a push of what another process asked for is answered %d", code)
	}
	sub.Want([]Wish{w}, time.Now())
	if code := call(sub, "GET", question(id, "denied", topic, ""), "").Code; code != http.StatusOK {
		t.Errorf("a denial is answered %d", code)
	}
	if code := push(); code/100 != 2 || d.told() != "city body" {
		t.Errorf("a push after another process asked again is answered %d, told %q", code, d.told())
	}
}

// TestSubscribedAtAnother: of several processes one publishes, and it learns with the
// next look at the book of who has subscribed at another: what changed in between
// arrives all the same, signed with the secret that holds.
func TestSubscribedAtAnother(t *testing.T) {
	s, b := fresh()
	publishes, other, rd := start(t, s, b), start(t, s, b), newReader(t)
	f := form("subscribe", rd.URL)
	f.Set("hub.secret", "first")
	post(other, f)
	eventually(t, "a subscription is kept", func() bool { return len(b.list()) == 1 })
	s.change("two")
	publishes.Publish(topic)
	publishes.refresh(t.Context())
	eventually(t, "the change arrives", func() bool { _, n := rd.count(); return n == 1 && rd.bodies[0] == "two" })
	f.Set("hub.secret", "second")
	post(other, f)
	eventually(t, "the secret is another one", func() bool { return b.list()[0].Secret == "second" })
	s.change("three")
	publishes.Publish(topic)
	eventually(t, "the next change is sent", func() bool { _, n := rd.count(); return n == 2 })
	publishes.refresh(t.Context())
	eventually(t, "it arrives with the secret that holds", func() bool {
		_, n := rd.count()
		return n == 3 && rd.received[2].Header.Get("X-Hub-Signature") == sign("second", []byte("three"))
	})
	publishes.refresh(t.Context())
	time.Sleep(50 * time.Millisecond)
	if _, n := rd.count(); n != 3 {
		t.Errorf("%d deliveries of two changes", n)
	}
}

// TestUnsubscribedAtAnother: who has just subscribed at one process can unsubscribe at
// another, which does not know of it yet.
func TestUnsubscribedAtAnother(t *testing.T) {
	s, b := fresh()
	one, other, rd := start(t, s, b), start(t, s, b), newReader(t)
	post(one, form("subscribe", rd.URL))
	eventually(t, "a subscription is kept", func() bool { return len(b.list()) == 1 })
	if got := post(other, form("unsubscribe", rd.URL)).StatusCode; got != http.StatusAccepted {
		t.Errorf("unsubscribing is answered %d", got)
	}
	for end := time.Now().Add(2 * time.Second); len(b.list()) > 0 && time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
	}
	if asked, _ := rd.count(); asked != 2 || len(b.list()) != 0 {
		t.Errorf("the callback was asked %d times, and %d subscriptions are kept", asked, len(b.list()))
	}
}

// TestAnotherSecretMeanwhile: who subscribes with another secret at another process,
// while something that was signed with the last one is being delivered, is sent it again.
func TestAnotherSecretMeanwhile(t *testing.T) {
	s, b := fresh()
	publishes, other, rd := start(t, s, b), start(t, s, b), newReader(t)
	taken := make(chan bool)
	rd.answer = func(_ http.ResponseWriter, r *http.Request, n int) bool {
		if r.Method == http.MethodPost && n == 0 {
			<-taken
		}
		return false
	}
	f := form("subscribe", rd.URL)
	f.Set("hub.secret", "first")
	post(publishes, f)
	eventually(t, "a subscription is kept", func() bool { return len(b.list()) == 1 })
	s.change("two")
	publishes.Publish(topic)
	eventually(t, "the change is sent", func() bool { _, n := rd.count(); return n == 1 })
	f.Set("hub.secret", "second")
	post(other, f)
	eventually(t, "the secret is another one", func() bool { return b.list()[0].Secret == "second" })
	publishes.refresh(t.Context())
	close(taken)
	eventually(t, "it is sent with the secret that holds", func() bool {
		_, n := rd.count()
		return n == 2 && rd.received[1].Header.Get("X-Hub-Signature") == sign("second", []byte("two"))
	})
}
