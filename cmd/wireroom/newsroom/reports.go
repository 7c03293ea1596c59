package newsroom

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A report is what one outlet tells, as it stands at some instant.
type report struct {
	outlet    *Outlet
	slug      string
	link      string // key of the report that it points to; empty: its own page
	title, by string
	tags      []string
	text      []string      // paragraphs
	published time.Duration // since midnight
	updated   time.Duration
}

func (r *report) key() string { return r.outlet.Name + "/" + r.slug }

// marked is what stands between an agency's mark and its text.
const marked = " — "

// standing returns every report as it stands at an instant of the day, the
// newest first.
func standing(acts []act, at time.Duration) ([]*report, error) {
	known := map[string]*report{}
	var all []*report
	for i := range acts {
		a := &acts[i]
		if a.at > at {
			break
		}
		r := known[a.key]
		if r == nil {
			name, slug, _ := strings.Cut(a.key, "/")
			r = &report{outlet: outletNamed(name), slug: slug, published: a.at}
			known[a.key] = r
			all = append(all, r)
		}
		if err := r.apply(a, known); err != nil {
			return nil, fmt.Errorf("%s at %s: %w", a.key, a.at, err)
		}
	}
	slices.Reverse(all)
	return all, nil
}

// apply changes a report as an act says.
func (r *report) apply(a *act, known map[string]*report) error {
	r.updated = a.at
	if a.of != "" {
		from := known[a.of]
		if from == nil {
			return fmt.Errorf("%s is not published yet", a.of)
		}
		r.title, r.tags = from.title, from.tags
		r.text = slices.Clone(from.text)
		if a.keep > 0 {
			r.text = r.text[:min(a.keep, len(r.text))]
		}
		if _, rest, ok := strings.Cut(r.text[0], marked); ok && a.unmarked {
			r.text[0] = rest
		}
	}
	if a.title != "" {
		r.title = a.title
	}
	if a.by != "" {
		r.by = a.by
	}
	if a.tags != nil {
		r.tags = a.tags
	}
	if a.link != "" {
		if known[a.link] == nil {
			return fmt.Errorf("%s is not published yet", a.link)
		}
		r.link = a.link
	}
	for _, pair := range a.replace {
		found := false
		for i, p := range append([]string{r.title}, r.text...) {
			changed := strings.ReplaceAll(p, pair[0], pair[1])
			found = found || changed != p
			if i == 0 {
				r.title = changed
			} else {
				r.text[i-1] = changed
			}
		}
		if !found {
			return fmt.Errorf("%q does not occur", pair[0])
		}
	}
	r.text = append(slices.Clone(r.text), a.text...)
	if r.title == "" || len(r.text) == 0 {
		return fmt.Errorf("no title or no text")
	}
	return nil
}
