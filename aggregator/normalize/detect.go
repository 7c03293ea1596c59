package normalize

import (
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
)

const enoughText = 600 // bytes that tell a language

// detect returns the language that a text is most probably in, or nothing if
// that is not sure: a wrong language would file the item wrongly. The small
// words decide, where there are enough of them; they cost a fiftieth of
// comparing trigrams, which decides the rest.
func detect(text string) string {
	text = strings.TrimSpace(cut(text, enoughText))
	if len(text) < 40 {
		return ""
	}
	if language, ok := bySmallWords(text); ok {
		return language
	}
	info := whatlanggo.Detect(text)
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}

// smallWords are words that stand in nearly every sentence of a language. Those
// that several of these languages share count for each of them.
var smallWords = map[string]string{
	"en": "the of and to in is that for on with as was by at it from be are this has have his an not or will which but were their",
	"de": "der die das und ist den von zu mit sich des auf für nicht im dem ein eine als auch es an werden aus er hat dass sie nach wird bei",
	"fr": "le la les de des et en du un une est que dans pour qui au sur par plus pas ce avec il sont aux cette ses",
	"es": "de la que el en y los del se las por un para con no una su al lo como más pero sus este entre ha fue",
	"pt": "de que e o da do em um para com não uma os no se na por mais as dos como mas ao das à foi são pela",
	"it": "di che è la il un per in non una con del si dei da alla più le della sono nel gli ha anche al delle",
	"nl": "de het een van en in is dat op te zijn voor met die niet aan er om ook als bij naar uit door heeft worden",
	"sv": "och i att det som en på är av för med den till inte har de ett om var från kan efter vid",
	"pl": "w i na z się do że nie o jest to po od za jak przez dla oraz są które roku przy także",
	"cs": "a v na se je že z do to s o i pro ve jako by za po jeho které který podle ale také",
	"tr": "ve bir bu da de için ile olarak çok daha olan gibi sonra kadar olduğunu ise ancak en",
	"ru": "и в не на с что по как к за из о для от это его до был но он при года также после",
	"uk": "і в на не що з до у та за про від як це для його при року після також є",
}

// wordLanguages says in which of those languages a word is a small one.
var wordLanguages = func() map[string][]string {
	table := map[string][]string{}
	for language, words := range smallWords {
		for _, w := range strings.Fields(words) {
			table[w] = append(table[w], language)
		}
	}
	return table
}()

// bySmallWords counts the small words of each language. It is sure when one
// language has at least six, which are an eighth of all words, and no other
// has two thirds as many; or, in a short text, three against one.
func bySmallWords(text string) (string, bool) {
	counts := map[string]int{}
	words := 0
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		words++
		for _, language := range wordLanguages[w] {
			counts[language]++
		}
	}
	best, second := "", 0
	for language, n := range counts {
		switch {
		case n > counts[best]:
			best, second = language, max(second, counts[best])
		default:
			second = max(second, n)
		}
	}
	n := counts[best]
	return best, n*8 >= words && (n >= 6 && second*3 < n*2 || n >= 3 && second*3 <= n)
}
