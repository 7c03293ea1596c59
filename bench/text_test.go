package bench

import (
	"hash/fnv"
	"html"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
)

// common are the words that a third of any English text is made of.
var common = strings.Fields(`the of and to in a is for on that with said was as it by at from has be have an he are
	will their were this which they would been more who but not had its after one about his also than or two over people
	new there first when up out into could other year all last some government time if can what no so most years she now
	against during before three police between while did under president city since where only made many state world
	country part week those against being told group work through per made`)

// words is how many words the language has, and picks the size of the table by
// which one is drawn.
const (
	words = 40_000
	picks = 1 << 16
)

// A language draws words by Zipf's law, as every language has them. The common
// ones are English, so that it is taken for that; the rest is invented.
type language struct {
	word []string
	pick [picks]uint16
}

// theLanguage is the one that all feeds are written in.
var theLanguage = sync.OnceValue(newLanguage)

func newLanguage() *language {
	rng := rand.New(rand.NewPCG(7, 7))
	l := &language{word: append([]string(nil), common...)}
	onsets := strings.Fields("b c d f g h l m n p r s t v w br cl dr fl gr pl sh st th tr")
	vowels := strings.Fields("a e i o u ai ea ou")
	codas := strings.Fields("n r s t l nd rt st ck m ng")
	taken := map[string]bool{}
	for len(l.word) < words {
		var b strings.Builder
		for range 2 + rng.IntN(2) {
			b.WriteString(onsets[rng.IntN(len(onsets))] + vowels[rng.IntN(len(vowels))])
		}
		b.WriteString(codas[rng.IntN(len(codas))])
		if w := b.String(); !taken[w] {
			taken[w] = true
			l.word = append(l.word, w)
		}
	}
	var sum float64
	weight := func(i int) float64 { return 1 / math.Pow(float64(i)+2.7, 1.05) }
	for i := range l.word {
		sum += weight(i)
	}
	rank, upTo := 0, weight(0)/sum
	for i := range l.pick {
		for float64(i)/picks > upTo && rank < words-1 {
			rank++
			upTo += weight(rank) / sum
		}
		l.pick[i] = uint16(rank)
	}
	return l
}

func (l *language) draw(rng *rand.Rand) string { return l.word[l.pick[rng.Uint32()%picks]] }

// telling draws a word that stands in few texts: names, places, matters.
func (l *language) telling(rng *rand.Rand) string {
	return l.word[len(common)+500+rng.IntN(words-len(common)-500)]
}

// An event is what a report is about: a handful of telling words that it
// comes back to.
type event []string

func (l *language) event(seed uint64) event {
	rng := rand.New(rand.NewPCG(seed, 1))
	e := make(event, 9)
	for i := range e {
		e[i] = l.telling(rng)
	}
	return e
}

// randOf is the source of chance of a named feed's entry.
func randOf(name string, n int) *rand.Rand {
	h := fnv.New64a()
	io.WriteString(h, name)
	return rand.New(rand.NewPCG(h.Sum64(), uint64(n)))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// title is a headline of 6 to 11 words, some of them of the event.
func (l *language) title(rng *rand.Rand, e event) string {
	var b strings.Builder
	for i := range 6 + rng.IntN(6) {
		word := l.draw(rng)
		if i%2 == 0 {
			word = e[rng.IntN(len(e))]
		}
		if i == 0 {
			word = capital(word)
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

// sentence is about 18 words, one in six of them of the event.
func (l *language) sentence(b *strings.Builder, rng *rand.Rand, e event) {
	for i := range 10 + rng.IntN(16) {
		word := l.draw(rng)
		if rng.IntN(6) == 0 {
			word = e[rng.IntN(len(e))]
		}
		switch {
		case i == 0:
			word = capital(word)
		case rng.IntN(12) == 0:
			b.WriteString(", ")
		default:
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	b.WriteString(". ")
}

// body is a report of about size bytes of HTML, as content systems write it.
func (l *language) body(rng *rand.Rand, e event, size int) string {
	var b strings.Builder
	b.Grow(size + 512)
	if rng.IntN(3) == 0 {
		b.WriteString(`<figure><img src="https://img.example/` + e[0] + `.jpg" alt="` + capital(e[1]) + `" width="800" height="450"><figcaption>` + capital(e[1]) + ` &amp; ` + e[2] + `</figcaption></figure>`)
	}
	for b.Len() < size {
		b.WriteString("<p>")
		for range 2 + rng.IntN(3) {
			l.sentence(&b, rng, e)
			switch rng.IntN(8) {
			case 0:
				b.WriteString(`<a href="https://www.` + e[3] + `.example/` + e[4] + `?utm_source=feed">` + e[4] + ` ` + e[5] + `</a> `)
			case 1:
				b.WriteString("<strong>" + e[6] + "</strong> ")
			case 2:
				b.WriteString("&ldquo;" + l.draw(rng) + " " + l.draw(rng) + "&rdquo; ")
			}
		}
		b.WriteString("</p>\n")
	}
	return b.String()
}

// teaser is the first words of a report, as a summary.
func (l *language) teaser(rng *rand.Rand, e event) string {
	var b strings.Builder
	l.sentence(&b, rng, e)
	return html.EscapeString(strings.TrimSpace(b.String()))
}
