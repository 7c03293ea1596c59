package config

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/beside"
)

func TestCronAccepted(t *testing.T) {
	for spec, least := range map[string]time.Duration{
		"* * * * *":                              time.Minute,
		"*/10 * * * *":                           10 * time.Minute,
		"0,1 0 1 1 *":                            time.Minute,
		"0 0 29 2 *":                             horizon, // once within the year looked at
		"@hourly":                                time.Hour,
		"@every 90s":                             90 * time.Second,
		"CRON_TZ=Asia/Tehran 0 6 * * *":          24 * time.Hour,
		"TZ=Europe/Kyiv 0 6 * * mon-fri":         24 * time.Hour,
		"CRON_TZ=America/New_York   30 2 * * *":  24 * time.Hour,
		"CRON_TZ=America/New_York 30 1 * * *":    23 * time.Hour, // in spring; in autumn it comes twice
		"CRON_TZ=Europe/Berlin 0,45 2 * * *":     45 * time.Minute,
		"CRON_TZ=Europe/Berlin 20 */2 * * *":     2 * time.Hour,
		"  15 3 * JAN sun ":                      7 * 24 * time.Hour,
		"CRON_TZ=Australia/Lord_Howe @every 20m": 20 * time.Minute,
	} {
		r := measure(strings.TrimSpace(spec))
		if r.fault != (fault{}) {
			t.Errorf("%q: %v", spec, r.fault)
		} else if r.least != least {
			t.Errorf("%q: least %s, want %s", spec, r.least, least)
		}
	}
}

// A leap day fires in one year of four, and the year that is played has one:
// what an expression is does not depend on the day on which it is read.
func TestCronLeapDay(t *testing.T) {
	if r := measure("0 0 29 2 *"); r.fault != (fault{}) {
		t.Error(r.fault)
	}
	if r := measure("0 0 30 2 *"); r.fault == (fault{}) {
		t.Error("30 February was accepted")
	}
}

// The expressions on which robfig/cron panics, and those that other crons
// take, end in a fault that says what to write.
func TestCronCorpus(t *testing.T) {
	lines := bufio.NewScanner(bytes.NewReader(mustRead(t, filepath.Join(beside.Path(t, "corpora", "security"), "cron-time.jsonl"))))
	looked, sunday := 0, 0
	for lines.Scan() {
		var c struct{ ID, Spec, Want string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(c.Want, "error") {
			continue
		}
		if strings.Contains(c.Want, "accept 7") && strings.Contains(c.Spec, "7") {
			if r := measure(c.Spec); r.fault != (fault{}) {
				t.Errorf("%s: %q: %v", c.ID, c.Spec, r.fault)
			}
			sunday++
			continue
		}
		looked++
		if r := measure(c.Spec); r.fault.message == "" || r.fault.mend == "" {
			t.Errorf("%s: %q gives %+v, want %s", c.ID, c.Spec, r, c.Want)
		}
	}
	if looked < 2 || sunday < 2 {
		t.Errorf("only %d cases were looked at", looked)
	}
	for _, spec := range []string{"TZ=", "TZ=UTC", "CRON_TZ=", "CRON_TZ=UTC", "TZ= * * * * *", "", "\x00", "@", "@every", "@every ", "CRON_TZ=../../etc/passwd * * * * *"} {
		if r := measure(spec); r.fault.message == "" || r.fault.mend == "" {
			t.Errorf("%q was accepted: %+v", spec, r)
		}
	}
}

// Sources on one host share the room that the gap leaves; a source on the
// user's own network is paced alone.
func TestCrowded(t *testing.T) {
	file := func(url, more string) string {
		var b strings.Builder
		b.WriteString("polling: {host_gap: 20s}\nsources:\n")
		for i := range 7 {
			fmt.Fprintf(&b, "  s%d: {url: \"%s/%d\", schedule: \"*/2 * * * *\"%s}\n", i, url, i, more)
		}
		return b.String() + "topics: {all: {}}\n"
	}
	_, err := Parse("feeds.yaml", []byte(file("https://busy.example", "")), env())
	if err == nil || !strings.Contains(err.Error(), "s0, s1, s2, s3, s4, 2 more ask busy.example for 5040 polls a day, and a gap of 20s between requests leaves room for 4320") {
		t.Error(err)
	}
	mustParse(t, file("http://127.0.0.1:8000", ", allow_private: true"))
}
