package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestUnitedBesideTheLast gives an index items of which the last joins the
// farthest of the stories near it, and shows that another of them is the same:
// of those that were near none may be gone when the nearest is looked for, or the
// index panics.
func TestUnitedBesideTheLast(t *testing.T) {
	x := New(Options{})
	for i, it := range []struct {
		source      string
		minutes     int
		title, text string
	}{
		{"s4", 0, "nemuso luluri fufiki tefego", "felopo lepado"},
		{"s1", 63, "ligile tokonu sikone fufiki rudegi", "luluri dofeku"},
		{"s2", 131, "romutu benabo tanata gobadu safega", "nemuso"},
		{"s4", 315, "podefu romutu kegilo romutu rudegi luluri", "kapada fufiki"},
		{"s0", 399, "gilore safega", "benabo luluri fufiki koluru rudegi nidefe"},
		{"s2", 425, "luluri fonabu felopo fibabe lepado bukopi", "nemuso dinabe"},
		{"s2", 449, "benabo felopo rudegi", "podefu fonabu gobadu"},
		{"s4", 533, "tokonu kapada gilore", "koluru"},
		{"s1", 585, "fufiki koluru rudegi felopo", "fonabu gilore rekono ladada gunadi"},
		{"s0", 742, "tokonu ladada dofeku pakima kegilo", "sumuti luluri nemuso felopo podefu"},
		{"s2", 751, "kapada nidefe fonabu", "ladada koluru lepado"},
		{"s1", 774, "safega safega bifeke tokonu gagila koluru", "kapada felopo fufiki kubadi bukopi mogimu kegilo podefu koluru safega tokonu lepado kubadi"},
		{"s4", 775, "gunadi safega ligile fufiki debabo", "nemuso koluru felopo romutu"},
		{"s3", 797, "fonabu nidefe", "fufiki koluru"},
		{"s0", 840, "fufiki dalopa safega rekono", "nugimi romutu"},
		{"s0", 924, "koluru fufiki nugimi kapada koluru", "felopo"},
	} {
		x.Add(news.Record{Seq: int64(i + 1), Revision: 1, Item: news.Item{
			Source: it.source, ID: fmt.Sprint(i), Language: "en", Title: it.title, Text: it.text,
			Published: time.Date(2026, 3, 14, 8, 0, 0, 0, time.UTC).Add(time.Duration(it.minutes) * time.Minute),
		}}, news.Outlet{})
	}
}
