package normalize

import (
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// itemLanguage returns the language of an item: as configured for its source,
// as the entry or its texts state, as the feed states, as the text looks.
func (n *normalizer) itemLanguage(e *news.Entry, title, text string) string {
	for _, tag := range []string{n.src.Language, e.Content.Language, e.Summary.Language, e.Title.Language, e.Language} {
		if strings.EqualFold(tag, undetermined) {
			return detect(title + "\n" + text)
		}
		if tag = languageOf(tag); tag != "" {
			return tag
		}
	}
	if n.language != "" {
		return n.language
	}
	return detect(title + "\n" + text)
}

// undetermined is the tag of a text whose language is said to be unknown.
const undetermined = "und"

// languageOf brings a BCP 47 tag to its usual form: language, script, region.
// What is no such tag is nothing.
func languageOf(tag string) string {
	parts := strings.FieldsFunc(tag, func(r rune) bool { return r == '-' || r == '_' || r == ' ' })
	if len(parts) == 0 || !letters(parts[0]) || len(parts[0]) < 2 || len(parts[0]) > 3 {
		return ""
	}
	out := strings.Clone(strings.ToLower(parts[0])) // a part of a document would keep all of it
	if out == undetermined || out == "mul" || out == "zxx" || out == "xx" {
		return ""
	}
	if modern, ok := renamed[out]; ok {
		out = modern
	}
	for _, part := range parts[1:] {
		switch {
		case len(part) == 4 && letters(part):
			out += "-" + strings.ToUpper(part[:1]) + strings.ToLower(part[1:])
		case len(part) == 2 && letters(part):
			return out + "-" + strings.ToUpper(part)
		case len(part) == 3 && digits(part) == 3:
			return out + "-" + part
		}
	}
	return out
}

// renamed are codes of ISO 639 that were given up.
var renamed = map[string]string{"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "rus": "ru", "ita": "it", "por": "pt"}

func letters(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}
