package store

import (
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestPackBrief packs decisions, brief ones and long ones, in the one form that any
// version reads.
func TestPackBrief(t *testing.T) {
	c, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 10, 100} {
		want := detail{Kind: news.KindReport, Score: 0.5, Family: "example.org"}
		for range n {
			want.Evidence.Passages = append(want.Evidence.Passages, "the ferry meets the tram at the old pier")
		}
		packed, err := c.packBrief(want)
		if err != nil {
			t.Fatal(err)
		}
		var got detail
		if err := c.unpackJSON(packed, &got); err != nil || len(got.Evidence.Passages) != n || got.Family != want.Family {
			t.Errorf("%d passages: %+v %v", n, got, err)
		}
		best, err := c.packJSON(want)
		if err != nil {
			t.Fatal(err)
		}
		if len(packed) > len(best)*5/4 {
			t.Errorf("%d passages are packed into %d bytes, and could be into %d", n, len(packed), len(best))
		}
	}
}
