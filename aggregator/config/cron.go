package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/wireroom/wireroom/aggregator/news"
)

// horizon is how far ahead a schedule must fire at least once.
const horizon = 366 * 24 * time.Hour

// maxFirings is how many firings of a schedule are looked at: two days of one
// a minute.
const maxFirings = 2 * 24 * 60

// A rhythm is what a cron expression comes to.
type rhythm struct {
	fault  fault         // why the expression cannot be used; zero: it can
	least  time.Duration // the shortest time between two firings
	perDay float64       // firings a day, on average
}

// A fault is what is wrong with a value, and its mend.
type fault struct{ message, mend string }

// A cronReader knows the rhythm of the expressions that it has seen: thousands
// of sources share a few.
type cronReader map[string]rhythm

// read returns the rhythm of an expression.
func (c cronReader) read(spec string) rhythm {
	r, ok := c[spec]
	if !ok {
		r = measure(spec)
		c[spec] = r
	}
	return r
}

// measure parses an expression and plays it from a fixed day, so that the same
// file is right or wrong on every day.
func measure(spec string) rhythm {
	schedule, wrong := parseCron(spec)
	if schedule == nil {
		return rhythm{fault: wrong}
	}
	// A leap year lies within the four years that follow, so 29 February is
	// looked for in the year that has it.
	start := time.Date(2027, time.March, 1, 0, 0, 0, 0, time.UTC)
	first := schedule.Next(start)
	if first.IsZero() || first.Sub(start) > horizon {
		return rhythm{fault: fault{"the schedule never fires within a year", "look at the day and the month: a day such as 30 or 31 February never comes"}}
	}
	r := rhythm{least: horizon}
	last, n := first, 1
	for next := first; n < maxFirings; n++ {
		next = schedule.Next(next)
		if next.IsZero() || next.Sub(start) > horizon {
			break
		}
		if !wall(schedule, next).After(wall(schedule, last)) {
			continue // of an hour that comes twice nothing runs the second time
		}
		r.least = min(r.least, next.Sub(last))
		last = next
	}
	r.perDay = float64(n) / max(last.Sub(start).Hours()/24, 1)
	return r
}

// wall is what a clock on the wall shows at t in the zone of a schedule.
func wall(schedule cron.Schedule, t time.Time) time.Time {
	if s, ok := schedule.(*cron.SpecSchedule); ok {
		t = t.In(s.Location)
	}
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// parseCron is cron.ParseStandard, which panics on some zones and tells little
// of what is wrong.
func parseCron(spec string) (schedule cron.Schedule, wrong fault) {
	defer func() {
		if r := recover(); r != nil {
			schedule, wrong = nil, fault{"the schedule cannot be read", "write five fields, such as */10 * * * *"}
		}
	}()
	rest := spec
	zone, hasZone := strings.CutPrefix(spec, "CRON_TZ=")
	if !hasZone {
		zone, hasZone = strings.CutPrefix(spec, "TZ=")
	}
	if hasZone {
		zone, rest, _ = strings.Cut(zone, " ")
		rest = strings.TrimSpace(rest)
		if _, err := time.LoadLocation(zone); err != nil || zone == "" {
			return nil, fault{fmt.Sprintf("there is no time zone %q", zone), "write a zone of the IANA list, such as CRON_TZ=Europe/Kyiv 0 6 * * *"}
		}
		if rest == "" {
			return nil, fault{"there is a time zone and no time", "write for example CRON_TZ=" + zone + " 0 6 * * *"}
		}
	} else {
		zone = "UTC"
	}
	if every, ok := strings.CutPrefix(rest, "@every "); ok {
		d, err := time.ParseDuration(strings.TrimSpace(every))
		if err != nil || d < time.Second || d > horizon {
			return nil, fault{fmt.Sprintf("%q is not a length of time between a second and a year", every), "write it in h, m and s, such as @every 20m, or @every 24h for a day"}
		}
	}
	if fields := strings.Fields(rest); !strings.HasPrefix(rest, "@") {
		if len(fields) != 5 {
			return nil, fault{fmt.Sprintf("a cron expression has five fields and this has %d", len(fields)), mendFields(fields)}
		}
		for i, field := range fields { // which the parser takes for all
			if strings.Contains(field, "*-") || strings.Contains(field, "?-") {
				return nil, fault{fmt.Sprintf("%s cannot be a %s", field, cronFields[i].name), cronFields[i].mend}
			}
		}
		// 7 is Sunday as well as 0, but not to the parser. Which day it is does
		// not matter here.
		fields[4] = strings.ReplaceAll(fields[4], "7", "6")
		rest = strings.Join(fields, " ")
	}
	schedule, err := cron.ParseStandard("CRON_TZ=" + zone + " " + rest)
	if err != nil {
		return nil, faultyField(rest)
	}
	return schedule, fault{}
}

// mendFields says what to do about a wrong number of fields.
func mendFields(fields []string) string {
	switch len(fields) {
	case 6, 7:
		return "leave out the seconds: minute hour day month weekday, such as */10 * * * *"
	case 1:
		if _, err := cron.ParseStandard("@" + fields[0]); err == nil {
			return fmt.Sprintf("did you mean \"@%s\"?", fields[0])
		}
		if d, err := time.ParseDuration(fields[0]); err == nil && d > 0 {
			return fmt.Sprintf("did you mean \"@every %s\"?", fields[0])
		}
		return "write auto, @hourly, @every 20m, or minute hour day month weekday such as */10 * * * *"
	}
	return "write minute hour day month weekday, such as */10 * * * *"
}

// cronFields are the fields of an expression, and what may stand in each.
var cronFields = []struct{ name, mend string }{
	{"minute", "a minute is 0-59, and */10 is every ten minutes"},
	{"hour", "an hour is 0-23, and 6-22 is every hour from six to ten in the evening"},
	{"day of the month", "a day of the month is 1-31"},
	{"month", "a month is 1-12 or jan-dec"},
	{"weekday", "a weekday is 0-7 or sun-sat; 0 and 7 are Sunday"},
}

// faultyField says which field of an expression cannot be read.
func faultyField(spec string) fault {
	if strings.HasPrefix(spec, "@") {
		return fault{"there is no such schedule", "write @hourly, @daily, @weekly, @monthly, @yearly or @every 20m"}
	}
	for i, field := range strings.Fields(spec) {
		alone := []string{"*", "*", "*", "*", "*"}
		alone[i] = field
		if _, err := cron.ParseStandard(strings.Join(alone, " ")); err != nil {
			return fault{fmt.Sprintf("%s cannot be a %s", field, cronFields[i].name), cronFields[i].mend}
		}
	}
	return fault{"the schedule cannot be read", "write minute hour day month weekday, such as */10 * * * *"}
}

// rhythm checks the times of a source.
func (l *loader) rhythm(path []string, s news.Source, cron cronReader) {
	if s.MinInterval > s.MaxInterval {
		l.report(l.setting(path, "min_interval", "max_interval"), fmt.Sprintf("min_interval %s is longer than max_interval %s", duration(s.MinInterval), duration(s.MaxInterval)), "raise max_interval or lower min_interval")
	}
	if s.MinAuto > s.MaxInterval {
		l.report(l.setting(path, "min_auto", "max_interval"), fmt.Sprintf("min_auto %s is longer than max_interval %s", duration(s.MinAuto), duration(s.MaxInterval)), "raise max_interval or lower min_auto")
	}
	if s.Schedule == news.ScheduleAuto {
		return
	}
	at := child(path, "schedule")
	switch r := cron.read(s.Schedule); {
	case r.fault != fault{}:
		l.report(l.inherited(at), fmt.Sprintf("%q: %s", s.Schedule, r.fault.message), r.fault.mend)
	case r.least < s.MinInterval:
		l.report(l.inherited(at), fmt.Sprintf("%q polls every %s, more often than min_interval %s allows", s.Schedule, duration(r.least), duration(s.MinInterval)),
			fmt.Sprintf("poll more seldom, or set min_interval: %s for this source", duration(r.least)))
	}
}

// setting returns the path of the first of a source's settings that the source has
// itself, or else of the default of the first.
func (l *loader) setting(path []string, keys ...string) []string {
	for _, key := range keys {
		if _, ok := l.places[pathKey(child(path, key))]; ok {
			return child(path, key)
		}
	}
	return l.inherited(child(path, keys[0]))
}

// inherited returns the path of a source's setting, or of the default that it
// was taken from.
func (l *loader) inherited(path []string) []string {
	if _, ok := l.places[pathKey(path)]; ok {
		return path
	}
	if def := []string{"defaults", path[len(path)-1]}; len(path) == 3 {
		if _, ok := l.places[pathKey(def)]; ok {
			return def
		}
	}
	return path
}

// crowded reports a host whose sources ask for more polls than the gap between
// two requests to it leaves room for.
func (l *loader) crowded(cron cronReader) {
	if l.config.HostGap <= 0 {
		return
	}
	perDay, names := map[string]float64{}, map[string][]string{}
	for _, s := range l.config.Sources {
		if s.Schedule != news.ScheduleAuto && s.URL != "" {
			perDay[s.Host()] += cron.read(s.Schedule).perDay
			names[s.Host()] = append(names[s.Host()], s.Name)
		}
	}
	room := float64(24*time.Hour) / float64(l.config.HostGap)
	for host, wanted := range perDay {
		if wanted > room {
			list := names[host]
			if len(list) > 5 {
				list = append(list[:5:5], fmt.Sprintf("%d more", len(names[host])-5))
			}
			every := time.Duration(float64(24*time.Hour)*float64(len(names[host]))/room).Truncate(time.Second) + time.Second
			l.report([]string{"sources", names[host][0], "schedule"}, fmt.Sprintf("the schedules of %s ask %s for %.0f polls a day, and a gap of %s between requests leaves room for %.0f", strings.Join(list, ", "), host, wanted, duration(l.config.HostGap), room),
				fmt.Sprintf("poll each every %s or more seldom, or use auto", duration(every)))
		}
	}
}
