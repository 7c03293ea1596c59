package aggregator

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/story"
)

const (
	// noteOverrides is the note that keeps what users decided about stories,
	// and noteOverruled what of it has been applied to what is stored.
	noteOverrides = "overrides"
	noteOverruled = "overruled"
)

// An Override is a user's decision about one item, as the log keeps it. It
// holds whenever the item is decided upon, in a rebuild too.
type Override struct {
	Action story.Action `json:"action"`
	Story  string       `json:"story"` // id
	Item   news.Key     `json:"item"`
}

// Overrule keeps a user's decisions, each in the place of earlier ones that it
// contradicts. The filer applies them within seconds; where none runs, the next
// one does.
func Overrule(ctx context.Context, log Log, decisions []Override) error {
	err := log.Amend(ctx, noteOverrides, func(text string) (string, error) {
		kept, err := readOverrides(noteOverrides, text)
		if err != nil {
			return "", err
		}
		for _, d := range decisions {
			kept = slices.DeleteFunc(kept, d.contradicts)
			kept = append(kept, d)
		}
		amended, err := json.Marshal(kept)
		return string(amended), err
	})
	if err != nil {
		return fmt.Errorf("overrule: %w", err)
	}
	return nil
}

// contradicts reports whether an earlier decision cannot stand beside d: it is
// about the same item and story, sends the item elsewhere, or puts another one
// into the story that an item is to keep for itself.
func (d Override) contradicts(earlier Override) bool {
	alone := func(o Override) bool { return o.Action == story.ActionSplit && o.Story == o.Item.Slug() }
	switch {
	case earlier.Item == d.Item:
		return earlier.Story == d.Story || d.Action == story.ActionJoin && (earlier.Action == story.ActionJoin || alone(earlier))
	case alone(d):
		return earlier.Action == story.ActionJoin && earlier.Story == d.Story
	}
	return false
}

// overrides returns what a note keeps, verbatim and read.
func overrides(ctx context.Context, log Log, note string) (text string, list []Override, err error) {
	if text, err = log.Noted(ctx, note); err == nil {
		list, err = readOverrides(note, text)
	}
	return text, list, err
}

// readOverrides reads what a note keeps.
func readOverrides(note, text string) (list []Override, err error) {
	if text == "" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("the note %q: %w", note, err)
	}
	return list, nil
}

// prepare applies what users decided and is not applied yet, and returns the
// index of stories with the decisions that it was made under.
func (a *Aggregator) prepare(ctx context.Context) (*story.Index, string, error) {
	text, wanted, err := overrides(ctx, a.log, noteOverrides)
	if err != nil {
		return nil, "", err
	}
	applied, was, err := overrides(ctx, a.log, noteOverruled)
	if err != nil {
		return nil, "", err
	}
	if applied != text {
		if err := a.overrule(ctx, a.plan.Load(), was, wanted); err != nil {
			return nil, "", fmt.Errorf("overrule: %w", err)
		}
		if err := a.log.Note(ctx, noteOverruled, text); err != nil {
			return nil, "", err
		}
	}
	index, err := a.warm(ctx, wanted, nil)
	return index, text, err
}

// overrule decides anew upon the items that the difference of two sets of
// decisions is about, and files the stories that lose or gain them.
func (a *Aggregator) overrule(ctx context.Context, plan *Plan, was, wanted []Override) error {
	before, moving, err := a.affected(ctx, was, wanted)
	if err != nil || len(moving) == 0 {
		return err
	}
	leaving := map[news.Key]bool{}
	for _, m := range moving {
		leaving[m.Record.Item.Key()] = true
	}
	index, err := a.warm(ctx, wanted, leaving)
	if err != nil {
		return err
	}
	batch := news.Batch{At: time.Now()}
	known := map[string]bool{}
	for _, s := range before {
		known[s.ID] = true
	}
	var entered []string
	for i := range moving {
		m := &moving[i]
		rec := m.Record
		rec.Seq = m.Decision.Seq
		m.Decision = index.Add(rec, plan.outlet(rec.Item.Source))
		batch.Decisions = append(batch.Decisions, m.Decision)
		for _, id := range append([]string{m.Decision.Story}, m.Decision.Absorbs...) {
			if !known[id] {
				known[id] = true
				entered = append(entered, id)
			}
		}
	}
	others, err := a.log.Stories(ctx, entered)
	if err != nil {
		return err
	}
	before = append(before, others...)
	batch.Decisions = append(batch.Decisions, parted(before, leaving, batch.Decisions)...)
	batch.Filings = refiled(plan, before, rearranged(before, moving, leaving), batch.At)
	if err := a.log.File(ctx, batch); err != nil {
		return err
	}
	a.logger.Info("stories split and joined by hand", "items", len(moving))
	a.opts.Filed(topicsOf(batch.Filings))
	return nil
}

// parted returns decisions upon items that stay, without the stories that they had
// joined to their own and that are stories again, or may be since who opened them
// has left: else what is filed of those would be withdrawn, and their items taken
// back, whenever such an item is filed.
func parted(stories []news.Story, leaving map[news.Key]bool, moved []news.Decision) []news.Decision {
	own := map[string]bool{}
	for _, d := range moved {
		own[d.Story], own[d.Key.Slug()] = true, true
	}
	var parted []news.Decision
	for _, s := range stories {
		for i := range s.Members {
			d := &s.Members[i].Decision
			left := slices.DeleteFunc(slices.Clone(d.Absorbs), func(id string) bool { return own[id] && id != d.Story })
			if !leaving[d.Key] && len(left) < len(d.Absorbs) {
				d.Absorbs = left
				parted = append(parted, *d)
			}
		}
	}
	return parted
}

// affected returns the items that the difference of two sets of decisions is
// about, in the order of the log, and the stories that they are in. If a story
// is to keep the item that opened it for itself, these are all others. Copies of
// an item are about it too: what they are filed under is named by it, and would
// be in two stories.
func (a *Aggregator) affected(ctx context.Context, was, wanted []Override) ([]news.Story, []news.Member, error) {
	var ids []string
	items, alone, copied := map[news.Key]bool{}, map[news.Key]bool{}, map[string]bool{}
	for _, o := range difference(was, wanted) {
		d, ok, err := a.log.Decision(ctx, o.Item)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			continue // purged, or not filed yet
		}
		ids = append(ids, d.Story)
		if o.Action == story.ActionSplit && o.Story == o.Item.Slug() && d.Story == o.Story {
			alone[o.Item] = slices.Contains(wanted, o)
		} else {
			items[o.Item], copied[o.Item.Slug()] = true, true
		}
	}
	slices.Sort(ids)
	stored, err := a.log.Stories(ctx, slices.Compact(ids))
	if err != nil {
		return nil, nil, err
	}
	var moving []news.Member
	for _, s := range stored {
		kept := slices.ContainsFunc(s.Members, func(m news.Member) bool { return alone[m.Record.Item.Key()] })
		for _, m := range s.Members {
			key := m.Record.Item.Key()
			if items[key] || kept && (!alone[key] || m.Decision.Copies != key.Slug()) || copied[m.Decision.Copies] {
				moving = append(moving, m)
			}
		}
	}
	slices.SortFunc(moving, func(a, b news.Member) int { return cmp.Compare(a.Decision.Seq, b.Decision.Seq) })
	return stored, moving, nil
}

// difference returns what is in one of two sets and not in the other.
func difference(was, wanted []Override) []Override {
	without := func(all, less []Override) []Override {
		return slices.DeleteFunc(slices.Clone(all), func(o Override) bool { return slices.Contains(less, o) })
	}
	return append(without(was, wanted), without(wanted, was)...)
}

// rearranged returns stories as they are once the items that move are where
// their decisions say.
func rearranged(before []news.Story, moving []news.Member, leaving map[news.Key]bool) []news.Story {
	var stories []news.Story
	for _, s := range before {
		s.Members = slices.DeleteFunc(slices.Clone(s.Members), func(m news.Member) bool { return leaving[m.Record.Item.Key()] })
		stories = append(stories, s)
	}
	w := newWorkspace(stories)
	for _, m := range moving {
		w.add(m)
	}
	stories = nil
	for _, id := range slices.Sorted(maps.Keys(w.byID)) {
		s := *w.byID[id]
		slices.SortFunc(s.Members, func(a, b news.Member) int { return cmp.Compare(a.First, b.First) })
		if len(s.Members) > 0 {
			stories = append(stories, s)
		}
	}
	return stories
}

// refiled returns the filings of stories as they are after, and withdraws those
// that they had before and have no longer.
func refiled(plan *Plan, before, after []news.Story, at time.Time) []news.Filing {
	type place struct{ topic, key string }
	has := map[place]bool{}
	now := map[news.Key]string{} // item → its story
	merges := map[string]bool{}
	for _, t := range plan.Topics {
		merges[t.Name] = t.Stories == "" || t.Stories == news.MergeStories
	}
	var filings []news.Filing
	for _, s := range after {
		for i := range s.Members {
			now[s.Members[i].Record.Item.Key()] = s.ID
		}
		for _, f := range plan.Rules.File(s, plan.Authority, at) {
			filings = append(filings, f)
			has[place{f.Topic, f.Key}] = true
		}
	}
	for _, s := range before {
		for _, f := range plan.Rules.File(s, plan.Authority, at) {
			if !f.Withdrawn && !has[place{f.Topic, f.Key}] {
				gone := news.Filing{Topic: f.Topic, Key: f.Key, Story: f.Story, Withdrawn: true, Why: "split or joined by hand"}
				if merges[f.Topic] { // what was shown is shown where it is now
					gone.Heir = now[f.Lead]
				}
				filings = append(filings, gone)
			}
		}
	}
	return filings
}
