package story

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// A making makes a copy of one text, or of two, as outlets make them.
type making struct {
	name  string
	least float64 // recall that is to be reached
	make  func(m *maker, a, b doc) string
}

// maker makes copies by chance, the same ones every time.
type maker struct {
	rng   *rand.Rand
	words []string // of other texts, to put in place of a text's own
}

var makings = []making{
	{"first half", 0.97, func(_ *maker, a, _ doc) string { return part(a.Text, 2) }},
	{"first quarter", 0.97, func(_ *maker, a, _ doc) string { return part(a.Text, 4) }},
	{"5 % of words changed", 0.97, func(m *maker, a, _ doc) string { return m.change(a.Text, 0.05) }},
	{"10 % of words changed", 0.97, func(m *maker, a, _ doc) string { return m.change(a.Text, 0.1) }},
	{"20 % of words changed", 0.85, func(m *maker, a, _ doc) string { return m.change(a.Text, 0.2) }},
	{"boilerplate around", 0.97, func(_ *maker, a, _ doc) string { return before + "\n" + a.Text + "\n" + after }},
	{"sentences re-ordered", 0.97, func(m *maker, a, _ doc) string { return m.shuffle(a.Text) }},
	{"two texts joined", 0.97, func(_ *maker, a, b doc) string { return a.Text + "\n" + b.Text }},
}

const (
	before = "You are reading this free of charge. Create an account to get our letter every morning, with the day's news and what the desk makes of it. " +
		"Already a reader? Sign in here. Share this page with a friend, or print it. Photo by our own staff. Listen to this article, read by a machine."
	after = "Read more about this in our dossier. Most read today. Most shared this week. Editor's choice. Follow us where you like to read. " +
		"Did you find a mistake in the text? Mark it and write to us, we shall mend it. All rights are with the publisher; no copying without leave in writing."
)

func part(text string, of int) string {
	w := strings.Fields(text)
	return strings.Join(w[:len(w)/of], " ")
}

func (m *maker) change(text string, share float64) string {
	w := strings.Fields(text)
	for i := range w {
		if m.rng.Float64() < share {
			w[i] = m.words[m.rng.IntN(len(m.words))]
		}
	}
	return strings.Join(w, " ")
}

func (m *maker) shuffle(text string) string {
	s := strings.SplitAfter(text, ". ")
	m.rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return strings.Join(s, " ")
}

// madeCopies gives all items of a corpus and then copies made of n of them, and
// returns precision and recall of each kind of making.
func madeCopies(tb testing.TB, docs []doc, n int) map[string]prf {
	m := &maker{rng: rand.New(rand.NewPCG(7, 7))}
	var long []doc
	for _, d := range docs {
		if w := strings.Fields(d.Text); len(w) >= 100 && len(w) <= 1500 {
			long = append(long, d)
			m.words = append(m.words, w[10:20]...)
		}
	}
	m.rng.Shuffle(len(long), func(i, j int) { long[i], long[j] = long[j], long[i] })
	n = min(n, len(long)/2)
	all := slices.Clone(docs)
	type made struct {
		doc
		kind string
		of   [2]string
	}
	var list []made
	last := docs[len(docs)-1].Time
	for _, kind := range makings {
		for i, a := range long[:n] {
			b := long[n+i]
			d := doc{
				ID: fmt.Sprintf("%s %d", kind.name, i), Source: fmt.Sprintf("maker %d of %s", i%40, kind.name), Lang: a.Lang, Time: last.Add(time.Minute),
				Title: strings.Join(strings.Fields(a.Text)[len(strings.Fields(a.Text))/2:][:6], " "), Text: kind.make(m, a, b),
			}
			of := [2]string{a.ID, a.ID}
			if kind.name == "two texts joined" {
				of[1] = b.ID
			}
			all = append(all, d)
			list = append(list, made{d, kind.name, of})
		}
	}
	r := runDocs(tb, all, fullText)
	out := map[string]prf{}
	for _, kind := range makings {
		var right, wrong, missed float64
		for _, d := range list {
			if d.kind != kind.name {
				continue
			}
			group := r.copies[d.ID]
			switch {
			case group == r.copies[d.of[0]] || group == r.copies[d.of[1]]:
				right++
			case r.kind[d.ID] == "copy" || r.kind[d.ID] == "same":
				wrong++
			default:
				missed++
			}
		}
		out[kind.name] = newPRF(right/max(1, right+wrong), right/(right+wrong+missed))
	}
	return out
}
