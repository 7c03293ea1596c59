package aggregator

import (
	"sync"
	"sync/atomic"
)

// A crew are goroutines that do one task after the other, where the stack of a new
// one would have to grow for each. There are as many as there are tasks at a time,
// and so many stay when there are fewer.
type crew struct {
	tasks chan func()
	most  int32 // that wait for a task
	idle  atomic.Int32
	all   sync.WaitGroup
}

func newCrew(most int) *crew { return &crew{tasks: make(chan func()), most: int32(most)} }

// do has somebody do a task, now.
func (c *crew) do(task func()) {
	select {
	case c.tasks <- task:
	default:
		c.all.Go(func() {
			for ok := true; ok; task, ok = c.next() {
				task()
			}
		})
	}
}

// next waits for a task, unless enough others do.
func (c *crew) next() (task func(), ok bool) {
	defer c.idle.Add(-1)
	if c.idle.Add(1) > c.most {
		return nil, false
	}
	task, ok = <-c.tasks
	return task, ok
}

// dismiss waits until all is done. Nothing may be given to do after it.
func (c *crew) dismiss() {
	close(c.tasks)
	c.all.Wait()
}
