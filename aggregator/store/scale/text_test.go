package scale

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// words are made up, a few thousand, of syllables.
var words = func() []string {
	syllables := strings.Fields("ba ce di fo gu ha ji ko lu ma ne pi ro su ta ve wi xo yu za bre cla dro fli gra")
	var all []string
	for _, a := range syllables {
		for _, b := range syllables {
			for _, c := range []string{"", "n", "r", "st", "l", "nd", "m", "t"} {
				all = append(all, a+b+c)
			}
		}
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}()

// text makes the n-th item of a source: about 1 KB of plain text, in which a
// few words are common and most are rare. Every eighth is a copy of another
// source's.
func text(source string, n int, at time.Time) news.Item {
	seed := uint64(n)
	for _, r := range source {
		seed = seed*131 + uint64(r)
	}
	if n%8 == 7 {
		seed = uint64(n)*7919 + uint64(at.Unix()/3600)
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	var body strings.Builder
	for i := range 160 {
		k := int(float64(len(words)) * rng.Float64() * rng.Float64() * rng.Float64())
		body.WriteString(words[k])
		if i%12 == 11 {
			body.WriteString(". ")
		} else {
			body.WriteByte(' ')
		}
	}
	plain := strings.TrimSpace(body.String())
	id := fmt.Sprintf("https://%s.example/%07d", source, n)
	return news.Item{
		Source: source, ID: id, GUID: id, URL: id, Canonical: id, Title: title(rng), HTML: "<p>" + plain + "</p>", Text: plain,
		Excerpt: plain[:200], Language: "en", Published: at.Add(-time.Minute), FirstSeen: at, Fetched: at, Dated: true,
		Aliases: []string{"alias of " + id}, Hash: fmt.Sprintf("%032x", rng.Uint64()),
	}
}

func title(rng *rand.Rand) string {
	var all []string
	for range 8 {
		all = append(all, words[rng.IntN(len(words))])
	}
	return strings.Join(all, " ")
}
