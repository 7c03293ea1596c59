package aggregator

import (
	"slices"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A workspace holds the stories that a batch touches, from how they are stored
// to how they will be.
type workspace struct {
	byID map[string]*news.Story
	ids  []string // in the order of their first touch
}

func newWorkspace(stored []news.Story) *workspace {
	w := &workspace{byID: make(map[string]*news.Story, len(stored))}
	for i := range stored {
		w.byID[stored[i].ID] = &stored[i]
	}
	return w
}

// add puts a member into its story: in the place of its earlier revision, whose
// absorbed stories are to be withdrawn still, else last, and behind the members of
// the stories that its decision absorbs.
func (w *workspace) add(m news.Member) {
	id := m.Decision.Story
	s := w.byID[id]
	if s == nil {
		s = &news.Story{ID: id}
		w.byID[id] = s
	}
	for _, absorbed := range m.Decision.Absorbs {
		if old := w.byID[absorbed]; old != nil && absorbed != id {
			for _, moved := range old.Members {
				moved.Decision.Story = id
				s.Members = append(s.Members, moved)
			}
			delete(w.byID, absorbed)
		}
	}
	key := m.Record.Item.Key()
	i := slices.IndexFunc(s.Members, func(o news.Member) bool { return o.Record.Item.Key() == key })
	if i < 0 {
		s.Members = append(s.Members, m)
	} else {
		m.First = s.Members[i].Since()
		m.Decision.Absorbs = slices.Concat(s.Members[i].Decision.Absorbs, m.Decision.Absorbs)
		s.Members[i] = m
	}
	if !slices.Contains(w.ids, id) {
		w.ids = append(w.ids, id)
	}
}

// stories returns the stories that were added to and not absorbed since.
func (w *workspace) stories() []news.Story {
	var all []news.Story
	for _, id := range w.ids {
		if s := w.byID[id]; s != nil {
			all = append(all, *s)
		}
	}
	return all
}
