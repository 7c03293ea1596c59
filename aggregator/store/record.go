package store

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A record is what is packed of one: the item and the number of its revision.
type record struct {
	Revision int `json:"revision"`
	*news.Item
}

// A longText is a member of an object in JSON that is a long text: its name, with
// what is around it where it is not the first, and where the text goes. Within a
// text no quote stands alone, so that the name is found as it is.
type longText struct {
	name string
	to   *string
}

// decode reads the JSON of a record, which it may write over.
func (r *record) decode(text []byte) error {
	return decodeLong(text, r, longText{`,"html":"`, &r.HTML}, longText{`,"summary":"`, &r.Summary},
		longText{`,"text":"`, &r.Text}, longText{`,"excerpt":"`, &r.Excerpt})
}

// decodeLong reads JSON, which it may write over. Its long texts, most of it, are
// cut out first: encoding/json looks at each byte twice, and copies a text twice.
// They follow each other, and are no longer looked for where the first is not.
func decodeLong(text []byte, v any, long ...longText) error {
	start := bytes.Index(text, []byte(long[0].name))
	if start < 0 {
		return json.Unmarshal(text, v)
	}
	rest := text[start:]
	for _, l := range long {
		if !bytes.HasPrefix(rest, []byte(l.name)) {
			continue
		}
		value, n, ok := quoted(rest[len(l.name):])
		if !ok {
			return json.Unmarshal(text, v)
		}
		*l.to, rest = value, rest[len(l.name)+n:]
	}
	return json.Unmarshal(append(text[:start], rest...), v)
}

// quoted reads a JSON string behind its first quote, and says where what follows
// it begins. It knows all that the encoder writes; ok is false for anything else.
func quoted(b []byte) (value string, next int, ok bool) {
	end := 0
	for {
		i := bytes.IndexByte(b[end:], '"')
		if i < 0 {
			return "", 0, false
		}
		end += i
		before := end
		for before > 0 && b[before-1] == '\\' {
			before--
		}
		if (end-before)%2 == 0 {
			break
		}
		end++
	}
	var out strings.Builder
	for raw := b[:end]; ; {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			if out.Len() == 0 {
				return string(raw), end + 1, true
			}
			out.Write(raw)
			return out.String(), end + 1, true
		}
		if out.Cap() == 0 {
			out.Grow(len(raw))
		}
		out.Write(raw[:i])
		r, size := unescaped(raw[i+1:])
		if size == 0 {
			return "", 0, false
		}
		out.WriteRune(r)
		raw = raw[i+1+size:]
	}
}

// escapes are the letters that stand for a character behind a backslash.
var escapes = [128]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescaped returns the character for which stands what follows a backslash, and
// the size of that; 0: it is not one that the encoder writes.
func unescaped(b []byte) (rune, int) {
	switch {
	case len(b) == 0 || b[0] >= utf8.RuneSelf:
		return 0, 0
	case escapes[b[0]] != 0:
		return rune(escapes[b[0]]), 1
	case b[0] != 'u' || len(b) < 5:
		return 0, 0
	}
	n, err := strconv.ParseUint(string(b[1:5]), 16, 16)
	if r := rune(n); err == nil && utf8.ValidRune(r) { // else one half of a pair
		return r, 5
	}
	return 0, 0
}
