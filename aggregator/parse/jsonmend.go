package parse

import "strings"

// rightJSON returns JSON without what templates get wrong that write it by hand: line
// breaks and tabs within a text, a backslash that escapes nothing, a comma behind the last
// of a list. All else stays as it is.
func rightJSON(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/64)
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && c == ',':
			if rest := strings.TrimLeft(s[i+1:], " \t\r\n"); strings.HasPrefix(rest, "]") || strings.HasPrefix(rest, "}") {
				continue
			}
		case !quoted:
		case c == '\n':
			b.WriteString(`\n`)
			continue
		case c == '\r':
			b.WriteString(`\r`)
			continue
		case c == '\t':
			b.WriteString(`\t`)
			continue
		case c == '\\':
			n := escapeAt(s[i:])
			b.WriteString(s[i : i+n])
			if i += max(n, 1) - 1; n > 0 || strings.HasPrefix(s[i:], `\'`) {
				continue
			}
			b.WriteByte(c) // twice, as text
		}
		b.WriteByte(c)
	}
	return b.String()
}

// escapeAt returns the length of the escape that s, which begins with a backslash, begins
// with, or 0.
func escapeAt(s string) int {
	switch {
	case len(s) < 2:
		return 0
	case strings.IndexByte(`"\/bfnrt`, s[1]) >= 0:
		return 2
	case s[1] == 'u' && len(s) >= 6 && numeric("x"+s[2:6]):
		return 6
	}
	return 0
}
