package story

import (
	"hash/fnv"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// A rule is how some other program tells that two items are the same; it is
// run on what our own is run on. features are computed once an item.
type rule struct {
	name  string
	match func(a, b *features) bool
}

// features are what the rules of others look at.
type features struct {
	url, title string
	trigrams   map[string]bool // of the title
	words      map[string]bool // of the title
	simhash    uint64          // of the words of title and text
	shingles   map[string]bool // four words of the text each
}

func featuresOf(d doc, text string) *features {
	f := &features{url: d.URL, title: strings.Join(fields(d.Title), " ")}
	f.trigrams, f.words, f.shingles = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, w := range fields(d.Title) {
		f.words[w] = true
		padded := []rune("  " + w + " ") // as pg_trgm does
		for i := range len(padded) - 2 {
			f.trigrams[string(padded[i:i+3])] = true
		}
	}
	all := fields(text)
	for i := range max(0, len(all)-3) {
		f.shingles[strings.Join(all[i:i+4], " ")] = true
	}
	var sum [64]int
	for _, w := range append(fields(d.Title), all...) {
		h := fnv.New64a()
		h.Write([]byte(w))
		for bit, v := 0, h.Sum64(); bit < 64; bit++ {
			sum[bit] += int(v>>bit&1)*2 - 1
		}
	}
	for bit, n := range sum {
		if n > 0 {
			f.simhash |= 1 << bit
		}
	}
	return f
}

func fields(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

func inBoth(a, b map[string]bool) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	n := 0
	for k := range a {
		if b[k] {
			n++
		}
	}
	return float64(n)
}

func jaccard(a, b map[string]bool) float64 {
	both := inBoth(a, b)
	if both == 0 {
		return 0
	}
	return both / (float64(len(a)+len(b)) - both)
}

// contained is the share of the shorter that is in the longer.
func contained(a, b map[string]bool) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	return inBoth(a, b) / float64(min(len(a), len(b)))
}

// others are the rules that other programs use, or that are usually proposed.
func others() []rule {
	return []rule{
		{"exact link", func(a, b *features) bool { return a.url != "" && a.url == b.url }},
		{"exact title", func(a, b *features) bool { return a.title != "" && a.title == b.title }},
		{"tt-rss: title trigrams ≥ 0.75", func(a, b *features) bool { return jaccard(a.trigrams, b.trigrams) >= 0.75 }},
		{"NewsBlur: title words ≥ 0.6", func(a, b *features) bool { return contained(a.words, b.words) >= 0.6 }},
		{"SimHash of words, distance ≤ 3", func(a, b *features) bool { return bits.OnesCount64(a.simhash^b.simhash) <= 3 }},
		{"MinHash Jaccard ≥ 0.8 of 4-word shingles", func(a, b *features) bool { return jaccard(a.shingles, b.shingles) >= 0.8 }},
		{"containment ≥ 0.5 of 4-word shingles", func(a, b *features) bool { return contained(a.shingles, b.shingles) >= 0.5 }},
	}
}

// clustersBy joins all items that a rule of titles says are the same, each to
// each; candidates are those that share a word.
func clustersBy(r rule, list []*features) []string {
	parent := make([]int, len(list))
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	byWord := map[string][]int{}
	for i, f := range list {
		tried := map[int]bool{}
		for _, w := range slices.Sorted(maps.Keys(f.words)) {
			for _, j := range byWord[w] {
				if !tried[j] {
					tried[j] = true
					if find(i) != find(j) && r.match(f, list[j]) {
						parent[find(i)] = find(j)
					}
				}
			}
			byWord[w] = append(byWord[w], i)
		}
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = string(rune(find(i)))
	}
	return out
}

// cosines returns the TF-IDF cosine of pairs of items, over all words: the
// rule that is usually proposed for stories, with hindsight of all items.
func cosines(docs []doc, text func(doc) string, pairs []pair) map[pair]float64 {
	count := map[string]float64{}
	terms := map[string]map[string]float64{}
	for _, d := range docs {
		tf := map[string]float64{}
		for _, w := range append(fields(d.Title+" "+d.Title), fields(text(d))...) {
			tf[w]++
		}
		for w := range tf {
			count[w]++
		}
		terms[d.ID] = tf
	}
	vector := func(id string) (map[string]float64, float64) {
		v, sum := map[string]float64{}, 0.0
		for w, n := range terms[id] {
			v[w] = math.Sqrt(n) * math.Log(float64(len(docs)+1)/count[w])
			sum += v[w] * v[w]
		}
		return v, math.Sqrt(sum)
	}
	out := map[pair]float64{}
	for _, p := range pairs {
		a, la := vector(p.A)
		b, lb := vector(p.B)
		product := 0.0
		for w, x := range a {
			product += x * b[w]
		}
		out[p] = product / math.Max(la*lb, 1e-9)
	}
	return out
}
