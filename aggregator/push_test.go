package aggregator

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPushOfAnothersSource: what a hub sent to a process which then does not poll the
// source, since another one does, is not kept when nobody would read it any more.
func TestPushOfAnothersSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pushes
		p.put("city", push{body: []byte("early")})
		time.Sleep(pushFresh / 2)
		p.put("harbour", push{body: []byte("late")})
		time.Sleep(pushFresh/2 + time.Second)
		synctest.Wait()
		p.mu.Lock()
		if body := p.by["city"].body; body != nil {
			t.Errorf("%q is kept", body)
		}
		if body := p.by["harbour"].body; body == nil {
			t.Error("what is fresh is not kept")
		}
		p.mu.Unlock()
		if told, ok := p.take("city"); !ok || told.body != nil {
			t.Errorf("that it has changed is forgotten: %v %q", ok, told.body)
		}
	})
}
