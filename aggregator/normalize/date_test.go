package normalize

import (
	"encoding/json"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/wireroom/wireroom/aggregator/news"
)

func TestDateCorpus(t *testing.T) {
	cases := dateCases(t)
	right, wrong := 0, 0
	for _, c := range cases {
		got, ok := parseDate(c.In)
		switch {
		case c.TS != nil && ok && got.at.Unix() != *c.TS:
			wrong++
			t.Errorf("parseDate(%q) = %v, want %v", c.In, got.at, time.Unix(*c.TS, 0).UTC())
		case c.TS == nil && !c.Accept && c.W3C == "" && ok:
			wrong++
			t.Errorf("parseDate(%q) = %v, want it refused", c.In, got.at)
		case c.TS == nil && !c.Accept && c.W3C == "", ok, c.W3C == "InvalidRFC2822Date":
			right++
		default:
			t.Logf("parseDate(%q): not understood", c.In)
		}
	}
	t.Logf("%d of %d right, %d wrong", right, len(cases), wrong)
	if right < 172 {
		t.Errorf("%d of %d dates are understood, want 172", right, len(cases))
	}
}

// spellings are dates and what they mean; what means nothing must be refused.
var spellings = map[string]string{
	// zones
	"Mon, 02 Jan 2023 12:00:00 JST":           "2023-01-02T03:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 IST":           "2023-01-02T06:30:00Z",
	"Mon, 02 Jan 2023 12:00:00 MSK":           "2023-01-02T09:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 AEST":          "2023-01-02T02:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 HKT":           "2023-01-02T04:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 SGT":           "2023-01-02T04:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 NZDT":          "2023-01-01T23:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 MET":           "2023-01-02T11:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 GMT+3":         "2023-01-02T09:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 UTC+05:30":     "2023-01-02T06:30:00Z",
	"Mon, 02 Jan 2023 12:00:00 GMT-0330":      "2023-01-02T15:30:00Z",
	"Mon, 03 Jul 2023 12:00:00 ET":            "2023-07-03T16:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 Asia/Tehran":   "2023-01-02T08:30:00Z",
	"2023-01-02T12:00:00+0330":                "2023-01-02T08:30:00Z",
	"2023-01-02T12:00:00 +03":                 "2023-01-02T09:00:00Z",
	"2023-01-02 12:00:00.123456 UTC":          "2023-01-02T12:00:00Z",
	"Mon Jan  2 12:00:00 EST 2023":            "2023-01-02T17:00:00Z",
	"Mon Jan 2 2023 12:00:00 GMT+0100 (CET)":  "2023-01-02T11:00:00Z",
	"2023-01-02T24:00:00Z":                    "2023-01-03T00:00:00Z",
	"2023-01-02T12:00:00+01:00[Europe/Paris]": "2023-01-02T11:00:00Z",
	"2023-01-02T12:00:00Z[UTC]":               "2023-01-02T12:00:00Z",
	"2023-01-02T12:00:00[Europe/Paris]":       "2023-01-02T11:00:00Z",
	"2023年1月2日（月） 12時05分":                     "2023-01-02T12:05:00Z",
	"2023-01-02T12:00:00Z[UTC":                "",
	"20230102T120000Z":                        "2023-01-02T12:00:00Z",
	"20230102":                                "2023-01-02T00:00:00Z",
	"20230102120000":                          "2023-01-02T12:00:00Z",
	"1672660800":                              "2023-01-02T12:00:00Z",
	"1672660800000":                           "2023-01-02T12:00:00Z",
	"2018-01-06T08:00":                        "2018-01-06T08:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 (CET)":         "2023-01-02T11:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 (local time)":  "2023-01-02T12:00:00Z",
	"Mon, 02 Jan 2023 12:00:00 0000":          "2023-01-02T12:00:00Z",
	"Mon, 02 Jan 2023 12.00.05 +0200":         "2023-01-02T10:00:05Z",
	"2.1.2023 12.00":                          "2023-01-02T12:00:00Z",
	"2023年1月2日 12時05分":                        "2023-01-02T12:05:00Z",
	"2023年1月2日 下午3时05分10秒":                    "2023-01-02T15:05:10Z",
	"2023년 1월 2일 오후 3시 05분":                   "2023-01-02T06:05:00Z",
	"٢ يناير ٢٠٢٣ ١٢:٠٠":                      "2023-01-02T12:00:00Z",
	"1672660800.25":                           "2023-01-02T12:00:00Z",
	"2023-002":                                "2023-01-02T00:00:00Z",
	"2023-002T12:00:00Z":                      "2023-01-02T12:00:00Z",
	"2023-366":                                "",
	"2018-01-06T08:00:5Z":                     "2018-01-06T08:00:05Z",
	"Sat, Dec 16 2023 02:02:33 PM":            "2023-12-16T14:02:33Z",
	"12/16/2023 12:05 AM":                     "2023-12-16T00:05:00Z",
	"16/12/2023 12:05":                        "2023-12-16T12:05:00Z",
	"16.12.2023, 12:05 Uhr":                   "2023-12-16T12:05:00Z",
	"3.4.2015":                                "2015-04-03T00:00:00Z",
	"Fri, 03/04/2015":                         "2015-04-03T00:00:00Z",
	"Wed, 03/04/2015":                         "2015-03-04T00:00:00Z",
	"2nd January, 2023":                       "2023-01-02T00:00:00Z",
	"January 2nd, 2023 at 4:05pm EST":         "2023-01-02T21:05:00Z",
	"the 1st of May 2023":                     "2023-05-01T00:00:00Z",
	"Sunday, 01-Jan-23 10:00:00 GMT":          "2023-01-01T10:00:00Z",
	"16:54, 3 March 2023":                     "2023-03-03T16:54:00Z",
	"2023年1月2日 12:00":                         "2023-01-02T12:00:00Z",
	"2023년 1월 2일 12:00":                       "2023-01-02T03:00:00Z",
	"Mo, 02 Jan 2023 12:00:00 MEZ":            "2023-01-02T11:00:00Z",
	// months and days in the languages of the table
	"Mi, 15 Mär 2023 10:00:00 +0100":     "2023-03-15T09:00:00Z",
	"15. Dezember 2023 10:00":            "2023-12-15T10:00:00Z",
	"mer., 15 févr. 2023 10:00:00 +0100": "2023-02-15T09:00:00Z",
	"1er août 2023":                      "2023-08-01T00:00:00Z",
	"lun, 15 ene 2023 10:00:00 GMT":      "2023-01-15T10:00:00Z",
	"15 de septiembre de 2023":           "2023-09-15T00:00:00Z",
	"Seg, 15 Set 2023 10:00:00 -0300":    "2023-09-15T13:00:00Z",
	"15 mars 2023 à 10h30":               "2023-03-15T10:30:00Z",
	"gio, 15 giu 2023 10:00:00 +0200":    "2023-06-15T08:00:00Z",
	"15 mei 2023 10:00":                  "2023-05-15T10:00:00Z",
	"tors, 15 maj 2023 10:00:00 +0200":   "2023-05-15T08:00:00Z",
	"15 października 2023":               "2023-10-15T00:00:00Z",
	"15. května 2023":                    "2023-05-15T00:00:00Z",
	"2023. június 15.":                   "2023-06-15T00:00:00Z",
	"15 iulie 2023":                      "2023-07-15T00:00:00Z",
	"15 Ağustos 2023 10:00 TRT":          "2023-08-15T07:00:00Z",
	"15 heinäkuuta 2023":                 "2023-07-15T00:00:00Z",
	"Пт, 15 сен 2023 10:00:00 +0300":     "2023-09-15T07:00:00Z",
	"15 сентября 2023 г. 10:00":          "2023-09-15T10:00:00Z",
	"15 вересня 2023":                    "2023-09-15T00:00:00Z",
	"Παρ, 15 Σεπ 2023 10:00:00 +0300":    "2023-09-15T07:00:00Z",
	"15 Agustus 2023 10:00 WIB":          "2023-08-15T03:00:00Z",
	// not understood, rather than wrong
	"03/04/2015":                    "",
	"Mon, 02 Jan 2023 12:00:00 XYZ": "",
	"Mon, 02 Jan 2023 25:00:00 GMT": "",
	"Mon, 02 Jan 2023 12:60:00 GMT": "",
	"31 Feb 2023":                   "",
	"2023-13-01":                    "",
	"2023-02-29":                    "",
	"yesterday":                     "",
	"2023-01-02T12:00:00+25:00":     "",
	"12:00":                         "",
	"99999999999999999999":          "",
	"2 Foo 2023":                    "",
	"July":                          "",
	"":                              "",
}

func TestParseDate(t *testing.T) {
	const layout = "2006-01-02T15:04:05Z"
	for in, want := range spellings {
		got, ok := parseDate(in)
		if (want != "") != ok {
			t.Errorf("parseDate(%q) = %v, %v, want %q", in, got.at, ok, want)
		} else if ok && got.at.Format(layout) != want {
			t.Errorf("parseDate(%q) = %v, want %s", in, got.at.Format(layout), want)
		}
	}
}

func TestParseDateKeepsTheZone(t *testing.T) {
	for in, want := range map[string]string{
		"Mon, 02 Jan 2023 12:00:00 EST": "EST", "2023-01-02T12:00:00+03:30": "+03:30", "2023-01-02T12:00:00Z": "Z",
		"2023-01-02": "", "Mon, 02 Jan 2023 12:00:00 Europe/Kyiv": "Europe/Kyiv", "Mon, 02 Jan 2023 12:00:00 -0700": "-07:00",
	} {
		if got, _ := parseDate(in); got.zone != want {
			t.Errorf("zone of %q is %q, want %q", in, got.zone, want)
		}
	}
}

// TestLastHoursOfTheCalendar reads what some publishers write for never, in a zone in
// which it is later in UTC than any date that can be stored.
func TestLastHoursOfTheCalendar(t *testing.T) {
	for _, date := range []string{"9999-12-31T23:59:59-05:00", "Fri, 31 Dec 9999 23:59:59 EST"} {
		about := About(news.Feed{Updated: date})
		if _, err := json.Marshal(about); err != nil {
			t.Errorf("of a feed that was changed at %s: %v", date, err)
		}
		entry := news.Entry{GUID: "1", Title: news.Text{Value: "One"}, Published: []string{date}, Updated: []string{date}}
		for _, it := range Items(news.Source{Name: "a"}, news.Feed{Entries: []news.Entry{entry}}, time.Now()) {
			if _, err := json.Marshal(it); err != nil {
				t.Errorf("of an item of %s: %v", date, err)
			}
		}
	}
}
