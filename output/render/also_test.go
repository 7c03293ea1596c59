package render

import (
	"slices"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestFurtherReports gives a story to which families have come more than once:
// each is named once first, and then what else it has.
func TestFurtherReports(t *testing.T) {
	member := func(family, headline, link string) news.Member {
		return news.Member{
			Record:   news.Record{Item: news.Item{Source: family, Title: headline, Canonical: "https://example.org/" + link}},
			Outlet:   news.Outlet{Source: family, Title: family, Family: family},
			Decision: news.Decision{Kind: news.KindReport, Family: family},
		}
	}
	list, more := reports([]news.Member{
		member("quay", "Ferry late", "1"),
		member("quay", "Ferry late", "2"),          // the same once more
		member("quay", "Ferry is in at last", "3"), // another piece
		member("pier", "A late ferry", "4"),
		member("pier", "A late ferry", "5"),
		member("pier", "Why the ferry was late", "6"),
		member("dock", "No ferry", "7"),
	})
	var got []string
	for _, r := range list {
		got = append(got, r.outlet.Title+": "+r.title)
	}
	want := []string{"pier: A late ferry", "dock: No ferry", "quay: Ferry is in at last", "pier: Why the ferry was late"}
	if !slices.Equal(got, want) || more != 0 {
		t.Errorf("got %q and %d more, want %q", got, more, want)
	}
}

// TestSameTextsAreTold gives a story of two texts in two copies each, led by one
// that is the copy of a report: what is said of each is seen from the lead.
func TestSameTextsAreTold(t *testing.T) {
	member := func(name, copies string, kind news.Kind) news.Member {
		return news.Member{
			Record:   news.Record{Item: news.Item{Source: name, Title: "A ferry, says " + name, Canonical: "https://" + name + ".example/1"}},
			Outlet:   news.Outlet{Source: name, Title: name, Family: name},
			Decision: news.Decision{Kind: kind, Copies: copies},
		}
	}
	list, _ := reports([]news.Member{
		member("quay", "first", news.KindCopy), member("pier", "first", news.KindNew),
		member("dock", "second", news.KindCopy), member("isle", "second", news.KindReport),
	})
	var same []bool
	for _, r := range list {
		same = append(same, r.copy)
	}
	if want := []bool{true, false, true}; !slices.Equal(same, want) {
		t.Errorf("with the same text: %v, want %v", same, want)
	}
}
