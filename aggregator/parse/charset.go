package parse

import (
	"bytes"
	"mime"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// utf8Name is the charset of what needs no decoding.
const utf8Name = "utf-8"

// marks are the first bytes that give a Unicode encoding away: byte order
// marks, then a "<" or "{" in wide characters (XML 1.0 appendix F.1). Longer
// ones stand before those that they begin with.
var marks = []struct {
	bytes string
	name  string
}{
	{"\x00\x00\xfe\xff", "utf-32be"}, {"\xff\xfe\x00\x00", "utf-32le"},
	{"\xfe\xff", "utf-16be"}, {"\xff\xfe", "utf-16le"}, {"\xef\xbb\xbf", utf8Name},
	{"\x00\x00\x00<", "utf-32be"}, {"<\x00\x00\x00", "utf-32le"},
	{"\x00<", "utf-16be"}, {"<\x00", "utf-16le"},
	{"\x00\x00\x00{", "utf-32be"}, {"{\x00\x00\x00", "utf-32le"},
	{"\x00{", "utf-16be"}, {"{\x00", "utf-16le"},
	{"\x4c\x6f\xa7\x94", "ibm037"},
}

// encodings are those that the index of HTML leaves out.
var encodings = map[string]encoding.Encoding{
	"utf-32be": utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM),
	"utf-32le": utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM),
	"utf-16be": unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	"utf-16le": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	"ibm037":   charmap.CodePage037, "cp037": charmap.CodePage037, "ebcdic-cp-us": charmap.CodePage037,
	"cp1047": charmap.CodePage1047, "cp437": charmap.CodePage437, "ibm437": charmap.CodePage437,
	"cp850": charmap.CodePage850, "ibm850": charmap.CodePage850, "cp852": charmap.CodePage852,
	"cp855": charmap.CodePage855, "cp858": charmap.CodePage858, "cp860": charmap.CodePage860,
	"cp862": charmap.CodePage862, "cp863": charmap.CodePage863, "cp865": charmap.CodePage865,
	"mac_roman": charmap.Macintosh,
	// As programs call what the index has under other names.
	"cp932": japanese.ShiftJIS, "sjis-win": japanese.ShiftJIS, "eucjp": japanese.EUCJP, "eucjp-win": japanese.EUCJP,
	"cp936": simplifiedchinese.GBK, "cp950": traditionalchinese.Big5, "ms949": korean.EUCKR, "uhc": korean.EUCKR,
	"koi8r": charmap.KOI8R, "windows1251": charmap.Windows1251, "win-1251": charmap.Windows1251, "latin-1": charmap.Windows1252,
}

// decodeBytes returns the characters of a document and the name of the charset
// that they were in. It never gives up: first come signs in the bytes, then
// UTF-8 if the bytes are valid in it, whatever is declared, or so nearly valid that
// it is no chance; then what the server says, what the document says, what the bytes
// look like, and at last windows-1252.
func decodeBytes(body []byte, contentType string, note func(detail string)) (string, string) {
	for _, m := range marks {
		if bytes.HasPrefix(body, []byte(m.bytes)) {
			return fromMark(body, m.name)
		}
	}
	stated := charsetOf(contentType)
	declared := declaration(body)
	if bytes.Contains(body, []byte("\x1b$")) && ascii(body) { // ISO 2022 changes to wide characters
		if text, name, ok := decodeAs(body, "iso-2022-jp"); ok {
			return text, name
		}
	}
	if utf8.Valid(body) {
		if name := first(stated, declared); name != "" && !isUTF8(name) && ascii(body) {
			if text, name, ok := decodeAs(body, name); ok && markedUp(text) {
				return text, name
			}
		}
		if declared != "" && note != nil && !isUTF8(declared) && !ascii(body) {
			note("declared as " + clip(declared, 40) + ", but valid UTF-8")
		}
		return characters(body), utf8Name
	}
	mostly, stray, several := mostlyUTF8(body)
	nearly := func() (string, string) {
		if note != nil {
			note("bytes that are not UTF-8 were read as windows-1252")
		}
		return mostly, utf8Name
	}
	if stray*4 <= several || stray < several && !legacyName(stated) && !legacyName(declared) {
		return nearly()
	}
	if weak[strings.ToLower(stated)] && declared != "" && !isUTF8(declared) {
		stated = declared
	}
	script, language := byRuns(body), languageOf(body)
	for _, name := range []string{stated, declared} {
		if weak[strings.ToLower(name)] && (script != "" || wide[language]) {
			continue // no text in that script can be in it
		}
		if weak[strings.ToLower(name)] && legacy[language] != "" {
			if note != nil {
				note("declared as " + clip(name, 40) + ", which has not all letters of its language; read as " + legacy[language])
			}
			name = legacy[language]
		}
		if isUTF8(name) || name == "" {
			continue
		}
		if text, name, ok := decodeAs(body, name); ok && markedUp(text) {
			return text, name
		}
	}
	if stray <= several { // and nobody says anything else
		return nearly()
	}
	text, name, ok := decodeAs(body, first(script, likeliest(sample(body)), legacy[language], "windows-1252"))
	if !ok {
		text, name, _ = decodeAs(body, "windows-1252")
	}
	if note != nil {
		note("not UTF-8, read as " + name)
	}
	return text, name
}

// markedUp reports whether a text can be a document. What is said to be in a charset of
// wide characters, or in EBCDIC, and is not, has no markup when it is read as that.
func markedUp(text string) bool { return strings.ContainsAny(text, "<{") }

// weak are charsets that servers state without looking.
var weak = map[string]bool{"iso-8859-1": true, "latin1": true, "us-ascii": true, "ascii": true}

// legacyName reports whether a charset is named that nobody states without meaning it.
func legacyName(name string) bool {
	return name != "" && !isUTF8(name) && !weak[strings.ToLower(name)]
}

func isUTF8(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return name == "utf-8" || name == "utf8" || name == "utf_8" || name == "u8"
}

// characters returns the bytes of a document as they are, without a copy of them:
// what an answer brought is written by nobody. A document may have 64 MB.
func characters(body []byte) string { return unsafe.String(unsafe.SliceData(body), len(body)) }

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

func fromMark(body []byte, name string) (string, string) {
	if name == utf8Name {
		body = body[3:]
		if utf8.Valid(body) {
			return characters(body), name
		}
		text, _, _ := mostlyUTF8(body)
		return text, name
	}
	text, _, _ := decodeAs(body, name)
	return strings.TrimPrefix(text, "\ufeff"), name
}

// decodeAs decodes a document in a named charset, if the name is known.
func decodeAs(body []byte, name string) (text, canonical string, ok bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	enc, known := encodings[name]
	canonical = name
	if !known {
		found, err := htmlindex.Get(strings.ReplaceAll(name, "_", "-"))
		if err != nil {
			if found, err = htmlindex.Get(name); err != nil {
				if found, err = htmlindex.Get(strings.ReplaceAll(strings.ReplaceAll(name, "_", "-"), "cp", "windows-")); err != nil {
					return "", "", false
				}
			}
		}
		if canonical, err = htmlindex.Name(found); err != nil {
			canonical = name
		}
		if canonical == utf8Name || strings.HasPrefix(canonical, "utf-16") || canonical == "replacement" {
			return "", "", false // the bytes have no sign of it
		}
		enc = found
	}
	out, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return "", "", false
	}
	return strings.ToValidUTF8(string(out), "\ufffd"), canonical, true
}

// mostlyUTF8 reads UTF-8 with some stray bytes of windows-1252 in it, such as what is
// left of a character that was cut. It returns how many bytes were stray, and how many
// characters had several: of a text in another charset more than three times as many
// bytes are stray, but of a line or two chance decides.
func mostlyUTF8(body []byte) (text string, stray, several int) {
	var b strings.Builder
	b.Grow(len(body) + 16)
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		if r == utf8.RuneError && n == 1 {
			stray++
			r = charmap.Windows1252.DecodeByte(body[0])
		} else if n > 1 {
			several++
		}
		b.WriteRune(r)
		body = body[n:]
	}
	return b.String(), stray, several
}

var xmlDeclaration = regexp.MustCompile(`^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']?\s*([A-Za-z0-9._:\-]+)`)

// declaration returns the charset of the XML declaration.
func declaration(body []byte) string {
	if m := xmlDeclaration.FindSubmatch(body[:min(len(body), 1024)]); m != nil {
		return string(m[1])
	}
	return ""
}

// charsetOf returns the charset of a Content-Type.
func charsetOf(contentType string) string {
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		return params["charset"]
	}
	if _, rest, ok := strings.Cut(strings.ToLower(contentType), "charset="); ok {
		name, _, _ := strings.Cut(rest, ";")
		return strings.Trim(name, `"' `)
	}
	return ""
}

// legalOnly returns s without the characters that XML 1.0 does not allow.
func legalOnly(s string) string {
	s, _, _ = clean(s)
	return s
}

// clean drops the characters that XML 1.0 does not allow, and reads the control
// characters between 128 and 159, which no text means, as windows-1252. It
// returns how many of each there were.
func clean(s string) (text string, dropped, moved int) {
	dirty := false
	for i := 0; i < len(s) && !dirty; i++ {
		for i+8 < len(s) && harmless(s[i:i+8]) {
			i += 8
		}
		c := s[i]
		if c >= ' ' && c != 0xc2 && c != 0xef { // nearly all
			continue
		}
		switch {
		case c == 0xc2:
			dirty = i+1 < len(s) && s[i+1] < 0xa0
		case c == 0xef:
			dirty = i+2 < len(s) && s[i+1] == 0xbf && s[i+2] >= 0xbe
		default:
			dirty = c != '\t' && c != '\n' && c != '\r'
		}
	}
	if !dirty {
		return s, 0, 0
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case !legal(r):
			dropped++
			return -1
		case r >= 0x80 && r < 0xa0:
			moved++
			return charmap.Windows1252.DecodeByte(byte(r))
		}
		return r
	}, s)
	return text, dropped, moved
}

// harmless reports whether none of eight bytes is a control character or begins one of
// the characters that clean looks for. It is one look at all of them, which are nearly
// always harmless.
func harmless(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	a, b := x^0xc2*ones, x^0xef*ones // a byte of them is zero where x has that byte
	return ((x-' '*ones)&^x|(a-ones)&^a|(b-ones)&^b)&highs == 0
}

// half is a reference to the first half of a character beyond the 65,536 that UTF-16
// has in one, followed by one to the second; in HTML within XML they are escaped.
var half = regexp.MustCompile(`&(?:amp;)?#(?:5[56][0-9]{3}|x[dD][89abAB][0-9a-fA-F]{2});&(?:amp;)?#(?:5[67][0-9]{3}|x[dD][c-fC-F][0-9a-fA-F]{2});`)

// whole returns a document in which references to the halves of characters, as
// programs write them that escape UTF-16, are the characters, and how many there were.
// XML allows no reference to a half.
func whole(s string) (text string, joined int) {
	if !inSequence(s) {
		return s, 0 // for the expression to look at each reference would take longer than all the rest
	}
	text = half.ReplaceAllStringFunc(s, func(pair string) string {
		_, first, _ := strings.Cut(pair, "#")
		first, second, _ := strings.Cut(first, "#")
		if r := utf16.DecodeRune(number(first), number(second)); r != utf8.RuneError {
			joined++
			return string(r)
		}
		return pair
	})
	return text, joined
}

// inSequence reports whether a reference that may be to a second half follows another
// reference; those of Korean, whose numbers begin with 5 too, end before.
func inSequence(s string) bool {
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], '#')
		if n < 0 {
			return false
		}
		i += n
		if number := s[i+1:]; strings.HasPrefix(number, "56") || strings.HasPrefix(number, "57") || strings.HasPrefix(number, "xd") || strings.HasPrefix(number, "xD") {
			if before := s[:i]; strings.HasSuffix(before, ";&") || strings.HasSuffix(before, ";&amp;") {
				return true
			}
		}
	}
}

// number reads the number of a reference, up to its semicolon.
func number(s string) rune {
	s, _, _ = strings.Cut(s, ";")
	n, _ := strconv.ParseInt(strings.Replace(s, "x", "0x", 1), 0, 32)
	return rune(n)
}
