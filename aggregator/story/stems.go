package story

import (
	"strings"

	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/french"
	"github.com/kljensen/snowball/hungarian"
	"github.com/kljensen/snowball/norwegian"
	"github.com/kljensen/snowball/russian"
	"github.com/kljensen/snowball/spanish"
	"github.com/kljensen/snowball/swedish"
)

// stemmer returns how a language's folded words are stemmed, and whether one
// is a function word. A language without a stemmer of its own has its words cut
// to a prefix, which does most of a stemmer's work in any inflecting language.
func stemmer(language string) func(word string) (stem string, stop bool) {
	switch language {
	case "en", "":
		return func(w string) (string, bool) { return english.Stem(w, true), english.IsStopWord(w) }
	case "ru":
		return func(w string) (string, bool) { return russian.Stem(w, true), russian.IsStopWord(w) }
	case "fr":
		return func(w string) (string, bool) { return french.Stem(w, true), french.IsStopWord(w) }
	case "es":
		return func(w string) (string, bool) { return spanish.Stem(w, true), spanish.IsStopWord(w) }
	case "sv":
		return func(w string) (string, bool) { return swedish.Stem(w, true), swedish.IsStopWord(w) }
	case "no", "nb", "nn":
		return func(w string) (string, bool) { return norwegian.Stem(w, true), norwegian.IsStopWord(w) }
	case "hu":
		return func(w string) (string, bool) { return hungarian.Stem(w, true), hungarian.IsStopWord(w) }
	}
	stops := functionWords[language]
	return func(w string) (string, bool) {
		if language == "ar" {
			w = strings.TrimPrefix(strings.TrimPrefix(w, "و"), "ال")
		}
		return prefix(w, prefixRunes), strings.Contains(stops, " "+w+" ")
	}
}

// prefixRunes is the length to which words without a stemmer are cut.
const prefixRunes = 7

func prefix(w string, runes int) string {
	if len(w) <= runes {
		return w
	}
	for i := range w {
		if runes == 0 {
			return w[:i]
		}
		runes--
	}
	return w
}

// functionWords are the commonest function words of languages without a
// stemmer. They only help an index that has seen little: what is common in the
// window weighs nothing in any language.
var functionWords = map[string]string{
	"de": " der die das und in zu den von mit ist des auf für im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über ",
	"it": " di e il la che in a per un una è del della dei le i con non si da sono al alla nel anche come più lo gli ha ma ",
	"pt": " de a o e que do da em um uma para com não os as no na por mais dos das se ao foi como à pelo pela ",
	"nl": " de het een van en in is dat op te voor met zijn aan niet die er om door over ook als bij naar uit nog wordt ",
	"pl": " w i na z do się nie że o jest to od po za jak przez dla oraz są było ",
	"uk": " в у на і й та з що не до за про від як для це по із але або був була ",
	"bg": " на и в за от да се с е по че са не като при до със във след ще ",
	"ar": " في من على إلى عن أن مع هذا هذه التي الذي بعد كان ما لا قد بين كما أو ",
	"tr": " ve bir bu için ile da de olarak olan daha en çok gibi sonra kadar ",
}
