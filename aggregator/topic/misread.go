package topic

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// misreadings are ways of writing a term that mean something elsewhere and
// would be passed over in silence here: the words around them would be looked
// for one after another.
var misreadings = []struct {
	pattern *regexp.Regexp // its first group is what is at fault
	problem string         // %s stands for it
}{
	{regexp.MustCompile(`(?:^|\s)(AND|&&)(?:\s|$)`), "%s is no operator: write the words under match.all, one term each; in quotes if the word itself is meant"},
	{regexp.MustCompile(`(?:^|\s)(OR|\|\|?)(?:\s|$)`), "%s is no operator: write the words under match.any, one term each; in quotes if the word itself is meant"},
	{regexp.MustCompile(`(?:^|\s)(NOT)(?:\s|$)`), "%s is no operator: write what must not be there under match.none; in quotes if the word itself is meant"},
	{regexp.MustCompile(`(?:^|\s)([-!]+)\p{L}`), "%s excludes nothing here: write the term under match.none, without it"},
	{regexp.MustCompile(`(?:^|\s)(\++)\p{L}`), "%s means nothing here: write the term under match.all, without it"},
	{regexp.MustCompile(`\p{L}(\|)\p{L}`), "%s means nothing here: write the words under match.any, one term each, or a regular expression, as in /a|b/"},
	{regexp.MustCompile(`([,;])(?:\s|$)`), "%s does not part terms: write them as a list, such as [talks, summit]; leave it out of a phrase"},
	{regexp.MustCompile(`[\p{L}\p{N}](\*+)[\p{L}\p{N}]`), "%s stands at the beginning or at the end of a word only; a name with one is written in quotes, such as '\"M*A*S*H\"'"},
	{regexp.MustCompile(`(?:^|\s)(\*+)(?:\s|$)`), "%s stands at the beginning or at the end of a word, as in sanction*"},
	{regexp.MustCompile(`[\p{L}\p{N}](\?+)[\p{L}\p{N}]`), "%s stands for no letter here: write a regular expression, as in /wom[ae]n/i"},
}

// misread returns what is at fault in the words of a term, which begins after
// a field; nil if nothing. What stands in quotes is taken as it is written.
func misread(words string) *flaw {
	parts := strings.Split(words, `"`)
	if len(parts)%2 == 0 {
		return &flaw{utf8.RuneCountInString(words[:strings.LastIndex(words, `"`)]),
			`a quote is opened and not closed: write "…" around what is to be found as written`}
	}
	offset := 0
	for i, part := range parts {
		if i%2 == 1 && (strings.HasPrefix(part, "*") || strings.HasSuffix(part, "*")) {
			return &flaw{offset, "in quotes a word is found as it is written, and * stands for nothing: leave the quotes out, or the star"}
		}
		for _, m := range misreadings {
			if at := m.pattern.FindStringSubmatchIndex(part); at != nil && i%2 == 0 {
				return &flaw{offset + utf8.RuneCountInString(part[:at[2]]), fmt.Sprintf(m.problem, part[at[2]:at[3]])}
			}
		}
		offset += utf8.RuneCountInString(part) + 1
	}
	return nil
}
