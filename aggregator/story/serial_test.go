package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A serial is what one source publishes again and again upon one pattern.
type serial struct {
	name        string
	title, text string
	fill        [][]string // values of {0}, {1}, ...
	apart       time.Duration
}

const credits = " Support the show at patrons.example and follow us where you like. Below the Lamp is made by Orla Finch and Bram Holt, with music by Tess Marlow. " +
	"Our friends this week are Calder Rope Works and Brightwater Foods: say LAMP for ten percent off your first order. Tell others of us, and leave us a review wherever you listen."

var serials = []serial{
	{"episodes", "Episode {0}: {1}", "{2}" + credits, [][]string{
		{"101", "The miller's clocks", "A mill on the Tarn has eleven clocks, and no two of them agree. We climb its stairs with the woman who winds them all."},
		{"100", "Salt", "How a spoonful of it came to pay for a harbour wall, and why nobody in Skarvik cooks with any on the day of the saint."},
		{"99", "Two bridges, one river", "An engineer who was wrong, a council that was right too late, and the goats that tried it out first."},
		{"98", "Letters to nobody", "In the dead-letter office of Ostholm, opened for the first time since the war. What people write when no one will read it."},
	}, 7 * 24 * time.Hour},
	{"threads of days", "Daily talk - {0}, 2026", "Welcome to the daily talk. Be kind to each other, and read the rules before you post. Small questions are asked here and not in threads of their own.", [][]string{
		{"March 4"}, {"March 3"}, {"March 2"}, {"March 1"},
	}, 24 * time.Hour},
	{"vacancies", "Senior engineer at {0}", "{0} is looking for a senior engineer to join its growing team. You have worked for five years in Go or Rust, like small teams and care for quality. " +
		"We offer hours that you choose, work from home and a sum each year for learning. Apply with a letter of one page.", [][]string{
		{"Calder"}, {"Lampworks"}, {"Ropewalk"}, {"Ironbark"},
	}, time.Hour},
	{"earthquakes", "M {0} - {1} km {2}", "Depth {3} km", [][]string{
		{"4.6", "23", "SSW of Port Merrow, Calder", "10.0"}, {"5.1", "110", "E of Ostholm, Norrland", "35.2"}, {"4.9", "8", "N of Skarvik, Westmark", "12.4"},
		{"4.5", "64", "W of Tarn Bay, Solund", "88.0"}, {"6.0", "31", "SE of Lampworth, Isles", "20.1"}, {"4.7", "150", "NNE of Merrowdale", "10.0"},
	}, 50 * time.Minute},
	{"results", "{0} {1} {2}", "Full time at {3}.", [][]string{
		{"Calder", "1-0", "Ostholm", "Mill Lane"}, {"Skarvik", "2-2", "Port Merrow", "the Quay"}, {"Lampworth", "0-3", "Tarn", "Rope Walk"},
		{"Merrowdale", "5-1", "Solund", "Harbour Field"}, {"Westmark", "4-0", "Norrland", "North End"},
	}, 50 * time.Minute},
	{"warnings", "Wind warning for {0}", "Gusts of {1} km/h are expected in {0} from {2} to {3}.", [][]string{
		{"Ostholm", "90", "14:00", "20:00"}, {"Skarvik", "110", "12:00", "18:00"}, {"Port Merrow", "85", "16:00", "22:00"},
	}, 50 * time.Minute},
}

// TestSerials gives what one source publishes again and again upon one pattern, all at
// once and to an index that knows nothing yet, as a newcomer's first poll does: each of
// them is an entry of its own.
func TestSerials(t *testing.T) {
	for _, s := range serials {
		t.Run(s.name, func(t *testing.T) {
			x := New(Options{})
			seen := map[string]string{}
			for i, values := range s.fill {
				fill := filling(values)
				it := news.Item{Source: "one", ID: fmt.Sprint(i), Language: "en", Title: fill.Replace(s.title), Text: fill.Replace(s.text)}
				it.Published = day.Add(-time.Duration(i) * s.apart)
				d := x.Add(record(int64(i+1), it), news.Outlet{})
				if other, was := seen[d.Story]; was {
					t.Errorf("%q was put to %q: %s by %s, %.2f", it.Title, other, d.Kind, d.Evidence.Rule, d.Score)
				}
				seen[d.Story] = it.Title
			}
		})
	}
}

// TestOnePage gives items of one source that are all on one page: each is an entry of
// its own, unless it comes twice; and what another source has of that page is none of
// them, unless it has one's headline.
func TestOnePage(t *testing.T) {
	x, seq := New(Options{}), int64(0)
	add := func(source, id, title, text string) news.Decision {
		seq++
		return x.Add(record(seq, news.Item{Source: source, ID: id, Language: "en", Title: title, Text: text, Canonical: "https://lamp.example/changes"}), news.Outlet{})
	}
	first := add("lamp", "51", "Version 5.1: dark mode", "There is a dark mode now, which saves your eyes at night.")
	for _, d := range []news.Decision{
		add("lamp", "52", "Version 5.2: faster start", "It starts in half the time, because pictures are loaded late."),
		add("lamp", "53", "Version 5.3: dark mode", "Tables are dark in the dark, and letters can be read again."),
		add("lamp", "comment", "By: Anna", "I do not think that this is right at all, to be honest."),
		add("lamp", "comments", "By: Bert", "A wonderful recipe; my mother made it with plums."),
	} {
		if d.Kind != news.KindNew {
			t.Errorf("%s is %q of %v: %s", d.Key.ID, d.Kind, d.Of, d.Evidence.Rule)
		}
	}
	if d := add("lantern", "elsewhere", "What is new in Lamp", ""); d.Kind != news.KindNew {
		t.Errorf("%s is %q of %v: %s", d.Key.ID, d.Kind, d.Of, d.Evidence.Rule)
	}
	for _, d := range []news.Decision{
		add("lamp", "again", "Version 5.1: dark mode", ""),
		add("lamp", "and again", "Version 5.1: dark mode", ""),
		add("lantern", "as well", "Version 5.1: dark mode", ""),
	} {
		if d.Kind != news.KindSame || d.Story != first.Story {
			t.Errorf("%s is %q of %v", d.Key.ID, d.Kind, d.Of)
		}
	}
}

// TestOnePagePostedBefore gives items of one page whose address somebody had posted before
// the first of them came: that one is the post's, and the next is an entry of its own.
func TestOnePagePostedBefore(t *testing.T) {
	x, seq := New(Options{}), int64(0)
	add := func(source, id, title, text string) news.Decision {
		seq++
		return x.Add(record(seq, news.Item{Source: source, ID: id, Language: "en", Title: title, Text: text, Canonical: "https://lamp.example/changes"}), news.Outlet{})
	}
	post := add("board", "post", "A tool that I like", "")
	if d := add("lamp", "51", "Version 5.1: dark mode", "There is a dark mode now, which saves your eyes at night."); d.Kind != news.KindSame || d.Story != post.Story {
		t.Errorf("%s is %q of %v", d.Key.ID, d.Kind, d.Of)
	}
	for _, d := range []news.Decision{
		add("lamp", "52", "Version 5.2: faster start", "It starts in half the time, because pictures are loaded late."),
		add("lamp", "comment", "By: Anna", "I do not think that this is right at all, to be honest."),
	} {
		if d.Kind != news.KindNew {
			t.Errorf("%s is %q of %v: %s", d.Key.ID, d.Kind, d.Of, d.Evidence.Rule)
		}
	}
	if d := add("lantern", "as well", "Version 5.2: faster start", ""); d.Kind != news.KindSame || d.Of.ID != "52" {
		t.Errorf("%s is %q of %v", d.Key.ID, d.Kind, d.Of)
	}
}

// TestOneGUID gives items of one source that all have one guid, as of a careless feed:
// each is an entry of its own, and what another source has under that guid is the one
// of its headline.
func TestOneGUID(t *testing.T) {
	x, seq := New(Options{}), int64(0)
	add := func(source, title, text string) news.Decision {
		seq++
		return x.Add(record(seq, news.Item{Source: source, ID: fmt.Sprint(seq), Language: "en", Title: title, Text: text, GUID: "https://lamp.example/news/index", Canonical: fmt.Sprint("https://lamp.example/", source, seq)}), news.Outlet{})
	}
	for _, d := range []news.Decision{
		add("lamp", "Harbour master retires after forty years", "Anna Berg leaves her tower on the quay on Friday."),
		add("lamp", "Snow closes the pass at Holm", "The road office hopes to open it again by Tuesday."),
		add("lamp", "Bakers strike over flour", "There is no bread in Oddvik for the third day."),
	} {
		if d.Kind != news.KindNew {
			t.Errorf("%s is %q of %v: %s", d.Key.ID, d.Kind, d.Of, d.Evidence.Rule)
		}
	}
	if d := add("lantern", "Snow closes the pass at Holm", ""); d.Kind != news.KindSame || d.Of.ID != "2" {
		t.Errorf("%s is %q of %v", d.Key.ID, d.Kind, d.Of)
	}
	if d := add("lantern", "Otters seen at the weir", ""); d.Kind != news.KindNew {
		t.Errorf("%s is %q of %v: %s", d.Key.ID, d.Kind, d.Of, d.Evidence.Rule)
	}
}

// TestOnePlace gives what one source says again and again in one place under one
// headline: none is taken for the one before.
func TestOnePlace(t *testing.T) {
	for name, said := range map[string][]string{
		"levels":    {"Skarvik 2.31 m, rising.", "Skarvik 2.90 m, falling.", "Skarvik 2.85 m, falling."},
		"bulletins": {"Fog lies over the whole coast until noon, and ferries wait in their harbours.", "The council meets at ten to talk about the new roof of the school.", "It will rain by the evening, and wind comes up from the west."},
	} {
		x := New(Options{})
		apart := map[string]time.Duration{"levels": time.Hour, "bulletins": 24 * time.Hour}[name]
		for i, text := range said {
			it := news.Item{Source: "lamp", ID: fmt.Sprint(i), Language: "en", Title: "The " + name + " of today", Text: text, Canonical: "https://lamp.example/today", Published: day.Add(time.Duration(i) * apart)}
			if d := x.Add(record(int64(i+1), it), news.Outlet{}); d.Kind == news.KindSame || d.Kind == news.KindCopy {
				t.Errorf("%s: %d is %q of %v: %s", name, i, d.Kind, d.Of, d.Evidence.Rule)
			}
		}
	}
}

// TestOneShowOfTwoFeeds gives the episodes of a show, which all lead to its page, one
// with a title of one word, and the same by another feed: each is an entry of its own,
// and those of one headline are one.
func TestOneShowOfTwoFeeds(t *testing.T) {
	x := New(Options{})
	seq := int64(0)
	add := func(source, title, text string) news.Decision {
		seq++
		return x.Add(record(seq, news.Item{Source: source, ID: title, Title: title, Text: text, Language: "en",
			Canonical: "https://lamp.example/show", Published: day.Add(time.Duration(seq) * time.Hour)}), news.Outlet{})
	}
	talks := [][2]string{
		{"The miller's clocks", "A mill on the Tarn has eleven clocks, and no two of them agree."},
		{"Salt", "How a spoonful of it came to pay for a harbour wall."},
		{"Bridges", "An engineer who was wrong, and a council that was right too late."},
	}
	story := map[string]string{}
	for _, talk := range talks {
		d := add("lamp", talk[0], talk[1])
		if d.Kind != news.KindNew {
			t.Errorf("%q is %s by %s of %v", talk[0], d.Kind, d.Evidence.Rule, d.Of)
		}
		story[talk[0]] = d.Story
	}
	for _, talk := range talks {
		if d := add("lamp-video", talk[0], talk[1]); d.Story != story[talk[0]] {
			t.Errorf("%q of the other feed is %s by %s of %v", talk[0], d.Kind, d.Evidence.Rule, d.Of)
		}
	}
}

// TestSameWordsAnotherDay gives what one source publishes each day in the same words, as
// a bulletin that is to be heard: each is an entry of its own. What it publishes twice in
// a day is one, and so is what another source says in the same words the day after.
func TestSameWordsAnotherDay(t *testing.T) {
	x := New(Options{})
	seq := int64(0)
	add := func(source string, hours int) news.Decision {
		seq++
		return x.Add(record(seq, news.Item{
			Source: source, ID: fmt.Sprint(seq), Language: "en", Title: "The morning in five minutes", Canonical: fmt.Sprint("https://", source, ".example/", seq),
			Text:      "All that you have to know before you leave the house, read by our editors every day at half past six.",
			Published: day.Add(time.Duration(hours) * time.Hour),
		}), news.Outlet{})
	}
	for i := range 3 {
		if d := add("one", i*24); d.Kind != news.KindNew {
			t.Errorf("that of day %d is %s by %q", i, d.Kind, d.Evidence.Rule)
		}
	}
	if d := add("one", 49); d.Kind == news.KindNew {
		t.Error("the second of a day is new")
	}
	if d := add("other", 72); d.Kind != news.KindSame {
		t.Errorf("that of another source is %s", d.Kind)
	}
}

// TestSameEachHour gives what one source publishes every half hour in the same words, or
// in the same place, for four days: as often as another day begins one is an entry of
// its own, and no oftener, however many there are already.
func TestSameEachHour(t *testing.T) {
	for name, it := range map[string]news.Item{
		"words": {Text: "All that you have to know before you leave the house, read by our editors every hour on the hour."},
		"place": {Canonical: "https://one.example/now"},
	} {
		x, entries := New(Options{}), 0
		for i := range 4 * 48 {
			it.Source, it.ID, it.Language, it.Title = "one", fmt.Sprint(i), "en", "The hour in five minutes"
			it.Published = day.Add(time.Duration(i) * 30 * time.Minute)
			if d := x.Add(record(int64(i+1), it), news.Outlet{}); d.Kind == news.KindNew {
				entries++
			}
		}
		if most := 4*24*3600/series + 1; entries < 1 || entries > most {
			t.Errorf("%s: %d are entries of their own, want %d at most", name, entries, most)
		}
	}
}

// TestOneSerialOfTwoFeeds gives what two feeds have of one serial, piece by piece: of
// episodes on one page, of a bulletin in the same words and of one that the second feed
// adds some to, each is an entry, and what the second feed has of it is that entry's.
func TestOneSerialOfTwoFeeds(t *testing.T) {
	const bulletin = "All that you have to know before you leave the house, read by our editors every day at half past six."
	talks := []news.Item{
		{Title: "The miller's clocks", Text: "A mill on the Tarn has eleven clocks, and no two of them agree."},
		{Title: "Salt", Text: "How a spoonful of it came to pay for a harbour wall."},
		{Title: "Bridges", Text: "An engineer who was wrong, and a council that was right too late."},
	}
	for name, serial := range map[string]struct {
		apart time.Duration
		added string
		piece func(feed string, i int) news.Item
	}{
		"one page": {time.Hour, "", func(_ string, i int) news.Item {
			return news.Item{Title: talks[i].Title, Text: talks[i].Text, Canonical: "https://lamp.example/show"}
		}},
		"the same words": {24 * time.Hour, "", func(feed string, i int) news.Item {
			return news.Item{Title: "The morning in five minutes", Text: bulletin, Canonical: fmt.Sprint("https://", feed, ".example/", i)}
		}},
		"the same words and place": {24 * time.Hour, "", func(string, int) news.Item {
			return news.Item{Title: "The morning in five minutes", Text: bulletin, Canonical: "https://lamp.example/morning"}
		}},
		"nearly the same words": {24 * time.Hour, " With pictures.", func(feed string, i int) news.Item {
			return news.Item{Title: "The morning in five minutes", Text: bulletin, Canonical: fmt.Sprint("https://", feed, ".example/", i)}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			x, seq := New(Options{}), int64(0)
			add := func(feed string, i int) news.Decision {
				seq++
				it := serial.piece(feed, i)
				it.Source, it.ID, it.Language, it.Published = feed, fmt.Sprint(i), "en", day.Add(time.Duration(i)*serial.apart)
				if feed == "lamp-film" {
					it.Text += serial.added
				}
				return x.Add(record(seq, it), news.Outlet{})
			}
			for i := range talks {
				first, second := add("lamp", i), add("lamp-film", i)
				if first.Kind != news.KindNew {
					t.Errorf("piece %d is %s by %s of %v", i, first.Kind, first.Evidence.Rule, first.Of)
				}
				if second.Story != first.Story || second.Kind != news.KindSame && second.Kind != news.KindCopy {
					t.Errorf("piece %d of the second feed is %s by %s of %v", i, second.Kind, second.Evidence.Rule, second.Of)
				}
			}
		})
	}
}

// TestUntitledOnOnePage gives items without a headline that are all on one page, beside
// some that have one: their texts tell them apart, and pictures are not one either.
func TestUntitledOnOnePage(t *testing.T) {
	x := New(Options{})
	for i, it := range []news.Item{
		{Title: "By: Anna", Text: "I do not think that this is right at all, to be honest."},
		{Title: "By: Anna"},
		{Text: "Words about the sea and its many ships, and what they carry."},
		{Text: "Words without a headline again: of mountains and of mules, and who leads them."},
		{Title: "https://lamp.example/a", URL: "https://lamp.example/a"},
		{Title: "https://lamp.example/a", URL: "https://lamp.example/a"},
	} {
		it.Source, it.ID, it.Language, it.Canonical = "lamp", fmt.Sprint(i), "en", "https://lamp.example/a"
		d := x.Add(record(int64(i+1), it), news.Outlet{})
		if again := i == 1; again != (d.Kind == news.KindSame) {
			t.Errorf("item %d is %s by %s of %v", i, d.Kind, d.Evidence.Rule, d.Of)
		}
	}
}
