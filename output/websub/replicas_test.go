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
