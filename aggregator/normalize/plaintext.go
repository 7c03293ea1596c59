package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// A textWriter gathers plain text: runs of white space become one space, and
// blocks stand on lines of their own.
type textWriter struct {
	b       strings.Builder
	pending byte // ' ' or '\n', to be written before the next character
}

// write adds characters. In preformatted text line breaks stay.
func (w *textWriter) write(s string, pre bool) {
	s = visible(s)
	from := -1
	for i, r := range s {
		if !unicode.IsSpace(r) {
			if from < 0 {
				w.flush()
				from = i
			}
			continue
		}
		if from >= 0 {
			w.b.WriteString(s[from:i])
			from = -1
		}
		if pre && r == '\n' {
			w.line()
		} else {
			w.gap()
		}
	}
	if from >= 0 {
		w.b.WriteString(s[from:])
	}
}

// visible returns a text without soft hyphens and spaces of no width, which say where
// a line may be broken, or not, and are no part of a word: with them it is another one.
func visible(s string) string {
	for _, mark := range [...]string{"\u00ad", "\u200b", "\u2060", "\ufeff"} {
		s = strings.ReplaceAll(s, mark, "") // of most texts nothing, at a glance
	}
	return s
}

func (w *textWriter) flush() {
	if w.pending != 0 && w.b.Len() > 0 {
		w.b.WriteByte(w.pending)
	}
	w.pending = 0
}

// line ends the line.
func (w *textWriter) line() { w.pending = '\n' }

// gap parts two words.
func (w *textWriter) gap() {
	if w.pending == 0 {
		w.pending = ' '
	}
}

func (w *textWriter) String() string { return w.b.String() }

// legalText drops what XML 1.0 does not allow (section 2.2), and gives bytes
// that are no UTF-8 the mark of replacement.
func legalText(s string) string {
	clean := utf8.ValidString(s)
	if clean {
		for i := 0; i < len(s); i++ {
			if c := s[i]; c < ' ' && c != '\t' && c != '\n' || c == 0xef && i+2 < len(s) && s[i+1] == 0xbf && s[i+2] >= 0xbe {
				clean = false
				break
			}
		}
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '\r' {
			return '\n'
		}
		if r < ' ' && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff || r >= 0xd800 && r < 0xe000 {
			return -1
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n"))
}

// paragraphs makes HTML of plain text: empty lines part paragraphs, other line
// breaks stay.
func paragraphs(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	if !strings.Contains(s, "\n") {
		return textEscaper.Replace(s)
	}
	var b strings.Builder
	for _, part := range strings.Split(s, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			b.WriteString("<p>")
			b.WriteString(strings.ReplaceAll(textEscaper.Replace(part), "\n", "<br>"))
			b.WriteString("</p>")
		}
	}
	return b.String()
}

// cut shortens s to at most n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// excerpt returns the head of a plain text in one line: at most n characters,
// cut between words, or where there are none between what readers see as characters,
// such as a face of several.
func excerpt(s string, n int) string {
	s = strings.ReplaceAll(cut(s, 4*n+utf8.UTFMax), "\n", " ") // enough for n of the longest
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	end, count, space := 0, 0, 0
	for i, r := range s {
		if count == n-1 { // one for the ellipsis
			end = i
			break
		}
		if r == ' ' {
			space = i
		}
		count++
	}
	if space > end/2 {
		end = space
	} else {
		end = boundary(s, end)
	}
	return strings.TrimRight(s[:end], " .,;:-–—") + "…"
}

// boundary returns the last place in a text, at end or before it, at which what readers
// see as one character ends, by the rules of Unicode (UAX 29).
func boundary(s string, end int) int {
	last := 0
	for seen := graphemes.FromString(s); seen.Next() && seen.End() <= end; {
		last = seen.End()
	}
	if last == 0 { // one character alone
		return end
	}
	return last
}
