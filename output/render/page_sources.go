package render

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// maxPageSources is the number of sources on one page of them.
const maxPageSources = 80

// A SourceStatus is what the page of sources tells of one.
type SourceStatus struct {
	Outlet news.Outlet
	State  news.State
}

type sourcesPage struct {
	Frame          frame
	Tally          []tally
	Rows           []sourceRow
	Earlier, Later string
	OPML           string
}

type tally struct {
	Word, Class string
	Count       int
}

type sourceRow struct {
	Name, Title, Link, Kind string
	Word, Class, Sentence   string
	Repairs, Schedule       string
	Success, Next           time.Time
	Items                   int64
	Spark                   *spark
	Never                   bool // it is not polled again
	rank                    int
}

type spark struct{ Path, Label string }

// The states that a source is shown in, those that need attention first.
var sourceStates = []tally{
	{Word: "Gone", Class: "bad"},
	{Word: "Failing", Class: "bad"},
	{Word: "Trouble", Class: "warn"},
	{Word: "Waiting", Class: "idle"},
	{Word: "Fine", Class: "good"},
}

// SourcesPages renders the state of all sources, those in trouble first, then
// by name, on as many pages as it takes: "/sources", "/sources/2" and so on.
func SourcesPages(site Site, list []SourceStatus) ([]news.Document, error) {
	counts := slices.Clone(sourceStates)
	var rows []sourceRow
	for i := range list {
		row := newSourceRow(&list[i])
		counts[row.rank].Count++
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b sourceRow) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), cmp.Compare(a.Name, b.Name))
	})
	counts = slices.DeleteFunc(counts, func(t tally) bool { return t.Count == 0 })
	slices.Reverse(counts)

	pages := max((len(rows)+maxPageSources-1)/maxPageSources, 1)
	var docs []news.Document
	for n := 1; n <= pages; n++ {
		data := sourcesPage{Frame: site.frame("Sources", "sources"), Tally: counts, OPML: site.href("/sources.opml")}
		data.Frame.Feeds = []feedLink{{Name: atomFormat.name, Type: atomFormat.mediaType, Title: "What became of the sources", Href: site.url(statusPath)}}
		data.Rows = rows[(n-1)*maxPageSources : min(n*maxPageSources, len(rows))]
		if n > 1 {
			data.Earlier = site.href(sourcesPath(n - 1))
		}
		if n < pages {
			data.Later = site.href(sourcesPath(n + 1))
		}
		doc, err := page(sourcesPath(n), "sources.tmpl", data)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// Answering counts the sources that bring nothing.
func Answering(list []SourceStatus) Answers {
	a := Answers{Sources: len(list)}
	for i := range list {
		if sourceStates[sourceRank(&list[i].State)].Class == "bad" {
			a.Failing++
		}
	}
	return a
}

func sourcesPath(n int) string {
	if n == 1 {
		return "/sources"
	}
	return "/sources/" + strconv.Itoa(n)
}

func newSourceRow(s *SourceStatus) sourceRow {
	o, st := cleanOutlet(s.Outlet), &s.State
	row := sourceRow{
		Name: o.Source, Title: o.Title, Link: o.Link, Kind: kind(st.About, o),
		Success: st.LastSuccess.UTC().Truncate(time.Second), Next: st.NextDue.UTC().Truncate(time.Second),
		Schedule: cleanLine(st.Schedule), Items: st.ItemCount, Repairs: repairs(st.Repairs), Spark: newSpark(st.Rhythm),
	}
	row.rank = sourceRank(st)
	row.Word, row.Class = sourceStates[row.rank].Word, sourceStates[row.rank].Class
	row.Sentence = sentence(st)
	row.Never = st.Outcome == news.OutcomeGone
	return row
}

// sourceRank is the index of a source's state in sourceStates. One failure is
// trouble; a source is failing when it is broken, or has never answered.
func sourceRank(st *news.State) int {
	switch {
	case st.Outcome == news.OutcomeGone:
		return 0
	case st.Outcome == "":
		return 3
	case st.Outcome.OK():
		return 4
	case st.Failures >= news.BrokenAfter || st.LastSuccess.IsZero():
		return 1
	}
	return 2
}

// sentences tell what became of the last poll.
var sentences = map[news.Outcome]string{
	"":                      "Has not been asked yet.",
	news.OutcomeNew:         "Brought something new.",
	news.OutcomeNotModified: "Nothing has changed.",
	news.OutcomeUnchanged:   "Nothing new.",
	news.OutcomeEmpty:       "The feed has no entries.",
	news.OutcomeParse:       "The answer is not a feed.",
	news.OutcomeHTTP4xx:     "The server refuses.",
	news.OutcomeHTTP5xx:     "The server has an error.",
	news.OutcomeTimeout:     "The server took too long.",
	news.OutcomeNetwork:     "There was no usable answer.",
	news.OutcomeBlocked:     "Polling is not allowed at present.",
	news.OutcomeTooLarge:    "The document is too large.",
	news.OutcomeGone:        "The feed is gone for good and is not polled again.",
}

// sentence tells what became of the last poll, with what went wrong.
func sentence(st *news.State) string {
	s := sentences[st.Outcome]
	if st.Outcome.OK() || st.Outcome == "" {
		return s
	}
	s = strings.TrimSuffix(s, ".")
	if e := strings.TrimRight(truncate(cleanLine(st.Error), 240), ". "); e != "" {
		for _, same := range []string{"not a feed: ", "document too large: "} {
			e = strings.TrimPrefix(e, same)
		}
		s += ": " + e
	} else if st.Status >= 400 {
		s += " (HTTP " + strconv.Itoa(st.Status) + ")"
	}
	if st.Failures > 1 {
		s += fmt.Sprintf(", %d times in a row", st.Failures)
	}
	if st.Mend != "" {
		s += "; " + cleanLine(st.Mend)
	}
	return s + "."
}

func kind(about news.About, o news.Outlet) string {
	parts := []string{o.Source}
	if f := cleanLine(about.Format); f != "" {
		parts = append(parts, f)
	}
	if tag := languageTag(o.Language); tag != "" {
		parts = append(parts, tag)
	}
	return strings.Join(parts, " · ")
}

func repairs(list []news.Repair) string {
	const shown = 4
	var parts []string
	for i, r := range list {
		if i == shown {
			parts = append(parts, count(len(list)-shown, "more", "more"))
			break
		}
		s := cleanLine(r.Kind)
		if d := truncate(cleanLine(r.Detail), 80); d != "" {
			s += " (" + d + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// newSpark draws a rhythm as a line, 84 by 20.
func newSpark(rhythm []int) *spark {
	if len(rhythm) < 2 {
		return nil
	}
	top, total := max(slices.Max(rhythm), 1), 0
	var b strings.Builder
	for i, n := range rhythm {
		total += n
		x := 1 + 82*float64(i)/float64(len(rhythm)-1)
		y := 18.5 - 17*float64(max(n, 0))/float64(top)
		fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(i, 1)], x, y)
	}
	return &spark{b.String(), fmt.Sprintf("%s in %d days", count(total, "new item", "new items"), len(rhythm))}
}
