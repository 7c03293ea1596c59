package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/width"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// topItems is how many of the newest items' stories are looked at, and
// freshFor how long a story that has gained an item is shown as new.
const (
	topItems = 200
	freshFor = 10 * time.Second
)

// An overview is what wireroom top shows at one moment.
type overview struct {
	at      time.Time
	name    string // of the store
	stats   store.Stats
	states  []news.State
	stories []news.Story
	gained  map[string]time.Time // when a story was seen to gain an item, by its id
}

// survey looks into a store.
func survey(ctx context.Context, db *store.DB, name string) (*overview, error) {
	o := &overview{at: time.Now(), name: name, gained: map[string]time.Time{}}
	var err error
	if o.stats, err = db.Stats(ctx); err != nil {
		return nil, err
	}
	if o.states, err = db.States(ctx); err != nil {
		return nil, err
	}
	slices.SortStableFunc(o.states, func(a, b news.State) int {
		return cmp.Or(cmp.Compare(b.Failures, a.Failures), b.LastPoll.Compare(a.LastPoll))
	})
	o.stories, err = db.Newest(ctx, topItems)
	return o, err
}

// mark notes which stories have gained an item since the overview before.
func (o *overview) mark(before *overview) {
	if before == nil {
		return
	}
	members := map[string]int{}
	for _, s := range before.stories {
		members[s.ID] = len(s.Members)
	}
	for _, s := range o.stories {
		if at := before.gained[s.ID]; len(s.Members) > members[s.ID] {
			o.gained[s.ID] = o.at
		} else if o.at.Sub(at) < freshFor {
			o.gained[s.ID] = at
		}
	}
}

// A style says how to set off what is no plain text.
type style struct{ head, bad, fresh, end string }

var (
	plainStyle  = style{}
	colourStyle = style{head: "\x1b[7m", bad: "\x1b[31m", fresh: "\x1b[1;32m", end: "\x1b[0m"}
)

// lines lays the overview out in so many columns and lines; 0: as many as it
// takes.
func (o *overview) lines(columns, height int, st style) []string {
	well, failing := 0, 0
	for i := range o.states {
		switch {
		case troubled(&o.states[i]):
			failing++
		case o.states[i].Outcome.OK():
			well++
		}
	}
	var lines []string
	add := func(set, text string) {
		line := fit(text, columns)
		if set != "" {
			line = set + line + st.end
		}
		lines = append(lines, line)
	}
	add("", fmt.Sprintf("wireroom  %s  %s: %d well, %d in trouble  %s, %d unfiled  %.1f MB  %s",
		o.at.Format(time.TimeOnly), count(len(o.states), "source"), well, failing, count(int(o.stats.Items), "item"),
		o.stats.Unfiled, float64(o.stats.Bytes)/1e6, o.name))

	// Each list gets half of the place, and what the other one leaves.
	sources, told := len(o.states), len(o.stories)
	if height > 0 {
		free := max(height-3, 0)
		sources = min(sources, max(free/2, free-told))
		told = min(told, free-sources)
	}
	add(st.head, sourceLine("SOURCE", "ANSWER", "POLLED", "NEW", "NEXT", "ITEMS", "TROUBLE"))
	for i := range o.states[:sources] {
		s, set := &o.states[i], ""
		if troubled(s) {
			set = st.bad
		}
		add(set, strings.TrimRight(sourceLine(s.Source, cmp.Or(string(s.Outcome), "unpolled"), span(o.at.Sub(s.LastPoll), s.LastPoll),
			span(o.at.Sub(s.LastNew), s.LastNew), span(s.NextDue.Sub(o.at), s.NextDue), fmt.Sprint(s.ItemCount), s.Trouble()), " "))
	}
	add(st.head, "CAME      TOLD BY  STORY")
	for i := range o.stories[:told] {
		s, set := &o.stories[i], ""
		if !o.gained[s.ID].IsZero() {
			set = st.fresh
		}
		add(set, storyLine(s))
	}
	if height > 0 {
		lines = lines[:min(len(lines), height)]
	}
	return lines
}

// troubled reports whether a source does not answer as a feed should.
func troubled(s *news.State) bool { return s.Failures > 0 || s.Outcome == news.OutcomeGone }

func sourceLine(name, answer, polled, fresh, next, items, trouble string) string {
	return fmt.Sprintf("%s  %-12s %6s %6s %6s %7s  %s", fit(name, 24), answer, polled, fresh, next, items, trouble)
}

// storyLine tells a story by the headline that the outlet of the highest
// priority gave it first, and the others by their names.
func storyLine(s *news.Story) string {
	lead := 0
	var came time.Time
	for i, m := range s.Members {
		if m.Outlet.Priority > s.Members[lead].Outlet.Priority {
			lead = i
		}
		if m.Record.Item.FirstSeen.After(came) {
			came = m.Record.Item.FirstSeen
		}
	}
	outlets := []string{cmp.Or(s.Members[lead].Outlet.Title, s.Members[lead].Outlet.Source)}
	for i, m := range s.Members {
		if name := cmp.Or(m.Outlet.Title, m.Outlet.Source); i != lead && !slices.Contains(outlets, name) {
			outlets = append(outlets, name)
		}
	}
	return fmt.Sprintf("%s  %7d  %s (%s)", came.Local().Format(time.TimeOnly), len(s.Families()),
		s.Members[lead].Record.Item.Title, strings.Join(outlets, ", "))
}

// span writes a length of time in one unit; a hyphen if the instant that it
// reaches to is not known, "now" if it is over, and "never" for what a source
// that is gone is due at.
func span(d time.Duration, to time.Time) string {
	switch {
	case to.IsZero():
		return "-"
	case d < time.Second:
		return "now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	if days := int(d.Hours() / 24); days < 10_000 {
		return fmt.Sprintf("%dd", days)
	}
	return "never"
}

// fit cuts a text to so many columns of a terminal, and fills it up to them;
// 0 leaves it as long as it is. What a terminal would obey is taken out: feeds
// are written by strangers.
func fit(text string, columns int) string {
	var b strings.Builder
	used := 0
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		n := cells(r)
		if columns > 0 && used+n > columns {
			break
		}
		b.WriteRune(r)
		used += n
	}
	if columns > 0 {
		b.WriteString(strings.Repeat(" ", columns-used))
	}
	return b.String()
}

// cells returns how many columns of a terminal a character takes.
func cells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0 // it is set over the one before
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}
