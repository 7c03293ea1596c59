package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/schedule"
)

// A forecast is what polling by a configuration is expected to come to, by what
// is known of how often its sources publish.
type forecast struct {
	Sources   int           `json:"sources"`
	Unknown   int           `json:"unknown"` // sources that were never polled
	PerDay    float64       `json:"requests_per_day"`
	PerSecond float64       `json:"requests_per_second"`
	Delay     time.Duration `json:"delay_ns"` // mean of an item, from its publication to its arrival
	Hosts     []hostLoad    `json:"hosts"`    // the busiest first
}

// A hostLoad is what one host is asked.
type hostLoad struct {
	Host    string  `json:"host"`
	Sources int     `json:"sources"`
	PerDay  float64 `json:"requests_per_day"`
	Busy    float64 `json:"busy"` // share of the requests that the gap between them allows; over 1 they cannot all be made
}

// aRequest is how long a request is taken to last, beside the gap after it.
const aRequest = time.Second

// foresee makes a forecast.
func foresee(cfg *config.Config, states map[string]news.State, now time.Time) forecast {
	f := forecast{Sources: len(cfg.Sources), Hosts: []hostLoad{}}
	var all schedule.Census
	for _, src := range cfg.Sources {
		all.Add(src, states[src.Name], now)
	}
	constant := all.Solve(float64(cfg.Budget) * float64(all.Sources()))
	hosts := map[string]*hostLoad{}
	var items, late float64 // items a day; the sum of their delays in days
	for _, src := range cfg.Sources {
		state := states[src.Name]
		if state.Polls == 0 {
			f.Unknown++
		}
		var one schedule.Census
		one.Add(src, state, now)
		perDay := one.PerDay(constant)
		if perDay == 0 {
			continue // it is gone, or holds us off for now
		}
		f.PerDay += perDay
		rate := schedule.Rate(state)
		items += rate
		late += rate / perDay / 2
		h := hosts[src.Host()]
		if h == nil {
			h = &hostLoad{Host: src.Host()}
			hosts[src.Host()] = h
		}
		h.Sources++
		h.PerDay += perDay
	}
	const day = 24 * time.Hour
	f.PerSecond = f.PerDay / day.Seconds()
	if items > 0 {
		f.Delay = time.Duration(late / items * float64(day)).Round(time.Second)
	}
	for _, h := range hosts {
		h.Busy = h.PerDay * (cfg.HostGap + aRequest).Seconds() / day.Seconds()
		f.Hosts = append(f.Hosts, *h)
	}
	slices.SortFunc(f.Hosts, func(a, b hostLoad) int {
		return cmp.Or(cmp.Compare(b.PerDay, a.PerDay), cmp.Compare(a.Host, b.Host))
	})
	return f
}

// shownHosts is how many of the busiest hosts are shown to a person.
const shownHosts = 8

// write writes the forecast as a person reads it.
func (f *forecast) write(b *strings.Builder) {
	fmt.Fprintf(b, "polling: %s\n", count(f.Sources, "source"))
	fmt.Fprintf(b, "  requests  %.3g a second, %.0f a day\n", f.PerSecond, f.PerDay)
	if f.Delay > 0 {
		fmt.Fprintf(b, "  delay     %s between an item's publication and its arrival, on average\n", f.Delay.Round(time.Minute))
	}
	for _, h := range f.Hosts[:min(len(f.Hosts), shownHosts)] {
		fmt.Fprintf(b, "  host      %s: %.0f a day for %s, %.1f %% of what its gap allows\n",
			strings.TrimPrefix(h.Host, "source:"), h.PerDay, count(h.Sources, "source"), 100*h.Busy)
	}
	if more := len(f.Hosts) - shownHosts; more > 0 {
		fmt.Fprintf(b, "  host      and %d more\n", more)
	}
	if f.Unknown > 0 {
		fmt.Fprintf(b, "  of %s nothing is known yet: an item in ten days is presumed of each\n", count(f.Unknown, "source"))
	}
}
