package schedule

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A Rhythm is a parsed cron expression.
type Rhythm struct {
	Every time.Duration // of "@every"; 0: a calendar

	calendar *cron.SpecSchedule // by the wall clock, as if there were no daylight saving
	zone     *time.Location
	hourly   bool // the hour is a wildcard: every real hour counts
}

// star is set by the parser in a field that is a wildcard.
const star = 1 << 63

// Parse reads a cron expression: five fields, a descriptor such as @hourly, or
// @every with a duration, with CRON_TZ=ZONE before them (else UTC). 7 is Sunday
// as well as 0. For news.ScheduleAuto and the empty schedule it returns nil.
func Parse(expr string) (r *Rhythm, err error) {
	if expr == news.ScheduleAuto || expr == "" {
		return nil, nil
	}
	// The parser panics on some input.
	defer func() {
		if p := recover(); p != nil {
			r, err = nil, fmt.Errorf("schedule: %q cannot be read", expr)
		}
	}()
	zone, fields, err := cutZone(expr)
	if err != nil {
		return nil, err
	}
	if fields, err = sundays(fields); err != nil {
		return nil, err
	}
	parsed, err := cron.ParseStandard("CRON_TZ=UTC " + fields)
	if err != nil {
		return nil, fmt.Errorf("schedule: %q: %w", expr, err)
	}
	switch s := parsed.(type) {
	case cron.ConstantDelaySchedule:
		return &Rhythm{Every: s.Delay}, nil
	case *cron.SpecSchedule:
		return &Rhythm{calendar: s, zone: zone, hourly: s.Hour&star != 0}, nil
	}
	return nil, fmt.Errorf("schedule: %q is of no known kind", expr)
}

func cutZone(expr string) (*time.Location, string, error) {
	expr = strings.TrimSpace(expr)
	name, ok := strings.CutPrefix(expr, "CRON_TZ=")
	if !ok {
		if name, ok = strings.CutPrefix(expr, "TZ="); !ok {
			return time.UTC, expr, nil
		}
	}
	name, fields, _ := strings.Cut(name, " ")
	fields = strings.TrimSpace(fields)
	if name == "" || fields == "" {
		return nil, "", fmt.Errorf("schedule: %q has a zone and no time, or no zone", expr)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, "", fmt.Errorf("schedule: unknown time zone %q", name)
	}
	return zone, fields, nil
}

// weekdays are the names of days that the parser knows.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// sundays rewrites 7 in the weekday field, which crontab takes for Sunday and
// the parser refuses, into a list of days that the parser knows.
func sundays(expr string) (string, error) {
	if strings.HasPrefix(expr, "@") {
		return expr, nil
	}
	fields := strings.Fields(expr)
	if len(fields) != 5 {
		return "", fmt.Errorf("schedule: %q has %d fields instead of five: minute, hour, day, month, weekday", expr, len(fields))
	}
	parts := strings.Split(fields[4], ",")
	for i, part := range parts {
		span, stepText, stepped := strings.Cut(part, "/")
		from, to, ranged := strings.Cut(span, "-")
		if !ranged {
			to = from
		}
		if !isSeven(from) && !isSeven(to) {
			continue
		}
		first, err := strconv.Atoi(from)
		if day := slices.Index(weekdays, strings.ToLower(from)); day >= 0 {
			first, err = day, nil
		}
		step := 1
		if err == nil && stepped {
			step, err = strconv.Atoi(stepText)
		}
		if err != nil || first < 0 || first > 7 || !isSeven(to) || step < 1 {
			return "", fmt.Errorf("schedule: weekday %q cannot be read: write numbers from 0 to 7", part)
		}
		var days []string
		for d := first; d <= 7; d += step {
			days = append(days, strconv.Itoa(d%7))
		}
		parts[i] = strings.Join(days, ",")
	}
	fields[4] = strings.Join(parts, ",")
	return strings.Join(fields, " "), nil
}

// isSeven reports whether a weekday is written as 7, or as others write hours: 07.
func isSeven(day string) bool {
	n, err := strconv.Atoi(day)
	return err == nil && n == 7
}

// After returns the first run after t; zero if there is none in five years.
//
// The calendar runs by the wall clock. A run that falls into the hour that is
// left out in spring happens at its end. Of an hour that comes twice in autumn
// a run at a fixed hour happens the first time only; where the hour is a
// wildcard it means every real hour, and happens both times.
func (r *Rhythm) After(t time.Time) time.Time {
	if r.Every > 0 {
		return t.Add(r.Every)
	}
	wall := wallOf(t, r.zone)
	if r.hourly && offset(t.Add(-foldMax), r.zone) != offset(t.Add(foldMax), r.zone) {
		wall = wall.Add(-foldMax) // runs of the hour that came before may come again
	}
	var best time.Time
	for {
		wall = r.calendar.Next(wall)
		if wall.IsZero() {
			return best
		}
		first, second := instants(wall, r.zone)
		if first.After(t) && (best.IsZero() || first.Before(best)) {
			best = first
		}
		if r.hourly && second.After(t) && (best.IsZero() || second.Before(best)) {
			best = second
		}
		// No later wall clock time comes more than a fold before this one.
		if !best.IsZero() && (!r.hourly || first.After(best.Add(foldMax))) {
			return best
		}
		if !best.IsZero() && r.hourly && offset(best.Add(-foldMax), r.zone) == offset(best.Add(foldMax), r.zone) {
			return best
		}
	}
}

// perDay returns how often a rhythm runs a day, on average over the year from
// now: over its next runs a calendar would seem to spend more the nearer they are.
func (r *Rhythm) perDay(now time.Time) float64 {
	if r.Every > 0 {
		return toDays(day) / toDays(r.Every)
	}
	const year = 365
	midnights := *r.calendar // of the days on which it runs
	midnights.Hour, midnights.Minute = 1, 1
	today, days := wallOf(now, r.zone).Truncate(day), 0
	for at := today; ; at = at.Add(day) {
		if at = midnights.Next(at.Add(-time.Second)); at.IsZero() || !at.Before(today.Add(year*day)) {
			break
		}
		days++
	}
	runs := bits.OnesCount64(r.calendar.Minute&^star) * bits.OnesCount64(r.calendar.Hour&^star)
	return float64(runs) * float64(days) / year
}

// foldMax is longer than any clock has been put forward or back for the sake
// of daylight.
const foldMax = 3 * time.Hour

// wallOf returns what a clock in the zone shows, as a time in UTC.
func wallOf(t time.Time, zone *time.Location) time.Time {
	return t.UTC().Add(offset(t, zone))
}

func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// instants returns when a clock in the zone shows this time: twice where the
// hour comes twice, else both are the same; where it is left out, both are the
// instant at which the clock is put forward.
func instants(wall time.Time, zone *time.Location) (first, second time.Time) {
	before, after := offset(wall.Add(-day), zone), offset(wall.Add(day), zone)
	first, second = wall.Add(-before), wall.Add(-after)
	okFirst, okSecond := offset(first, zone) == before, offset(second, zone) == after
	switch {
	case okFirst && okSecond:
		if second.Before(first) {
			first, second = second, first
		}
	case okFirst:
		second = first
	case okSecond:
		first = second
	default:
		start, _ := first.In(zone).ZoneBounds()
		first, second = start.UTC(), start.UTC()
	}
	return first, second
}
