package topic

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// lead returns the member that is shown, by the topic's policy.
func (r *rule) lead(members []*news.Member) *news.Member {
	return slices.MinFunc(members, func(a, b *news.Member) int {
		better := 0
		switch r.topic.Lead {
		case news.LeadEarliest:
			better = a.Record.Item.Published.Compare(b.Record.Item.Published)
		case news.LeadFullest:
			better = cmp.Compare(utf8.RuneCountInString(b.Record.Item.Text), utf8.RuneCountInString(a.Record.Item.Text))
		case news.LeadOriginal:
			better = cmp.Or(cmp.Compare(own(b), own(a)), a.Record.Item.Published.Compare(b.Record.Item.Published))
		}
		return cmp.Or(better, cmp.Compare(b.Outlet.Priority, a.Outlet.Priority), earlier(a, b))
	})
}

// own is 1 if a member is an agency's text on the agency's own wire.
func own(m *news.Member) int {
	if m.Decision.Agency != "" && m.Decision.Agency == m.Decision.Family {
		return 1
	}
	return 0
}

// earlier orders members by their publication, then by their place in the log.
func earlier(a, b *news.Member) int {
	return cmp.Or(a.Record.Item.Published.Compare(b.Record.Item.Published), cmp.Compare(a.Since(), b.Since()))
}
