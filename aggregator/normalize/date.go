package normalize

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A stated is a date as a source states it.
type stated struct {
	at   time.Time
	zone string // as written, such as "+03:30" or "EST"; empty: none, UTC was taken
}

// parseDate reads a date in any of the forms that feeds have: RFC 822 and its
// many mutations, ISO 8601 and RFC 3339, asctime, seconds since 1970, and
// dates for people in the languages of months. A date that can be read in two
// ways, or whose zone is not known, is not understood: a wrong instant is
// worse than none.
func parseDate(s string) (stated, bool) {
	s = westernDigits(strings.TrimSuffix(strings.TrimSpace(s), `\n`))
	if len(s) < 4 || len(s) > 128 {
		return stated{}, false
	}
	var p dateParser
	if !p.scan(s) {
		return stated{}, false
	}
	return p.result()
}

// A dateParser gathers the parts of a date.
type dateParser struct {
	numbers []dateNumber
	month   int // by name; 0: none
	monthAt int // how many numbers stood before the name
	weekday time.Weekday
	hasDay  bool // weekday is known

	clock      [3]int
	hasClock   bool
	nanos      int
	half       byte // 'a' or 'p' of a twelve-hour clock
	zone       string
	offset     int
	location   *time.Location
	hasZone    bool
	korean     bool
	monthFirst bool // evidence that the writer puts the month before the day
}

type dateNumber struct {
	value  int64 // of up to 14 digits, which an int of 32 bits does not hold
	digits int
	sep    byte // what stands before it: '-', '/', '.', ' ' or 0
}

// short is the value of a number of up to four digits.
func (n dateNumber) short() int { return int(n.value) }

// scan splits a date into its parts.
func (p *dateParser) scan(s string) bool {
	sep := byte(0)
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r >= '0' && r <= '9':
			n, ok := p.number(s, sep)
			if !ok {
				return false
			}
			s, sep = s[n:], 0
			continue
		case r == '(' || r == '[' || r == '（':
			remark, rest, closed := strings.Cut(s[size:], closing[r])
			if !closed {
				return false
			}
			if !p.hasZone { // a remark, unless nothing else names the zone
				p.namedZone(remark)
			}
			s = rest
			continue
		case (r == '+' || r == '-' || r == '\u2212') && p.hasClock && !p.hasNumericZone():
			n, ok := p.numericZone(s[size:], r == '+')
			if ok {
				s, sep = s[size+n:], 0
				continue
			}
			if n > 0 || r == '+' {
				return false
			}
		case unicode.IsLetter(r):
			n := wordLength(s)
			if !p.word(s[:n]) {
				return false
			}
			s, sep = s[n:], 0
			continue
		}
		switch r {
		case '-', '/', '.':
			sep = byte(r)
		case ' ', '\t', '\n', '\r', '\u00a0', '\u202f', ',', '|', '\u00b7', '\u2013', '\u2014', '@', ';', '\'', '\u2019', '\u00ba', '\u00aa':
			if sep == 0 {
				sep = ' '
			}
		default:
			return false
		}
		s = s[size:]
	}
	return true
}

// closing are the marks around remarks: of RFC 822, of Java's dates, and of those of
// East Asia, which tell the day of the week so.
var closing = map[rune]string{'(': ")", '[': "]", '（': "）"}

func (p *dateParser) hasNumericZone() bool {
	return p.zone != "" && (p.zone[0] == '+' || p.zone[0] == '-')
}

// wordLength returns the length of the word that s begins with; the names of
// regions have slashes within.
func wordLength(s string) int {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) && !(i > 0 && (r == '/' || r == '_') && i+1 < len(s) && s[i+1] > '9') {
			return i
		}
	}
	return len(s)
}

// number reads a number, or a time of day, at the start of s.
func (p *dateParser) number(s string, sep byte) (int, bool) {
	n := digits(s)
	if n > 14 {
		return 0, false
	}
	if n < len(s) && s[n] == ':' && n <= 2 && !p.hasClock {
		return p.time(s, atoi(s[:n]), n)
	}
	if n+2 < len(s) && n <= 2 && s[n] == 'h' && digits(s[n+1:]) == 2 && !p.hasClock { // "10h30"
		p.clock, p.hasClock = [3]int{atoi(s[:n]), atoi(s[n+1 : n+3])}, true
		return n + 3, true
	}
	if read := max(p.wordClock(s, n), p.dottedClock(s, n)); read > 0 {
		return read, true
	}
	if s[:n] == "0000" && p.hasClock && !p.hasZone { // an offset without its sign
		p.zone, p.hasZone = "+00:00", true
		return n, true
	}
	if len(p.numbers) == 4 {
		return 0, false
	}
	p.numbers = append(p.numbers, dateNumber{value(s[:n]), n, sep})
	return n, true
}

// time reads hours, minutes, seconds and fractions of a second.
func (p *dateParser) time(s string, hour, n int) (int, bool) {
	p.clock[0], p.hasClock = hour, true
	for part := 1; n < len(s) && s[n] == ':'; part++ {
		width := digits(s[n+1:])
		if part > 2 || width == 0 || width > 2 {
			return 0, false
		}
		p.clock[part] = atoi(s[n+1 : n+1+width])
		n += 1 + width
	}
	if n+1 < len(s) && (s[n] == '.' || s[n] == ',') {
		if width := digits(s[n+1:]); width > 0 {
			for i := 0; i < 9; i++ {
				p.nanos *= 10
				if i < width {
					p.nanos += int(s[n+1+i] - '0')
				}
			}
			n += 1 + width
		}
	}
	return n, true
}

// numericZone reads an offset behind its sign. A number of bytes above zero
// beside false says that what stands there is no offset at all.
func (p *dateParser) numericZone(s string, east bool) (int, bool) {
	n := digits(s)
	var hours, minutes int
	switch {
	case n == 4:
		hours, minutes = atoi(s[:2]), atoi(s[2:4])
	case n == 1 || n == 2:
		hours = atoi(s[:n])
		if n < len(s) && s[n] == ':' {
			width := digits(s[n+1:])
			if width != 2 {
				return 1, false
			}
			minutes = atoi(s[n+1 : n+3])
			n += 3
		}
	case n == 0:
		return 0, false
	default:
		return 1, false
	}
	if hours > 15 || minutes > 59 {
		return 1, false
	}
	p.offset = hours*3600 + minutes*60
	sign := "+"
	if !east {
		p.offset, sign = -p.offset, "-"
	}
	p.zone, p.hasZone, p.location = sign+two(hours)+":"+two(minutes), true, nil
	return n, true
}

// word takes in a name of a month, a day, a zone or a half of the day.
func (p *dateParser) word(w string) bool {
	key := fold(w)
	if m, ok := months[key]; ok && (p.month == 0 || len(p.numbers) == 0 || p.monthAt == 0 && !p.hasClock) {
		if p.month == 0 || !p.hasDay {
			p.month, p.monthAt = m, len(p.numbers)
			if day, ok := weekdays[key]; ok && len(p.numbers) == 0 {
				p.weekday = day
			}
			return true
		}
	}
	if day, ok := weekdays[key]; ok && !p.hasDay {
		p.weekday, p.hasDay = day, true
		return true
	}
	switch key {
	case "am", "a":
		if p.hasClock && p.half == 0 && !(key == "a" && p.clock[0] > 12) {
			p.half = 'a'
			return true
		}
	case "pm", "p":
		if p.hasClock && p.half == 0 {
			p.half = 'p'
			return true
		}
	case "m":
		if p.half != 0 { // of "a.m."
			return true
		}
	case "t":
		return len(p.numbers) > 0 && !p.hasClock
	case "오전":
		p.half, p.korean = 'a', true
		return true
	case "오후":
		p.half, p.korean = 'p', true
		return true
	case "午前", "上午":
		p.half = 'a'
		return true
	case "午後", "午后", "下午":
		p.half = 'p'
		return true
	case "년", "월", "일", "시", "분", "초":
		p.korean = true
		return p.marker(key)
	case "年", "月", "日":
		return p.marker(key)
	case "st", "nd", "rd", "th", "er", "o":
		return len(p.numbers) > 0
	}
	if fillers[key] && !(key == "at" && p.hasClock) { // behind a time, AT is Atlantic time
		return true
	}
	if len(p.numbers) == 0 && p.month == 0 && !p.hasClock {
		return true // a weekday in some language
	}
	return p.namedZone(w)
}

// marker takes the sign behind a number in East Asian dates. The order there
// is always year, month, day.
func (p *dateParser) marker(sign string) bool {
	if n := len(p.numbers); n > 0 && n <= 3 {
		p.numbers[n-1].sep = '-'
		return true
	}
	return sign == "시" || sign == "분" || sign == "초"
}

// namedZone takes in a zone by its abbreviation or its region.
func (p *dateParser) namedZone(w string) bool {
	if len(p.numbers) == 0 && !p.hasClock {
		return false
	}
	if strings.ContainsRune(w, '/') {
		location, err := time.LoadLocation(w)
		if err != nil {
			return false
		}
		p.location, p.zone, p.hasZone = location, strings.Clone(w), true
		return true
	}
	key := strings.ToUpper(w)
	if offset, ok := zones[key]; ok {
		if p.hasZone { // "-05:00Z", "+0000 GMT": the first one counts
			return true
		}
		p.offset, p.zone, p.hasZone = offset*60, strings.Clone(key), true
		if american[key] {
			p.monthFirst = true
		}
		return true
	}
	if region, ok := regions[key]; ok && !p.hasZone {
		location, err := time.LoadLocation(region)
		if err != nil {
			return false
		}
		p.location, p.zone, p.hasZone, p.monthFirst = location, strings.Clone(key), true, true
		return true
	}
	return false
}

// result makes an instant of the parts.
func (p *dateParser) result() (stated, bool) {
	if at, ok := p.bare(); ok {
		return at, true
	}
	if p.half != 0 {
		p.monthFirst = true
	}
	year, month, day, ok := p.date()
	if !ok || year < 1 || month < 1 || month > 12 || day < 1 || day > 31 {
		return stated{}, false
	}
	hour := p.clock[0]
	if p.half != 0 && hour <= 12 {
		hour %= 12
		if p.half == 'p' {
			hour += 12
		}
	}
	second := p.clock[2]
	if hour == 24 && p.clock[1] == 0 && second == 0 {
		hour = 0
		day++
	}
	if hour > 23 || p.clock[1] > 59 || second > 60 {
		return stated{}, false
	}
	location := p.location
	switch {
	case location != nil:
	case p.hasZone:
		location = time.FixedZone(p.zone, p.offset)
	case p.korean:
		location, p.zone = time.FixedZone("KST", 9*3600), "KST"
	default:
		location = time.UTC
	}
	if last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day(); day > last && !(p.clock[0] == 24 && day == last+1) {
		return stated{}, false
	}
	at := time.Date(year, time.Month(month), day, hour, p.clock[1], min(second, 59), p.nanos, location)
	return stated{at: at.UTC().Truncate(time.Second), zone: p.zone}, true
}

// bare reads a date that is one number: seconds or milliseconds since 1970, or
// year, month, day, and time without separators.
func (p *dateParser) bare() (stated, bool) {
	if len(p.numbers) == 2 && p.numbers[0].digits == 8 && p.numbers[1].digits == 6 && p.month == 0 && !p.hasClock { // "20230102T120000Z"
		p.numbers = []dateNumber{{p.numbers[0].value*1000000 + p.numbers[1].value, 14, 0}}
	}
	if len(p.numbers) == 2 && p.numbers[0].digits == 10 && p.numbers[1].sep == '.' { // "1672660800.25"
		p.numbers = p.numbers[:1]
	}
	if len(p.numbers) != 1 || p.month != 0 || p.hasClock {
		return stated{}, false
	}
	n := p.numbers[0]
	switch n.digits {
	case 9, 10:
		return stated{at: time.Unix(n.value, 0).UTC(), zone: "UTC"}, n.sep == 0
	case 13:
		return stated{at: time.UnixMilli(n.value).UTC().Truncate(time.Second), zone: "UTC"}, n.sep == 0
	case 14:
		p.hasClock = true
		p.clock = [3]int{int(n.value / 10000 % 100), int(n.value / 100 % 100), int(n.value % 100)}
		n.value /= 1000000
		n.digits = 8
	}
	if n.digits == 8 {
		p.numbers = []dateNumber{{n.value / 10000, 4, 0}, {n.value / 100 % 100, 2, '-'}, {n.value % 100, 2, '-'}}
	}
	if n.digits == 6 && n.sep == 0 {
		p.numbers = []dateNumber{{int64(century(int(n.value / 10000))), 4, 0}, {n.value / 100 % 100, 2, '-'}, {n.value % 100, 2, '-'}}
	}
	return stated{}, false
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// value is that of digits, of which there are up to 14.
func value(s string) int64 {
	n := int64(0)
	for i := 0; i < len(s); i++ {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}

// atoi is the value of few digits.
func atoi(s string) int { return int(value(s)) }

func two(n int) string { return string([]byte{'0' + byte(n/10), '0' + byte(n%10)}) }

// century gives a year of two digits its century, as RFC 2822 section 4.3 and
// POSIX do, with the pivot at 1969.
func century(year int) int {
	if year < 69 {
		return 2000 + year
	}
	return 1900 + year
}
