package config

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "1h30m": 90 * time.Minute, "7d": 7 * 24 * time.Hour, "2w": 14 * 24 * time.Hour,
		"1.5h": 90 * time.Minute, "250ms": 250 * time.Millisecond, "forever": 0, "0s": 0,
	} {
		if got, err := parseDuration(text); err != nil || time.Duration(got) != want {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "30", "s", "-1s", "1y", "1 h", "1e3s", "999999999999w", "1h ", "١s"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// What a message writes can be read back as the same.
func TestScalarsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := duration(rapid.Int64Range(0, 400*24*3600).Draw(t, "seconds")) * duration(time.Second)
		if got, err := parseDuration(d.String()); err != nil || got != d {
			t.Errorf("%d: %q is %d, %v", d, d.String(), got, err)
		}
		n := size(rapid.Int64Range(0, 1<<40).Draw(t, "bytes"))
		if got, err := parseSize(n.String()); err != nil || got != n {
			t.Errorf("%d: %q is %d, %v", n, n.String(), got, err)
		}
	})
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]size{"10MB": 10e6, "512 kB": 512e3, "64KiB": 64 << 10, "1.5 GiB": 3 << 29, "100": 100, "7B": 7, "2M": 2e6} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "MB", "-1", "1TB", "ten", "1 000", "99999999999999GB"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func TestExpand(t *testing.T) {
	getenv := env("A", "1", "EMPTY", "")
	for text, want := range map[string]string{
		"x${A}y": "x1y", "${A}${A}": "11", "${EMPTY}": "", "${EMPTY:-e}": "e", "${NO:-else}": "else", "${NO:-}": "",
		"$${A}": "${A}", "$$${A}": "$${A}", "$A": "$A", "${": "${", "a}": "a}", "$": "$",
	} {
		if got, missing := expand(text, getenv); got != want || len(missing) > 0 {
			t.Errorf("%q: %q, missing %v", text, got, missing)
		}
	}
	if _, missing := expand("${NO} ${NEITHER} ${}", getenv); len(missing) != 3 {
		t.Errorf("missing: %v", missing)
	}
}

// A variable is a value and never YAML: what it holds cannot add keys.
func TestVariables(t *testing.T) {
	c := mustParse(t, `
server: {listen: ":${PORT}"}
polling: {workers: "${WORKERS}"}
sources:
  a: {url: "https://a.example/${KEY}", title: "${TITLE}", allow_private: "${YES}", timeout: "${WAIT:-5s}"}
topics: {all: {title: "${TITLE}"}}
`, "PORT", "9000", "WORKERS", "7", "KEY", "k", "TITLE", "x: {y}\ntopics: {}", "YES", "true")
	s := c.Sources[0]
	if c.Server.Listen != ":9000" || c.Workers != 7 || s.URL != "https://a.example/k" || !s.AllowPrivate || s.Timeout != 5*time.Second || s.Title != "x: {y}\ntopics: {}" {
		t.Errorf("%+v", c)
	}
}
