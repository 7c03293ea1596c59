package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/wireroom/wireroom/aggregator/news"
)

// same fails unless two values are equal; empty and nil are.
func (f *fixture) same(what string, got, want any) {
	f.t.Helper()
	if reflect.DeepEqual(got, want) {
		return
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		f.t.Fatalf("%s (-want +got):\n%s", what, d)
	}
}

// due checks what Due says.
func (f *fixture) due(now time.Time, wantN int, wantNext time.Time) {
	f.t.Helper()
	n, err := f.Due(f.ctx, now)
	f.must(err)
	next, err := f.Next(f.ctx, now)
	f.must(err)
	if n != wantN || !next.Equal(wantNext) {
		f.t.Fatalf("Due(%s) = %d, %s; want %d, %s", now, n, next, wantN, wantNext)
	}
}

func newSourceIsDue(t *testing.T, open Opener) {
	f := setup(t, open)
	f.due(noon, 0, time.Time{})
	f.configure(noon, "a", "b")
	f.due(noon, 2, noon)
	f.same("claimed before it was configured", f.claims(noon.Add(-time.Second), 9), []string(nil))
	claims, err := f.Claim(f.ctx, noon, 9, time.Minute)
	f.must(err)
	f.same("state of a source that was never polled", claims[0].State, news.State{Source: "a"})
	// Setting the same sources again disturbs nothing.
	f.configure(noon.Add(time.Second), "a", "b")
	f.same("claimed twice", f.claims(noon.Add(time.Second), 9), []string(nil))
	f.due(noon, 2, noon.Add(time.Minute))
}

func removedSource(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	f.append("a", noon, item("1", noon))
	later := noon.Add(2 * time.Hour)
	f.configure(later, "b")
	f.same("claimed", f.claims(later, 9), []string{"b"})
	all, err := f.States(f.ctx)
	f.must(err)
	f.same("states", len(all), 1)
	records, err := f.Records(f.ctx, 0, 10)
	f.must(err)
	f.same("items of the removed source", len(records), 1)
	f.configure(later, "a", "b")
	state, _, err := f.State(f.ctx, "a")
	f.must(err)
	f.same("state that was kept", state.ItemCount, int64(1))
	f.same("claimed again", f.claims(later, 9), []string{"a"})
	f.configure(later)
	f.due(later, 0, time.Time{})
}

func movedSource(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, item("1", noon))
	f.must(f.SetSources(f.ctx, []news.Source{{Name: "a", URL: "https://elsewhere.example/"}}, noon))
	f.due(noon, 0, noon.Add(time.Hour))
	f.same("items known at the new address", f.append("a", noon.Add(time.Hour), item("1", noon.Add(time.Hour))), news.Appended{Known: 1})
}

func outletWithoutSecrets(t *testing.T, open Opener) {
	f := setup(t, open)
	f.must(f.SetSources(f.ctx, []news.Source{{
		Name: "a", URL: "https://canary:canary@a.example/feed.xml?key=canary#canary", Family: "fam", Tags: []string{"wire"},
		Labels: map[string]string{"country": "pt"}, Priority: 3, Content: news.ContentExcerpt,
		Auth: news.Auth{User: "canary", Password: "canary", Bearer: "canary", Header: map[string]string{"X": "canary"}},
	}}, noon))
	about := news.About{ID: "tag:a", Title: "A says", Link: "https://a.example/", Icon: "https://a.example/i.png", Rights: "R", Language: "pt"}
	_, err := f.Append(f.ctx, f.claim("a", noon), []news.Item{item("1", noon)},
		func(news.Appended) news.State { return news.State{About: about} }, noon, 0)
	f.must(err)
	f.fileAll(noon)
	got := f.latest(1)[0].Members[0].Outlet
	f.same("outlet", got, news.Outlet{
		Source: "a", Title: "A says", Feed: "https://a.example/feed.xml", FeedID: "tag:a", Link: "https://a.example/", Family: "fam",
		Tags: []string{"wire"}, Labels: map[string]string{"country": "pt"}, Priority: 3, Language: "pt", Rights: "R",
		Icon: "https://a.example/i.png", Content: news.ContentExcerpt,
	})
	outlets, err := f.Outlets(f.ctx)
	f.must(err)
	f.same("outlets", outlets, []news.Outlet{got})
	if strings.Contains(fmt.Sprint(outlets), "canary") {
		t.Fatal("a secret is in the outlet")
	}
}

func overdueFirst(t *testing.T, open Opener) {
	f := setup(t, open)
	f.configure(noon, "c")
	f.configure(noon.Add(time.Second), "c", "a", "z", "b")
	f.configure(noon.Add(2*time.Second), "c", "a", "z", "b", "0")
	later := noon.Add(time.Minute)
	f.same("first two", f.claims(later, 2), []string{"c", "a"})
	f.same("the rest", f.claims(later, 9), []string{"b", "z", "0"})
	f.same("none", f.claims(later, 0), []string(nil))
}

func onePerHost(t *testing.T, open Opener) {
	f := setup(t, open)
	var sources []news.Source
	for i := range 6 {
		sources = append(sources, news.Source{Name: fmt.Sprint("s", i), URL: fmt.Sprintf("https://host%d.example/%d", i%2, i)})
	}
	sources = append(sources,
		news.Source{Name: "p1", URL: "http://127.0.0.1/1", AllowPrivate: true},
		news.Source{Name: "p2", URL: "http://127.0.0.1/2", AllowPrivate: true})
	f.must(f.SetSources(f.ctx, sources, noon))
	claims, err := f.Claim(f.ctx, noon, 9, time.Minute)
	f.must(err)
	var names []string
	for _, c := range claims {
		names = append(names, c.State.Source)
	}
	slices.Sort(names)
	f.same("one of each host, private ones alone", names, []string{"p1", "p2", "s0", "s1"})
	f.due(noon, 8, noon.Add(time.Minute))
	for _, c := range claims {
		if c.State.Source == "s0" {
			_, err := f.Append(f.ctx, c, nil, settle(noon.Add(time.Hour)), noon, 0)
			f.must(err)
		}
	}
	f.same("the next of the freed host", f.claims(noon, 9), []string{"s2"})
}

func leaseEnds(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	first := f.claim("a", noon)
	f.same("leased", f.claims(noon.Add(time.Minute-time.Second), 9), []string(nil))
	second := f.claim("a", noon.Add(time.Minute))
	if first.Token == second.Token {
		t.Fatal("two claims have one token")
	}
	// The first may still be the only one to answer: as long as nobody else
	// has claimed the source, a late answer is stored.
	_, err := f.Append(f.ctx, second, nil, settle(noon), noon.Add(10*time.Minute), 0)
	f.must(err)
}

func gapHolds(t *testing.T, open Opener) {
	f := setup(t, open)
	f.must(f.SetSources(f.ctx, []news.Source{{Name: "a", URL: "https://h.example/1"}, {Name: "b", URL: "https://h.example/2"}}, noon))
	_, err := f.Append(f.ctx, f.claim("a", noon), nil, settle(noon.Add(time.Hour)), noon.Add(time.Second), 5*time.Second)
	f.must(err)
	f.due(noon.Add(time.Second), 1, noon.Add(6*time.Second))
	f.same("within the gap", f.claims(noon.Add(6*time.Second-time.Millisecond), 9), []string(nil))
	f.same("after the gap", f.claims(noon.Add(6*time.Second), 9), []string{"b"})
}

func lateAppend(t *testing.T, open Opener) {
	f := setup(t, open)
	f.must(f.SetSources(f.ctx, []news.Source{{Name: "a", URL: "https://h.example/1"}, {Name: "b", URL: "https://h.example/2"}}, noon))
	late := f.claim("a", noon)
	// The lease ends, a is claimed again and stored, then b is being polled.
	at := noon.Add(time.Minute)
	_, err := f.Append(f.ctx, f.claim("a", at), nil, settle(at.Add(time.Hour)), at, 0)
	f.must(err)
	f.claim("b", at)
	_, err = f.Append(f.ctx, late, nil, settle(at), at, 0)
	f.wantLost(err)
	f.same("claimed beside the poll of b", f.claims(at, 9), []string(nil))
}

func claimsAreDisjoint(t *testing.T, open Opener) {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("s%02d", i))
	}
	f := setup(t, open, names...)
	var mu sync.Mutex
	var all []string
	var wg sync.WaitGroup
	for range 3 {
		db := open(t, "main")
		wg.Go(func() {
			for {
				claims, err := db.Claim(f.ctx, noon, 7, time.Minute)
				if err != nil {
					t.Error(err)
				}
				if len(claims) == 0 {
					return
				}
				mu.Lock()
				for _, c := range claims {
					all = append(all, c.State.Source)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(all)
	f.same("each source claimed once", all, names)
}

func setDue(t *testing.T, open Opener) {
	f := setup(t, open)
	f.must(f.SetSources(f.ctx, []news.Source{
		{Name: "a", URL: "https://h.example/1"}, {Name: "b", URL: "https://h.example/2"}, {Name: "c", URL: "https://c.example/"},
	}, noon))
	late := noon.Add(time.Hour)
	f.must(f.SetDue(f.ctx, map[string]time.Time{"a": late, "b": late.Add(time.Minute), "none": noon}))
	f.due(noon, 1, noon)
	c := f.claim("c", noon)
	f.due(noon, 1, noon.Add(time.Minute))
	f.must(f.SetDue(f.ctx, map[string]time.Time{"c": late.Add(-time.Minute)})) // is left to its claim
	_, err := f.Append(f.ctx, c, nil, settle(late.Add(time.Hour)), noon, 0)
	f.must(err)
	f.due(noon, 0, late)
	dates, err := f.Dates(f.ctx)
	f.must(err)
	f.same("dates", dates, map[string]time.Time{"a": late, "b": late.Add(time.Minute), "c": late.Add(time.Hour)})
	f.same("the earliest", f.claims(late, 9), []string{"a"})
}

func newSourceIsDueAtOnce(t *testing.T, open Opener) {
	f := setup(t, open)
	at := noon.Add(123456789 * time.Nanosecond)
	f.configure(at, "a")
	f.same("claimed", f.claims(at, 9), []string{"a"})
}

func sourcesAtOnce(t *testing.T, open Opener) {
	f := setup(t, open)
	var sources []news.Source
	for i := range 40 {
		sources = append(sources, news.Source{Name: fmt.Sprint("s", i), URL: fmt.Sprintf("https://h%d.example/", i%9)})
	}
	var wg sync.WaitGroup
	for range 4 {
		db := open(t, "main")
		wg.Go(func() {
			if err := db.SetSources(f.ctx, sources, noon); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	f.due(noon, 40, noon)
	f.same("hosts", len(f.claims(noon, 99)), 9)
}
