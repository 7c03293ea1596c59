package story

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestReadAhead reads words in one goroutine while another takes those before them:
// each item is decided upon as where one does both.
func TestReadAhead(t *testing.T) {
	records := invented(rand.New(rand.NewPCG(3, 8)), 600)
	ahead, alone := New(Options{}), New(Options{})
	read := make(chan *Words, 8)
	go func() {
		defer close(read)
		for _, rec := range records {
			read <- ahead.Read(rec, news.Outlet{})
		}
	}()
	i := 0
	for w := range read {
		if diff := cmp.Diff(alone.Add(records[i], news.Outlet{}), ahead.Take(w)); diff != "" {
			t.Fatalf("item %d, whose words were read ahead:\n%s", i, diff)
		}
		i++
	}
	if i != len(records) {
		t.Errorf("%d items of %d", i, len(records))
	}
}
