package store

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A state is read and written with every poll, most of which bring nothing else.
// encoding/json takes a tenth of such a poll for it; what is here writes the same
// bytes, and reads those. Whatever else it meets it leaves to encoding/json.

// A member is one of an object's: its name, and where its value is.
type member[T any] struct {
	name string
	at   func(*T) any
}

// In the order of the types, in which encoding/json writes them.
var (
	stateMembers = []member[news.State]{
		{"Source", func(s *news.State) any { return &s.Source }},
		{"URL", func(s *news.State) any { return &s.URL }},
		{"Validators", func(s *news.State) any { return &s.Validators }},
		{"BodyHash", func(s *news.State) any { return &s.BodyHash }},
		{"NextDue", func(s *news.State) any { return &s.NextDue }},
		{"LastPoll", func(s *news.State) any { return &s.LastPoll }},
		{"LastSuccess", func(s *news.State) any { return &s.LastSuccess }},
		{"LastNew", func(s *news.State) any { return &s.LastNew }},
		{"LastBody", func(s *news.State) any { return &s.LastBody }},
		{"Outcome", func(s *news.State) any { return (*string)(&s.Outcome) }},
		{"Status", func(s *news.State) any { return &s.Status }},
		{"Error", func(s *news.State) any { return &s.Error }},
		{"Mend", func(s *news.State) any { return &s.Mend }},
		{"Failures", func(s *news.State) any { return &s.Failures }},
		{"Blocks", func(s *news.State) any { return &s.Blocks }},
		{"RetryAt", func(s *news.State) any { return &s.RetryAt }},
		{"FreshUntil", func(s *news.State) any { return &s.FreshUntil }},
		{"ServerGap", func(s *news.State) any { return (*int64)(&s.ServerGap) }},
		{"SkipHours", func(s *news.State) any { return &s.SkipHours }},
		{"SkipDays", func(s *news.State) any { return &s.SkipDays }},
		{"RateN", func(s *news.State) any { return &s.RateN }},
		{"RateT", func(s *news.State) any { return &s.RateT }},
		{"WindowItems", func(s *news.State) any { return &s.WindowItems }},
		{"NotModified", func(s *news.State) any { return &s.NotModified }},
		{"Polls", func(s *news.State) any { return &s.Polls }},
		{"Pushes", func(s *news.State) any { return &s.Pushes }},
		{"Deltas", func(s *news.State) any { return &s.Deltas }},
		{"PageTries", func(s *news.State) any { return &s.PageTries }},
		{"Read", func(s *news.State) any { return &s.Seen }},
		{"SeenBy", func(s *news.State) any { return &s.SeenBy }},
		{"SeenAll", func(s *news.State) any { return &s.SeenAll }},
		{"Moved", func(s *news.State) any { return &s.Moved }},
		{"About", func(s *news.State) any { return &s.About }},
		{"Repairs", func(s *news.State) any { return &s.Repairs }},
		{"Schedule", func(s *news.State) any { return &s.Schedule }},
		{"ItemCount", func(s *news.State) any { return &s.ItemCount }},
		{"Rhythm", func(s *news.State) any { return &s.Rhythm }},
		{"RhythmDay", func(s *news.State) any { return &s.RhythmDay }},
		{"Events", func(s *news.State) any { return &s.Events }},
	}
	validatorsMembers = []member[news.Validators]{
		{"URL", func(v *news.Validators) any { return &v.URL }},
		{"ETag", func(v *news.Validators) any { return &v.ETag }},
		{"LastModified", func(v *news.Validators) any { return &v.LastModified }},
	}
	aboutMembers = []member[news.About]{
		{"Format", func(a *news.About) any { return &a.Format }},
		{"ID", func(a *news.About) any { return &a.ID }},
		{"Title", func(a *news.About) any { return &a.Title }},
		{"Link", func(a *news.About) any { return &a.Link }},
		{"Self", func(a *news.About) any { return &a.Self }},
		{"Hubs", func(a *news.About) any { return &a.Hubs }},
		{"Language", func(a *news.About) any { return &a.Language }},
		{"Icon", func(a *news.About) any { return &a.Icon }},
		{"Rights", func(a *news.About) any { return &a.Rights }},
		{"Updated", func(a *news.About) any { return &a.Updated }},
	}
)

// encodeState writes the JSON of a state behind b.
func encodeState(b []byte, s *news.State) ([]byte, error) { return appendObject(b, s, stateMembers) }

// decodeState reads the JSON of a state.
func decodeState(text []byte, s *news.State) error {
	was := *s
	if n, ok := readObject(text, s, stateMembers); ok && n == len(text) {
		return nil
	}
	*s = was
	return json.Unmarshal(text, s)
}

// appendObject writes an object without the members that are zero.
func appendObject[T any](b []byte, v *T, members []member[T]) ([]byte, error) {
	b = append(b, '{')
	start := len(b)
	for i := range members {
		m := &members[i]
		before := len(b)
		if before > start {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), m.name...), '"', ':')
		value := len(b)
		var err error
		if b, err = appendValue(b, m.at(v)); err != nil {
			return nil, err
		}
		if len(b) == value {
			b = b[:before] // it is zero
		}
	}
	return append(b, '}'), nil
}

// appendValue writes a value, and nothing if it is zero.
func appendValue(b []byte, v any) ([]byte, error) {
	switch p := v.(type) {
	case *string:
		if *p == "" {
			return b, nil
		}
		if plainText(*p) {
			return append(append(append(b, '"'), *p...), '"'), nil
		}
	case *time.Time:
		if p.IsZero() {
			return b, nil
		}
		b, err := p.AppendText(append(b, '"'))
		return append(b, '"'), err
	case *int:
		return appendNumber(b, int64(*p)), nil
	case *int64:
		return appendNumber(b, *p), nil
	case *bool:
		if *p {
			b = append(b, "true"...)
		}
		return b, nil
	case *[]int:
		if len(*p) > 0 {
			return appendNumbers(b, *p), nil
		}
	case *float64:
		if *p == 0 {
			return b, nil
		}
		if size := math.Abs(*p); size >= 1e-6 && size < 1e21 {
			return strconv.AppendFloat(b, *p, 'f', -1, 64), nil
		}
	case *news.Validators:
		return appendUnlessEmpty(b, p, validatorsMembers)
	case *news.About:
		return appendUnlessEmpty(b, p, aboutMembers)
	case *news.Move:
		if *p == (news.Move{}) {
			return b, nil
		}
	}
	text, err := json.Marshal(v)
	if err != nil || string(text) == "null" {
		return b, err
	}
	return append(b, text...), nil
}

func appendUnlessEmpty[T any](b []byte, v *T, members []member[T]) ([]byte, error) {
	before := len(b)
	b, err := appendObject(b, v, members)
	if err == nil && len(b) == before+len("{}") {
		b = b[:before]
	}
	return b, err
}

func appendNumber(b []byte, n int64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(b, n, 10)
}

func appendNumbers(b []byte, all []int) []byte {
	b = append(b, '[')
	for i, n := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']')
}

// plainText reports whether a text stands in JSON as it is.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

// readObject reads an object whose members are in their order, without space
// between them, and returns how long it is; ok is false for any other.
func readObject[T any](b []byte, v *T, members []member[T]) (n int, ok bool) {
	if !bytes.HasPrefix(b, []byte("{")) {
		return 0, false
	}
	for n = 1; ; n++ {
		if n == 1 && n < len(b) && b[n] == '}' {
			return n + 1, true
		}
		if n >= len(b) || b[n] != '"' {
			return 0, false
		}
		end := bytes.IndexByte(b[n+1:], '"')
		if end < 0 {
			return 0, false
		}
		name := b[n+1 : n+1+end]
		for len(members) > 0 && members[0].name != string(name) {
			members = members[1:]
		}
		if n += end + 2; len(members) == 0 || n >= len(b) || b[n] != ':' {
			return 0, false
		}
		size, ok := readValue(b[n+1:], members[0].at(v))
		if n += 1 + size; !ok || n >= len(b) {
			return 0, false
		}
		members = members[1:]
		if b[n] == '}' {
			return n + 1, true
		}
		if b[n] != ',' {
			return 0, false
		}
	}
}

// readValue reads the value that b begins with and returns how long it is.
func readValue(b []byte, v any) (n int, ok bool) {
	switch p := v.(type) {
	case *string:
		if len(b) == 0 || b[0] != '"' {
			return 0, false
		}
		*p, n, ok = quoted(b[1:])
		return n + 1, ok
	case *time.Time:
		n = sizeOfValue(b)
		return n, n > 0 && p.UnmarshalJSON(b[:n]) == nil
	case *int:
		n = sizeOfValue(b)
		i, err := strconv.Atoi(string(b[:n]))
		*p = i
		return n, err == nil
	case *int64:
		n = sizeOfValue(b)
		i, err := strconv.ParseInt(string(b[:n]), 10, 64)
		*p = i
		return n, err == nil
	case *[]int:
		return readNumbers(b, p)
	case *news.Validators:
		return readObject(b, p, validatorsMembers)
	case *news.About:
		return readObject(b, p, aboutMembers)
	}
	n = sizeOfValue(b)
	return n, n > 0 && json.Unmarshal(b[:n], v) == nil
}

// readNumbers reads a list of numbers.
func readNumbers(b []byte, all *[]int) (n int, ok bool) {
	n = sizeOfValue(b)
	if n < len("[0]") || b[0] != '[' || b[n-1] != ']' {
		return n, n > 0 && json.Unmarshal(b[:n], all) == nil
	}
	list := b[1 : n-1]
	*all = make([]int, 0, 1+bytes.Count(list, []byte(",")))
	for text := range bytes.SplitSeq(list, []byte(",")) {
		i, err := strconv.Atoi(string(text))
		if err != nil {
			return 0, false
		}
		*all = append(*all, i)
	}
	return n, true
}

// sizeOfValue returns how long the value is that b begins with, 0 if it has no end
// there.
func sizeOfValue(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return 0
}
