package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var durationPart = regexp.MustCompile(`^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)`)

var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute,
	"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
}

// parseDuration reads what time.ParseDuration does, and days and weeks: nobody
// writes 2160h. The word forever is zero.
func parseDuration(s string) (duration, error) {
	if s == "forever" {
		return 0, nil
	}
	total, rest := 0.0, s
	for rest != "" {
		part := durationPart.FindStringSubmatch(rest)
		if part == nil {
			return 0, fmt.Errorf("%q is not a length of time", s)
		}
		n, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a length of time", s)
		}
		total += n * float64(durationUnits[part[2]])
		rest = rest[len(part[0]):]
	}
	if s == "" || total > math.MaxInt64/2 {
		return 0, fmt.Errorf("%q is not a length of time", s)
	}
	return duration(total), nil
}

// String returns the duration as a user would write it.
func (d duration) String() string {
	if d == 0 {
		return "0s"
	}
	day := duration(24 * time.Hour)
	if d%day == 0 && d > day {
		return fmt.Sprintf("%dd", d/day)
	}
	// time's own form ends in zero minutes and seconds.
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

var sizeForm = regexp.MustCompile(`^(\d+(?:\.\d+)?) ?([kKMG]i?)?B?$`)

var sizeUnits = map[string]float64{
	"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9,
	"ki": 1 << 10, "Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30,
}

// parseSize reads a number of bytes with an optional unit, decimal or binary.
func parseSize(s string) (size, error) {
	part := sizeForm.FindStringSubmatch(s)
	if part == nil {
		return 0, fmt.Errorf("%q is not a size", s)
	}
	n, err := strconv.ParseFloat(part[1], 64)
	if err != nil || n*sizeUnits[part[2]] > math.MaxInt64/2 {
		return 0, fmt.Errorf("%q is not a size", s)
	}
	return size(n * sizeUnits[part[2]]), nil
}

// String returns the size as a user would write it.
func (n size) String() string {
	for _, unit := range []struct {
		name  string
		bytes size
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return fmt.Sprintf("%d%s", n/unit.bytes, unit.name)
		}
	}
	return strconv.FormatInt(int64(n), 10)
}

// parseBool reads the words that YAML has had for the two.
func parseBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

var envForm = regexp.MustCompile(`\$\$\{|\$\{[^}]*\}`)

// expand replaces ${NAME} by the variable's value and ${NAME:-else} by its
// value or else by what follows the sign; $${ stands for ${ itself. It returns
// the names of the variables that are missing.
func expand(s string, getenv func(string) (string, bool)) (value string, missing []string) {
	value = envForm.ReplaceAllStringFunc(s, func(form string) string {
		if form == "$${" {
			return "${"
		}
		name, otherwise, has := strings.Cut(form[2:len(form)-1], ":-")
		if v, ok := getenv(name); ok && (v != "" || !has) {
			return v
		}
		if !has {
			missing = append(missing, name)
		}
		return otherwise
	})
	return value, missing
}

// nested reports whether a variable stands within another, as in ${NAME:-${OTHER}}:
// that is not read, and its last brace would be a part of the value.
func nested(s string) bool {
	return slices.ContainsFunc(envForm.FindAllString(s, -1), func(form string) bool { return strings.Contains(form[2:], "${") })
}

// unclosed reports whether a variable is begun and not ended, which would be taken for
// a part of the value: of a password nobody would see that.
func unclosed(s string) bool {
	return strings.Contains(envForm.ReplaceAllLiteralString(s, "x"), "${")
}
