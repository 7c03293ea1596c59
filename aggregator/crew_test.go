package aggregator

import (
	"testing"
	"testing/synctest"
)

// TestCrew gives a crew more to do at a time than stay when there is nothing: all of it
// is done at once, those that stay do what comes next, and none is left at the end.
func TestCrew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine is left
		const most, tasks = 2, 5
		c := newCrew(most)
		running, done := 0, 0
		release := make(chan bool)
		for range tasks {
			c.do(func() {
				running++
				<-release
				done++
			})
			synctest.Wait()
		}
		if running != tasks {
			t.Errorf("%d tasks of %d run", running, tasks)
		}
		for range tasks {
			release <- true
			synctest.Wait()
		}
		if idle := c.idle.Load(); idle != most || done != tasks {
			t.Errorf("%d are done, and %d wait for another, want %d", done, idle, most)
		}
		for range 3 {
			c.do(func() { done++ })
			synctest.Wait()
			if idle := c.idle.Load(); idle != most {
				t.Errorf("%d wait, want %d", idle, most)
			}
		}
		c.do(func() { <-release; done++ })
		go func() { release <- true }()
		c.dismiss()
		if done != tasks+4 {
			t.Errorf("%d of %d were done when all were dismissed", done, tasks+4)
		}
	})
}
