package story

import (
	"regexp"
	"strings"
)

// maxCaption is how far into a paragraph, in bytes, the credit of a picture's
// caption may stand.
const maxCaption = 600

var (
	// What closes a caption: "(AP Photo/A. Name, File)", "(Photo: Agency/Name)",
	// "REUTERS/A. Name/File Photo", "A. Name/Getty Images", "© AFP".
	credit = regexp.MustCompile(`\((?:[^()\n]{0,40}[ /])?(?:Photo|Foto|Image|Фото|фото)[ :/][^()\n]{0,80}\)` +
		`|(?:REUTERS|Reuters)/\p{Lu}[\p{L}.-]*(?: \p{Lu}[\p{L}.-]*){0,3}(?:/File Photo)?` +
		`|[\p{L}.]/Getty Images|Getty Images\s*$`)
	creditLine = regexp.MustCompile(`^\s*(?:Фото|Photo|Foto|Image)(?: by)?\s*[:：/][^\n]{0,100}$`)
	// What may stand behind it.
	rights = regexp.MustCompile(`^[\s.]*(?:ASSOCIATED PRESS)?\s*(?:(?:Copyright|©)[^.\n]{0,60}\.(?:\s*All rights reserved\.)?(?:\s*This material may not be [^.\n]{0,80}\.)?)?`)
	// A text without any of these has no credits.
	creditWords = []string{"Photo", "Foto", "Image", "Фото", "фото", "REUTERS/", "Reuters/"}
)

// uncaptioned takes the captions of pictures out of a text, which every outlet
// puts in other places and most leave out. Every line is a paragraph.
func uncaptioned(text string) string {
	if !containsAny(text, creditWords) {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !containsAny(line, creditWords) {
			b.WriteString(line)
			continue
		}
		if creditLine.MatchString(strings.TrimRight(line, "\r\n")) {
			continue
		}
		end := 0
		for _, m := range credit.FindAllStringIndex(line, -1) {
			if m[0] <= maxCaption+end {
				end = m[1] + len(rights.FindString(line[m[1]:]))
			}
		}
		b.WriteString(line[end:])
	}
	if strings.TrimSpace(b.String()) == "" {
		return text // the captions are all that there is
	}
	return b.String()
}

func containsAny(s string, list []string) bool {
	for _, word := range list {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}
