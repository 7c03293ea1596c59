package parse_test

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The expectations of feedparser's tests are Python expressions. This is the
// subset that they use: literals, names, subscripts, attributes, calls of len
// and of a few methods, comparisons, and, or, not.

// eitherWay is the value of bozo: our model says what was repaired, not whether
// another parser would have complained, so an expectation is free to say both.
type eitherWay struct{}

// outside is the value of what the model does not hold.
type outside struct{ what string }

func (o outside) Error() string { return o.what }

// texts is a value that may be written in several ways.
type texts []string

type pyParser struct {
	s    string
	pos  int
	env  map[string]any
	same func(a any, want string) bool // compares texts
}

// evalPython returns whether an expression holds. The error is outside if it
// speaks of something that the model does not hold.
func evalPython(s string, env map[string]any, same func(any, string) bool) (ok bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			if o, is := r.(outside); is {
				err = o
				return
			}
			err = fmt.Errorf("%v in %s", r, s)
		}
	}()
	p := &pyParser{s: s, env: env, same: same}
	v := p.or()
	p.skip()
	if p.pos < len(p.s) {
		return false, fmt.Errorf("expression ends early: %q", p.s[p.pos:])
	}
	return truth(v), nil
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case int64:
		return v != 0
	case string:
		return v != ""
	case texts:
		return len(v) > 0 && v[0] != ""
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	case outside:
		panic(v)
	}
	return true
}

func (p *pyParser) skip() {
	for p.pos < len(p.s) && strings.IndexByte(" \t\r\n\\", p.s[p.pos]) >= 0 {
		p.pos++
	}
}

// word takes a keyword.
func (p *pyParser) word(w string) bool {
	p.skip()
	rest := p.s[p.pos:]
	if !strings.HasPrefix(rest, w) || len(rest) > len(w) && identifier(rest[len(w)]) && identifier(w[len(w)-1]) {
		return false
	}
	p.pos += len(w)
	return true
}

func identifier(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (p *pyParser) or() any {
	v := p.and()
	for p.word("or") {
		w := p.and()
		if !truth(v) {
			v = w
		}
	}
	return v
}

func (p *pyParser) and() any {
	v := p.not()
	for p.word("and") {
		w := p.not()
		if _, free := v.(eitherWay); free || truth(v) {
			v = w
		}
	}
	return v
}

func (p *pyParser) not() any {
	if p.word("not") {
		v := p.not()
		if _, free := v.(eitherWay); free {
			return v
		}
		return !truth(v)
	}
	return p.comparison()
}

func (p *pyParser) comparison() any {
	v := p.sum()
	result, compared := true, false
	for {
		var ok bool
		var w any
		switch {
		case p.word("=="):
			w = p.sum()
			ok = p.equal(v, w)
		case p.word("!="):
			w = p.sum()
			ok = !p.equal(v, w)
		case p.word("is"):
			negate := p.word("not")
			w = p.sum()
			ok = p.equal(v, w) != negate
		case p.word("not"):
			p.must("in")
			w = p.sum()
			m, _ := w.(map[string]any)
			_, ok = m[str(v)]
			ok = !ok
		case p.word("in"):
			w = p.sum()
			m, _ := w.(map[string]any)
			_, ok = m[str(v)]
		default:
			if compared {
				return result
			}
			return v
		}
		result, compared, v = result && ok, true, w
	}
}

func str(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case texts:
		return v[0]
	}
	return fmt.Sprint(v)
}

func (p *pyParser) equal(v, w any) bool {
	if o, ok := v.(outside); ok {
		panic(o)
	}
	if o, ok := w.(outside); ok {
		panic(o)
	}
	switch want := w.(type) {
	case string:
		return p.same(v, want)
	case texts:
		return len(want) > 0 && p.same(v, want[0])
	case []any:
		have, ok := v.([]any)
		if !ok || len(have) < len(want) {
			return false
		}
		for i := range want {
			if !p.equal(have[i], want[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		have, ok := v.(map[string]any)
		if !ok {
			return len(want) == 0 && !truth(v)
		}
		for k, x := range want {
			if !p.equal(have[k], x) {
				return false
			}
		}
		return len(want) > 0 || len(have) == 0
	}
	return fmt.Sprint(v) == fmt.Sprint(w)
}

func (p *pyParser) sum() any {
	v := p.primary()
	for p.word("+") {
		v = str(v) + str(p.primary())
	}
	return v
}

func (p *pyParser) primary() any {
	v := p.atom()
	for {
		p.skip()
		switch {
		case p.word("["):
			v = p.subscript(v, p.or())
			p.must("]")
		case p.pos < len(p.s) && p.s[p.pos] == '.':
			p.pos++
			v = p.attribute(v, p.name())
		default:
			return v
		}
	}
}

func (p *pyParser) must(w string) {
	if !p.word(w) {
		panic("expected " + w + " at " + p.s[p.pos:])
	}
}

func (p *pyParser) name() string {
	start := p.pos
	for p.pos < len(p.s) && identifier(p.s[p.pos]) {
		p.pos++
	}
	return p.s[start:p.pos]
}

func (p *pyParser) subscript(v, key any) any {
	switch v := v.(type) {
	case map[string]any:
		x, ok := v[str(key)]
		if !ok {
			return outside{str(key)}
		}
		return x
	case []any:
		i, ok := key.(int64)
		if !ok || int(i) >= len(v) {
			return nil
		}
		return v[i]
	case outside:
		return v
	}
	return nil
}

func (p *pyParser) attribute(v any, name string) any {
	if !p.word("(") {
		return p.subscript(v, name)
	}
	var args []any
	for !p.word(")") {
		args = append(args, p.or())
		p.word(",")
	}
	switch name {
	case "get":
		x := p.subscript(v, args[0])
		if o, ok := x.(outside); ok && o.what == str(args[0]) {
			return nil
		}
		return x
	case "has_key":
		m, _ := v.(map[string]any)
		x, ok := m[str(args[0])]
		return ok && truth(x)
	case "startswith":
		return strings.HasPrefix(str(v), str(args[0]))
	}
	panic(outside{"method " + name})
}

func (p *pyParser) atom() any {
	p.skip()
	if p.pos == len(p.s) {
		panic("nothing")
	}
	c := p.s[p.pos]
	switch {
	case c == '(' || c == '[':
		return p.list(map[byte]string{'(': ")", '[': "]"}[c])
	case c == '{':
		return p.dict()
	case c == '\'' || c == '"':
		return p.literal()
	case c >= '0' && c <= '9' || c == '-':
		start := p.pos
		p.pos++
		for p.pos < len(p.s) && (p.s[p.pos] >= '0' && p.s[p.pos] <= '9' || p.s[p.pos] == '.') {
			p.pos++
		}
		if n, err := strconv.ParseInt(p.s[start:p.pos], 10, 64); err == nil {
			return n
		}
		f, _ := strconv.ParseFloat(p.s[start:p.pos], 64)
		return f
	}
	name := p.name()
	if (name == "u" || name == "b" || name == "r") && p.pos < len(p.s) && (p.s[p.pos] == '\'' || p.s[p.pos] == '"') {
		return p.literal()
	}
	switch name {
	case "":
		panic("unexpected " + p.s[p.pos:])
	case "None":
		return nil
	case "True", "False":
		return name == "True"
	case "len":
		p.must("(")
		v := p.or()
		p.must(")")
		switch v := v.(type) {
		case []any:
			return int64(len(v))
		case outside:
			panic(v)
		}
		return int64(len(str(v)))
	}
	v, ok := p.env[name]
	if !ok {
		panic(outside{name})
	}
	return v
}

func (p *pyParser) list(end string) any {
	p.pos++
	list := []any{}
	comma := end == "]"
	for !p.word(end) {
		list = append(list, p.or())
		comma = p.word(",") || comma
	}
	if !comma && len(list) == 1 {
		return list[0]
	}
	return list
}

func (p *pyParser) dict() any {
	p.pos++
	m := map[string]any{}
	for !p.word("}") {
		key := str(p.or())
		p.must(":")
		m[key] = p.or()
		p.word(",")
	}
	return m
}

// literal reads a string, and those that stand right behind it.
func (p *pyParser) literal() any {
	var b strings.Builder
	for {
		p.skip()
		if p.pos+1 < len(p.s) && p.s[p.pos] == 'u' && (p.s[p.pos+1] == '\'' || p.s[p.pos+1] == '"') {
			p.pos++
		}
		if p.pos == len(p.s) || p.s[p.pos] != '\'' && p.s[p.pos] != '"' {
			return b.String()
		}
		quote := p.s[p.pos : p.pos+1]
		if triple := strings.Repeat(quote, 3); strings.HasPrefix(p.s[p.pos:], triple) {
			quote = triple
		}
		p.pos += len(quote)
		for p.pos < len(p.s) && !strings.HasPrefix(p.s[p.pos:], quote) {
			if p.s[p.pos] != '\\' {
				r, n := utf8.DecodeRuneInString(p.s[p.pos:])
				b.WriteRune(r)
				p.pos += n
				continue
			}
			p.escape(&b)
		}
		p.pos += len(quote)
	}
}

func (p *pyParser) escape(b *strings.Builder) {
	width := map[byte]int{'x': 2, 'u': 4, 'U': 8}[p.s[p.pos+1]]
	if width == 0 {
		switch c := p.s[p.pos+1]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case '\n':
		case '\'', '"', '\\':
			b.WriteByte(c)
		default:
			b.WriteString(`\` + string(c))
		}
		p.pos += 2
		return
	}
	n, err := strconv.ParseUint(p.s[p.pos+2:p.pos+2+width], 16, 32)
	if err != nil {
		panic(err)
	}
	b.WriteRune(rune(n))
	p.pos += 2 + width
}
