package render

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// maxReports is the number of other reports that an entry lists; the story's
// page lists them all.
const maxReports = 12

// A report is another outlet's item on the same story.
type report struct {
	outlet    news.Outlet
	title     string
	url       string
	published time.Time
	language  string
	copy      bool // the text of the lead, or of a report before it, lightly edited
	score     float64
	rule      string
}

// reports returns the other reports, and how many it left out: first one for
// each family but the lead's, in the order of the members, then what a family
// that is named already has under another headline and link. Package topic goes by
// the same rule (file.go): a report that it does not count changes no entry.
func reports(members []news.Member) (list []report, more int) {
	families, links, headlines := map[string]bool{}, map[string]bool{}, map[string]bool{}
	name := func(m *news.Member) string {
		return m.Family() + "\n" + strings.ToLower(title(&m.Record.Item, m.Outlet))
	}
	texts := map[string]bool{}
	told := func(m *news.Member) bool {
		text := m.Decision.Copies
		was := texts[text] || text == "" && isCopy(m)
		texts[text] = text != ""
		return was
	}
	told(&members[0])
	take := func(m *news.Member) {
		families[m.Family()], links[itemURL(&m.Record.Item)], headlines[name(m)] = true, true, true
	}
	take(&members[0])
	for _, further := range []bool{false, true} {
		for i := range members[1:] {
			m := &members[1:][i]
			u := itemURL(&m.Record.Item)
			if u == "" || families[m.Family()] != further || further && (links[u] || headlines[name(m)]) {
				continue
			}
			take(m)
			if len(list) == maxReports {
				more++
				continue
			}
			r := newReport(m)
			r.copy = told(m)
			list = append(list, r)
		}
	}
	return list, more
}

func newReport(m *news.Member) report {
	item := &m.Record.Item
	return report{
		outlet:    cleanOutlet(m.Outlet),
		title:     title(item, m.Outlet),
		url:       itemURL(item),
		published: instant(item.Published, item.FirstSeen),
		language:  languageTag(item.Language),
		score:     m.Decision.Score,
		rule:      cleanLine(m.Decision.Evidence.Rule),
	}
}

// alsoHTML is the list of the other reports as it follows a body; story is the
// address of the page with all of them, if there is one to link to.
func alsoHTML(also []report, more int, story string) string {
	if len(also) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n<p>Also reported by:</p>\n<ul>\n")
	for _, r := range also {
		fmt.Fprintf(&b, "<li>%s: <a href=\"%s\">%s</a></li>\n",
			html.EscapeString(r.outlet.Title), html.EscapeString(r.url), html.EscapeString(r.title))
	}
	switch {
	case more > 0 && story == "":
		fmt.Fprintf(&b, "<li>%d more</li>\n", more)
	case more > 0:
		fmt.Fprintf(&b, "<li><a href=\"%s\">%d more</a></li>\n", html.EscapeString(story), more)
	}
	b.WriteString("</ul>")
	return b.String()
}
