package aggregator_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/story"
)

// stranded are texts on one event, of which two are not known to tell the same as
// the first two before the last one.
var stranded = map[string]string{
	"tugs":   "Passengers taken off by lifeboats and tugs: tugs and lifeboats worked through the night to take passengers off a stranded vessel near the lighthouse. Captain Ingrid Moe said nobody was hurt, and the shipping line Northern Crossings promised refunds and buses for those who were stranded in Tidewell.",
	"refund": "Tugs and lifeboats take passengers off stranded vessel: passengers of a stranded vessel were taken off by tugs and lifeboats in the night, near the lighthouse. Nobody was hurt, said Captain Ingrid Moe. Northern Crossings, the shipping line, has promised refunds, and buses from Tidewell for the stranded.",
	"reef":   "Car ferry Lady Annis runs aground on Skarholm reef: the car ferry Lady Annis ran aground on the Skarholm reef shortly after leaving Tidewell harbour on Monday with 140 passengers aboard. The coastguard said that the ferry had lost its rudder in heavy swell and drifted onto the rocks near the lighthouse.",
	"all":    "Lady Annis: lifeboats and tugs take 140 passengers off grounded ferry: lifeboats and two tugs took 140 passengers off the car ferry Lady Annis, which ran aground on the Skarholm reef near the lighthouse on Monday after leaving Tidewell harbour. Captain Ingrid Moe said nobody was hurt; the coastguard said the ferry had lost its rudder in heavy swell. The shipping line Northern Crossings promised refunds and buses for stranded passengers.",
}

// TestOneStretch: what came while nothing was filed, and is filed in one stretch, is in
// topics as if each had been filed when it came, corrections among it.
func TestOneStretch(t *testing.T) {
	for name, steps := range map[string]string{ // source, text, published before now, in minutes
		"an old item of a story that is absorbed":       "1 tugs 360; file; 2 reef 240; 3 refund 210; file; 4 all 168; 1 tugs+ 360",
		"the item that has joined two stories":          "1 reef 240; 2 tugs 210; file; 3 all 168; 3 all+ 168",
		"an old item that is corrected, and once again": "1 reef 120; file; 2 tugs 960; 2 tugs+ 960; 3 tugs 120; 2 tugs++ 960",
	} {
		t.Run(name, func(t *testing.T) {
			var filed [2][]string
			for at, once := range []bool{false, true} {
				p := openPaper(t)
				for i, step := range strings.Split(steps, "; ") {
					if step != "file" {
						p.give(step, i)
					}
					if step == "file" || !once {
						p.file()
					}
				}
				p.file()
				p.check("all")
				p.check("copies")
				for _, name := range []string{"all", "copies", "odd"} {
					list, err := p.db.Latest(t.Context(), name, news.SortPublished, 100)
					p.must(err)
					for _, f := range list {
						filed[at] = append(filed[at], fmt.Sprint(f.ID, f.Story, f.Filing.Members))
					}
				}
			}
			if diff := gocmp.Diff(filed[0], filed[1]); diff != "" {
				t.Errorf("filed at once, beside what was filed step by step: %s", diff)
			}
		})
	}
}

// give has an outlet give what a step says.
func (p *paper) give(step string, minute int) {
	p.t.Helper()
	var source, text string
	var before int
	_, err := fmt.Sscan(step, &source, &text, &before)
	p.must(err)
	told, more, _ := strings.Cut(text, "+")
	if text != told {
		more = " Buses leave at noon." + more
	}
	now := p.begin.Add(time.Duration(minute) * time.Minute)
	p.add(source, stranded[told]+more, p.begin.Add(-time.Duration(before)*time.Minute), now)
}

// file files all that was given, by an index of three hours.
func (p *paper) file() {
	p.t.Helper()
	client := poll.NewClient(poll.Options{})
	defer client.Close()
	a := aggregator.New(p.db, client, p.plan, slog.New(slog.DiscardHandler),
		aggregator.Options{Filed: func([]string) {}, Stories: story.Options{Window: 3 * time.Hour}})
	p.must(a.FileOnce(p.t.Context()))
}
