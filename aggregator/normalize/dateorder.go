package normalize

import "time"

// date makes year, month and day of the numbers.
func (p *dateParser) date() (year, month, day int, ok bool) {
	n := p.numbers
	if len(n) > 0 && n[len(n)-1].sep == 0 && len(n) > 3 {
		return 0, 0, 0, false
	}
	if p.month != 0 {
		return p.namedMonth()
	}
	switch len(n) {
	case 1: // a year alone
		if n[0].digits == 4 && n[0].sep == 0 {
			return n[0].short(), 1, 1, !p.hasClock
		}
	case 2: // year and month
		if n[0].digits == 4 && n[1].sep == '-' && n[1].digits <= 2 {
			return n[0].short(), n[1].short(), 1, !p.hasClock
		}
		if n[0].digits == 4 && n[1].sep == '-' && n[1].digits == 3 { // ISO 8601: the day of the year
			at := time.Date(n[0].short(), 1, n[1].short(), 0, 0, 0, 0, time.UTC)
			return n[0].short(), int(at.Month()), at.Day(), at.Year() == n[0].short()
		}
		// ISO 8601:1988 left out the century: "-03-12", "-0312".
		if n[0].sep == '-' && n[0].digits == 2 && n[1].sep == '-' && n[1].digits == 2 {
			return century(n[0].short()), n[1].short(), 1, !p.hasClock
		}
	case 3:
		return p.threeNumbers()
	}
	if len(n) == 1 && n[0].sep == '-' && n[0].digits == 4 {
		return century(n[0].short() / 100), n[0].short() % 100, 1, !p.hasClock
	}
	return 0, 0, 0, false
}

// namedMonth reads day and year beside a month by name.
func (p *dateParser) namedMonth() (year, month, day int, ok bool) {
	n := p.numbers
	switch len(n) {
	case 1: // month and year: "Nov. 2020"
		return n[0].short(), p.month, 1, n[0].digits == 4 && !p.hasClock
	case 2:
		if n[0].digits >= 3 { // the year stands first
			return n[0].short(), p.month, n[1].short(), n[0].digits == 4 && n[1].digits <= 2
		}
		if n[0].digits > 2 {
			return 0, 0, 0, false
		}
		switch n[1].digits {
		case 4:
			return n[1].short(), p.month, n[0].short(), true
		case 2:
			return century(n[1].short()), p.month, n[0].short(), true
		}
	}
	return 0, 0, 0, false
}

// threeNumbers reads a date without a name for its month. The order of day and
// month is taken from what stands beside them: a weekday, a number above
// twelve, a twelve-hour clock or an American zone, dots or hyphens, which go
// with the day first. Where all of that is missing the order is not known.
func (p *dateParser) threeNumbers() (year, month, day int, ok bool) {
	a, b, c := p.numbers[0], p.numbers[1], p.numbers[2]
	if a.digits > 2 && a.digits != 4 || b.digits > 2 || b.sep == 0 || c.sep == 0 {
		return 0, 0, 0, false
	}
	if a.digits == 4 {
		return a.short(), b.short(), c.short(), c.digits <= 2
	}
	if c.digits != 4 && c.digits != 2 {
		return 0, 0, 0, false
	}
	if c.digits == 2 && b.sep == '-' && c.sep == '-' { // "03-12-31"
		return century(a.short()), b.short(), c.short(), true
	}
	year = c.short()
	if c.digits == 2 {
		year = century(year)
	}
	dayFirst, monthFirst := b.short() <= 12, a.short() <= 12
	if dayFirst && monthFirst && a.short() != b.short() {
		switch {
		case p.hasDay:
			dayFirst = time.Date(year, time.Month(b.short()), a.short(), 0, 0, 0, 0, time.UTC).Weekday() == p.weekday
			monthFirst = time.Date(year, time.Month(a.short()), b.short(), 0, 0, 0, 0, time.UTC).Weekday() == p.weekday
			if dayFirst == monthFirst {
				return 0, 0, 0, false
			}
		case p.monthFirst:
			dayFirst = false
		case b.sep == '/':
			return 0, 0, 0, false
		}
	}
	switch {
	case dayFirst:
		return year, b.short(), a.short(), true
	case monthFirst:
		return year, a.short(), b.short(), true
	}
	return 0, 0, 0, false
}
