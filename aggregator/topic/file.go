package topic

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// File returns the filings of a story, by topic and then in the order of the
// log; at is when it is filed. New ids are tag: URIs (RFC 4151) of the
// authority, a host name that the publisher owns.
//
// Published is that of the first member taken, and Updated the newest instant
// at which a member brought what is shown: both follow from the log, not from
// when it is read. Filings that the story may have had before, and has no
// longer, are given as withdrawn, whether or not they ever were.
func (r *Rules) File(s news.Story, authority string, at time.Time) []news.Filing {
	var filings []news.Filing
	authority = authorityOf(authority)
	matches, wanted := r.candidates(&s)
	for _, rule := range r.rules {
		if wanted[rule.number] {
			c := rule.choose(&s, matches)
			filings = rule.appendFilings(filings, &s, c, matches, authority, at)
		}
	}
	return filings
}

// appendFilings appends the filings of a story in a topic.
func (r *rule) appendFilings(filings []news.Filing, s *news.Story, c choice, matches []*matched, authority string, at time.Time) []news.Filing {
	withdraw := func(key, heir, why string) {
		filings = append(filings, news.Filing{Topic: r.topic.Name, Key: key, Story: s.ID, Withdrawn: true, Heir: heir, Why: why})
	}
	concerned := false // the story is in the topic, or may have been
	for _, g := range c.groups {
		concerned = concerned || g.refused == "" || g.wavering
		switch {
		case g.refused == "":
			lead := r.lead(g.leads)
			f := r.filing(s, g, lead, authority)
			f.FirstFiled = at
			for i := range s.Members {
				if &s.Members[i] == lead {
					f.Why = r.reason(c.verdicts[i], lead, matches[i])
				}
			}
			filings = append(filings, f)
		case g.wavering:
			withdraw(g.key, "", g.refused)
		}
	}
	if !concerned || r.merge() != news.MergeStories {
		return filings
	}
	for i := range s.Members {
		for _, absorbed := range s.Members[i].Decision.Absorbs {
			withdraw(absorbed, s.ID, "it is the same story as "+s.ID)
		}
	}
	return filings
}

// candidates returns what the words of each member give, and which rules need
// a closer look: not those whose words no member fulfils.
func (r *Rules) candidates(s *news.Story) ([]*matched, []bool) {
	matches := make([]*matched, len(s.Members))
	wanted := make([]bool, len(r.rules))
	revised := false
	for i := range s.Members {
		record := &s.Members[i].Record
		revised = revised || record.Revision > 1
		matches[i] = r.match(record)
		for _, n := range matches[i].fulfilled {
			wanted[n] = true
		}
	}
	for i, rule := range r.rules {
		wanted[i] = wanted[i] || revised || !rule.matches()
	}
	return matches, wanted
}

// merge is the topic's way of merging, or the default.
func (r *rule) merge() news.Merge {
	return cmp.Or(r.topic.Stories, news.MergeStories)
}

// filing makes the filing of a group that is led by lead.
func (r *rule) filing(s *news.Story, g *group, lead *news.Member, authority string) news.Filing {
	first := g.members[0] // in the order of the log
	rest := slices.DeleteFunc(slices.Clone(g.members), func(m *news.Member) bool { return m == lead })
	slices.SortStableFunc(rest, earlier)
	f := news.Filing{
		Topic:     r.topic.Name,
		Key:       g.key,
		ID:        mint(authority, first.Record.Item.FirstSeen, r.topic.Minted(), g.key),
		Story:     s.ID,
		Published: first.Record.Item.Published,
		Updated:   stated(first),
		Lead:      lead.Record.Item.Key(),
		Members:   []news.Key{lead.Record.Item.Key()},
		Families:  families(g.members),
	}
	content := sha256.New()
	show := func(texts ...string) {
		for _, text := range texts {
			io.WriteString(content, text)
			content.Write([]byte{0}) // stands in no text
		}
	}
	show(f.Lead.Source, f.Lead.ID, lead.Record.Item.Content())
	shown := shownBeside(lead)
	for _, m := range rest {
		it := &m.Record.Item
		f.Members = append(f.Members, it.Key())
		if shown(m) {
			show(it.Source, it.ID, it.Title, it.Canonical)
		}
	}
	f.Hash = hex.EncodeToString(content.Sum(nil)[:16])
	for _, m := range g.members[1:] {
		f.Updated = latest(f.Updated, m.Record.Item.Fetched)
	}
	f.Updated = latest(f.Updated, f.Published)
	return f
}

// shownBeside returns what says of one member after another whether readers are
// shown it: not one of a publisher that is named already, under the same headline
// or link, as where several of its feeds have the same item. Package render goes by
// the same rule (also.go): what it shows must be part of the hash, or readers are
// not told that it has changed.
func shownBeside(lead *news.Member) func(*news.Member) bool {
	named := map[[2]string]bool{}
	shown := func(m *news.Member) bool {
		it := &m.Record.Item
		family := m.Family()
		link, headline := [2]string{"", it.Canonical}, [2]string{family, strings.ToLower(it.Title)}
		if named[[2]string{family}] && (named[link] || named[headline]) {
			return false
		}
		named[[2]string{family}], named[link], named[headline] = true, true, true
		return true
	}
	shown(lead)
	return shown
}

// stated is when the first member of a filing came to be as it is: what its
// source says for what it sent first, what was seen for a change. That it was read
// otherwise since, by another version of the program, is none.
func stated(m *news.Member) time.Time {
	it := &m.Record.Item
	if !it.Fetched.Equal(it.FirstSeen) || it.Updated.After(it.Fetched) {
		return it.Fetched
	}
	return it.Updated
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// mint makes the id of a filing: a tag: URI in canonical form, for an
// authority, on the day on which the item was first seen.
func mint(authority string, day time.Time, topic, key string) string {
	return "tag:" + authority + "," + day.UTC().Format(time.DateOnly) + ":" + topic + "/" + key
}

// authorityOf returns a host as it stands in a tag: URI.
func authorityOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
