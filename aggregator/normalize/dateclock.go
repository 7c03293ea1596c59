package normalize

import "strings"

// wordClocks are the words that stand behind the hours of a time, each with
// those that stand behind its minutes and seconds.
var wordClocks = []struct{ hour, minute, second string }{
	{"時", "分", "秒"}, {"时", "分", "秒"}, {"點", "分", "秒"}, {"点", "分", "秒"}, {"시", "분", "초"},
}

// wordClock reads a time of day whose parts are followed by words, such as
// "10時30分45秒", at the start of s, of which the first n bytes are the hours.
// It returns the length of what it read; 0: it is none.
func (p *dateParser) wordClock(s string, n int) int {
	if p.hasClock || n > 2 {
		return 0
	}
	for _, w := range wordClocks {
		if !strings.HasPrefix(s[n:], w.hour) {
			continue
		}
		p.clock, p.hasClock = [3]int{atoi(s[:n])}, true
		n += len(w.hour)
		for part, word := range []string{w.minute, w.second} {
			rest := strings.TrimLeft(s[n:], " ")
			d := digits(rest)
			if d == 0 || d > 2 || !strings.HasPrefix(rest[d:], word) {
				break
			}
			p.clock[part+1] = atoi(rest[:d])
			n = len(s) - len(rest) + d + len(word)
		}
		return n
	}
	return 0
}

// dottedClock reads a time of day that is written with dots, such as
// "10.30.45", at the start of s, of which the first n bytes are the hours. It
// is one only where the date is complete. It returns the length of what it
// read; 0: it is none.
func (p *dateParser) dottedClock(s string, n int) int {
	dated := len(p.numbers) == 3 || p.month != 0 && len(p.numbers) == 2
	if !dated || p.hasClock || n == 0 || n > 2 {
		return 0
	}
	clock := [3]int{atoi(s[:n])}
	part := 1
	for ; part < 3 && n < len(s) && s[n] == '.' && digits(s[n+1:]) == 2; part++ {
		clock[part] = atoi(s[n+1 : n+3])
		n += 3
	}
	if part == 1 {
		return 0
	}
	p.clock, p.hasClock = clock, true
	return n
}

// westernDigits returns a date with the digits of Arabic, Persian and Indian
// scripts, and those of full width, as ASCII.
func westernDigits(s string) string {
	return strings.Map(func(r rune) rune {
		for _, zero := range []rune{'٠', '۰', '०', '০', '０'} {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		return r
	}, s)
}
