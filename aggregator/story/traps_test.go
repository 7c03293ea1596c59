package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// forms are texts that are written by filling in a form. All of it is
// invented.
var forms = []struct {
	name, title, text string
	fill              [][]string // values of {0}, {1}, ...
	own               bool       // by one outlet; else each by another
	apart             time.Duration
}{
	{
		name:  "earnings",
		title: "{0} reports third-quarter profit of {1} million crowns",
		text: "{0} on Tuesday reported net income of {1} million crowns in its third quarter. The company, based in {2}, said it had net income of {3} crowns a share. " +
			"Earnings, adjusted for one-time gains and costs, were {4} crowns a share. The results topped expectations of analysts. The company posted revenue of {5} million crowns in the period. " +
			"{0} expects full-year revenue of {6} million crowns. The shares have risen {7} percent since the beginning of the year. This story was made from data.",
		fill: [][]string{
			{"Brightwater Foods", "41.7", "Ostholm", "0.83", "0.91", "512.4", "2044", "11"},
			{"Calder Rope Works", "8.2", "Skarvik", "0.12", "0.17", "97.9", "401", "3"},
			{"Ironbark Shipping", "130.5", "Port Merrow", "2.40", "2.55", "1871.3", "7420", "27"},
		},
	},
	{
		name:  "weather of towns",
		title: "Weather in {0} on Thursday",
		text: "The met office expects {1} degrees in {0} on Thursday, after {2} degrees at night. The wind blows from the {3} at {4} kilometres an hour. The chance of rain is {5} percent. " +
			"The sun rises at {6} and sets at {7}. People in {0} are asked to drive with care in the morning hours, when fog is possible in the valley.",
		fill: [][]string{
			{"Ostholm", "14", "6", "north", "22", "35", "6.41", "18.02"},
			{"Skarvik", "9", "1", "west", "48", "80", "6.58", "17.44"},
			{"Merrowdale", "17", "8", "south", "12", "10", "6.37", "18.11"},
		},
		own: true,
	},
	{
		name:  "weather of days",
		title: "Weather in Ostholm for {0}",
		text: "The met office expects {1} degrees in Ostholm on {0}, after {2} degrees at night. The wind blows from the {3} at {4} kilometres an hour. The chance of rain is {5} percent. " +
			"The sun rises at {6} and sets at {7}. People are asked to drive with care in the morning hours, when fog is possible in the valley.",
		fill: [][]string{
			{"March 4", "14", "6", "north", "22", "35", "6.41", "18.02"},
			{"March 5", "11", "3", "east", "30", "55", "6.39", "18.04"},
			{"March 6", "8", "2", "west", "44", "75", "6.37", "18.06"},
		},
		own: true, apart: 24 * time.Hour,
	},
	{
		name:  "results",
		title: "{0} beat {1} {2}",
		text: "{3} scored {4} points as {0} beat {1} {2} on Saturday night. {5} added {6} points and {7} rebounds for {0}, who have won {8} of their last ten games. " +
			"{9} led {1} with {10} points. {0} led by {11} at half-time and never trailed after the break. The teams meet again in the second half of the season.",
		fill: [][]string{
			{"Ostholm Pilots", "Skarvik Gulls", "98-91", "Orla Finch", "31", "Bram Holt", "17", "9", "7", "Tess Marlow", "28", "12"},
			{"Merrow Foxes", "Calder Bears", "110-87", "Jory Pike", "24", "Anselm Reed", "21", "14", "4", "Lew Tarn", "19", "20"},
			{"Port Kings", "Elm Rovers", "77-75", "Sven Aldous", "19", "Petra Quill", "15", "6", "9", "Ned Hollis", "22", "3"},
		},
	},
	{
		name:  "live pages",
		title: "Stock market live: what moves prices on {0}",
		text: "Good morning and welcome to our rolling coverage of the markets. Follow the day with us, here and in our newsletter. The Ostholm index opened at {1} points, {2} percent {3}. " +
			"Oil cost {4} crowns a barrel. The crown stood at {5} to the dollar. Today we await {6}. Send us your questions, we answer the best of them in the afternoon. Updates follow throughout the day.",
		fill: [][]string{
			{"Monday", "4512", "0.4", "higher", "71.20", "9.12", "the price report of the statistics office"},
			{"Tuesday", "4488", "0.5", "lower", "70.05", "9.18", "a speech by the governor of the bank"},
			{"Wednesday", "4530", "0.9", "higher", "72.80", "9.09", "the minutes of the last meeting"},
		},
		own: true, apart: 24 * time.Hour,
	},
	{
		name:  "earthquakes",
		title: "Magnitude {0} earthquake strikes {1}",
		text: "An earthquake of magnitude {0} struck {1} at {2} local time on Sunday, the seismological centre said. The quake was centred {3} kilometres {4} of {5}, at a depth of {6} kilometres. " +
			"There were no immediate reports of damage or of people hurt. No warning of a tsunami was issued. The region lies on a fault and sees earthquakes often.",
		fill: [][]string{
			{"5.4", "the Skarvik islands", "4.12", "38", "north-east", "Skarvik", "10"},
			{"6.1", "western Merrow", "13.47", "112", "south", "Calderton", "35"},
			{"4.8", "the Tarn valley", "22.05", "9", "west", "Upper Tarn", "7"},
		},
	},
}

// filling puts values in the places of a form that are called {0}, {1} and so on.
func filling(values []string) *strings.Replacer {
	var pairs []string
	for i, v := range values {
		pairs = append(pairs, fmt.Sprintf("{%d}", i), v)
	}
	return strings.NewReplacer(pairs...)
}

// TestForms gives forms that were filled in with other numbers, dates and
// places: not two of them may be put together, in full, as a summary, or by
// the headline alone.
func TestForms(t *testing.T) {
	for _, form := range forms {
		for _, length := range []int{1 << 20, 200, 0} {
			t.Run(fmt.Sprintf("%s/%d", form.name, length), func(t *testing.T) {
				x := warm(day)
				seen := map[string]string{}
				for i, values := range form.fill {
					fill := filling(values)
					source := "one"
					if !form.own {
						source = fmt.Sprint("outlet", i)
					}
					it := news.Item{Source: source, ID: fmt.Sprint(i), Language: "en", Title: fill.Replace(form.title), Text: fill.Replace(form.text)}
					it.Text = it.Text[:min(len(it.Text), length)]
					it.Published = day.Add(time.Duration(i) * (form.apart + time.Hour))
					d := x.Add(record(int64(1000+i), it), news.Outlet{})
					if other, was := seen[d.Story]; was {
						t.Errorf("%q was put to %q: %s by %s, %.2f, %v", it.Title, other, d.Kind, d.Evidence.Rule, d.Score, d.Evidence.Names)
					}
					seen[d.Story] = it.Title
				}
			})
		}
	}
}

// warm returns an index that has seen some hours of invented news.
func warm(at time.Time) *Index {
	x := New(Options{})
	subjects := strings.Fields("harbour council railway museum hospital bridge festival school court brewery airport forest")
	verbs := strings.Fields("opens closes delays plans sells repairs debates expands inspects celebrates")
	for i := range 120 {
		subject, verb := subjects[i%len(subjects)], verbs[(i/3)%len(verbs)]
		text := fmt.Sprintf("The %s of Quarter%d %s on Monday, officials said. It is the %dth time in the %s's history, according to a report of the office. Residents of Quarter%d welcomed it, while others in the town asked who is to pay the %d crowns. A decision is expected in the week after next.",
			subject, i, verb, i%9+2, subject, i, 100+37*i)
		x.Add(record(int64(i+1), news.Item{
			Source: fmt.Sprint("town", i%15), ID: fmt.Sprint("w", i), Language: "en",
			Title: fmt.Sprintf("Quarter%d: the %s %s", i, subject, verb), Text: text, Published: at.Add(-time.Duration(i) * time.Minute),
		}), news.Outlet{})
	}
	return x
}
