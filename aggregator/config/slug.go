package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

var slugForm = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// fold brings a name to the form in which two of them are the same to a user,
// a file system and a browser: NFKC and case folding. The lower case after it
// is for the letters whose folding is not its own folding, such as Cherokee.
func fold(name string) string {
	return norm.NFKC.String(strings.ToLower(cases.Fold().String(norm.NFKC.String(name))))
}

// IsName reports whether a source or a topic may have that name.
func IsName(name string) bool { return slugForm.MatchString(name) }

// Slug makes a name for a source or a topic of a text: lower-case letters,
// digits and hyphens, at most 64. It is empty if the text has no such letter.
func Slug(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(fold(text)) {
		if b.Len() >= 63 {
			break
		}
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			gap = false
		case r < 0x300 || r > 0x36f: // accents vanish, all else parts words
			gap = true
		}
	}
	return b.String()
}

// names checks the keys of a mapping of sources or topics and returns them
// sorted.
func names[T any](l *loader, kind string, all map[string]T) []string {
	keys := slices.Sorted(maps.Keys(all))
	folded := map[string]string{}
	for _, name := range keys {
		path := []string{kind, name}
		if other, ok := folded[fold(name)]; ok {
			l.report(path, fmt.Sprintf("the name %q is the same as %q but for case or form of letters", name, other), "choose another name")
			continue
		}
		folded[fold(name)] = name
		if slugForm.MatchString(name) {
			continue
		}
		mend := "a name is 1 to 64 lower-case letters a-z, digits and hyphens"
		if slug := Slug(name); slug != "" {
			mend += ", such as " + slug
		}
		l.report(path, fmt.Sprintf("the name %q cannot be part of an address", name), mend)
	}
	return keys
}
