package story

import (
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	enStops "github.com/kljensen/snowball/english"
	frStops "github.com/kljensen/snowball/french"
	huStops "github.com/kljensen/snowball/hungarian"
	noStops "github.com/kljensen/snowball/norwegian"
	ruStops "github.com/kljensen/snowball/russian"
	esStops "github.com/kljensen/snowball/spanish"
	svStops "github.com/kljensen/snowball/swedish"
)

// A stemming is how a language's folded words are stemmed, and which of them are
// function words. The stemmers are those of Snowball itself, which take a third of
// the time of kljensen's; of that come the lists of function words, which Snowball's
// lacks.
type stemming struct {
	stem func(*snowballstem.Env) bool
	stop func(word string) bool
}

var stemmings = map[string]stemming{
	"":   {english.Stem, enStops.IsStopWord},
	"en": {english.Stem, enStops.IsStopWord},
	"es": {spanish.Stem, esStops.IsStopWord},
	"fr": {french.Stem, frStops.IsStopWord},
	"hu": {hungarian.Stem, huStops.IsStopWord},
	"nb": {norwegian.Stem, noStops.IsStopWord},
	"nn": {norwegian.Stem, noStops.IsStopWord},
	"no": {norwegian.Stem, noStops.IsStopWord},
	"ru": {russian.Stem, ruStops.IsStopWord},
	"sv": {swedish.Stem, svStops.IsStopWord},
}

// stemmer returns how a language's folded words are stemmed, and whether one
// is a function word. A language without a stemmer of its own has its words cut
// to a prefix, which does most of a stemmer's work in any inflecting language.
func stemmer(language string) func(word string) (stem string, stop bool) {
	if s, ok := stemmings[language]; ok {
		env := snowballstem.NewEnv("")
		return func(w string) (string, bool) {
			env.SetCurrent(strings.ReplaceAll(w, "‘", "'")) // which within a word is an apostrophe mistyped
			s.stem(env)
			return env.Current(), s.stop(w)
		}
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
