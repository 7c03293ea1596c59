package poll

import (
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

// digits are delay-seconds as RFC 9110 section 10.2.3 writes them.
var digits = regexp.MustCompile(`^[0-9]+$`)

// FuzzRetryAfter holds what is made of Retry-After against a plain reading of it
// with numbers of any length: never in the past, never for good, and nothing of
// what is neither a number nor a date.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"120", "0", "-1", "+5", " 7 ", "1.5", "99999999999999999999", "2678400", "2678401", "Fri, 31 Dec 1999 23:59:59 GMT", "Sunday, 15-Mar-26 08:00:00 GMT",
		"Sun Mar 15 08:00:00 2026", "Sun, 15 Mar 2026 08:00:00 +0100", "Mon, 01 Jan 9999 00:00:00 GMT", "Sun, 15 Mar 2026", "1e3", "٣", "", "120, 240",
	} {
		f.Add(value, int64(1_773_500_000))
	}
	f.Fuzz(func(t *testing.T, value string, seconds int64) {
		now := time.Unix(seconds%(1<<35), 0).UTC()
		got := retryAt(http.Header{"Retry-After": {value}}, now)
		if !got.IsZero() && (!got.After(now) || got.After(now.Add(maxRetry))) {
			t.Errorf("%q at %v is %v", value, now, got)
		}
		want := time.Time{}
		plain := strings.TrimSpace(value)
		if at, err := http.ParseTime(plain); err == nil && at.After(now) {
			want = at
		} else if digits.MatchString(plain) {
			n, _ := new(big.Int).SetString(plain, 10)
			if most := big.NewInt(int64(maxRetry / time.Second)); n.Cmp(most) > 0 {
				n = most
			}
			if n.Sign() > 0 {
				want = now.Add(time.Duration(n.Int64()) * time.Second)
			}
		}
		if most := now.Add(maxRetry); want.After(most) {
			want = most
		}
		if !got.Equal(want) {
			t.Errorf("%q at %v is %v, want %v", value, now, got, want)
		}
	})
}

// TestRetryAfterByTheServersClock: a date at which a server wants to be asked again is one
// of its own clock, whatever that shows, and of the moment at which it answered.
func TestRetryAfterByTheServersClock(t *testing.T) {
	now := time.Date(2026, 3, 15, 8, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		date  time.Duration // of the server's clock, from ours; its Retry-After is an hour later
		age   string
		after time.Duration
	}{
		"right":           {0, "", time.Hour},
		"behind":          {-50 * time.Minute, "", time.Hour},
		"far behind":      {-20 * 365 * 24 * time.Hour, "", time.Hour},
		"ahead":           {48 * time.Hour, "", time.Hour},
		"from a cache":    {-10 * time.Minute, "600", 50 * time.Minute},
		"from an old one": {-2 * time.Hour, "7200", 0},
	} {
		at := now.Add(tc.date)
		h := http.Header{"Date": {at.Format(http.TimeFormat)}, "Retry-After": {at.Add(time.Hour).Format(http.TimeFormat)}}
		if tc.age != "" {
			h.Set("Age", tc.age)
		}
		want := time.Time{}
		if tc.after > 0 {
			want = now.Add(tc.after)
		}
		if got := retryAt(h, now); !got.Equal(want) {
			t.Errorf("%s: to be asked at %v, want %v", name, got, want)
		}
	}
}

// TestStaleDate: what a server names as an instant that is to come is that one, though it
// dates all its answers with the day on which it was set up.
func TestStaleDate(t *testing.T) {
	now := time.Date(2026, 3, 15, 8, 0, 0, 0, time.UTC)
	at := now.Add(2 * time.Hour)
	h := http.Header{"Date": {"Tue, 02 Jan 2024 10:00:00 GMT"}, "Retry-After": {at.Format(http.TimeFormat)}, "Expires": {at.Format(http.TimeFormat)}}
	if got := retryAt(h, now); !got.Equal(at) {
		t.Errorf("to be asked again at %v, want %v", got, at)
	}
	if got := freshUntil(h, now); !got.Equal(at) {
		t.Errorf("fresh until %v, want %v", got, at)
	}
}

// TestNoCacheOfFields: a no-cache that names fields leaves the document fresh.
func TestNoCacheOfFields(t *testing.T) {
	now := time.Date(2026, 3, 15, 8, 0, 0, 0, time.UTC)
	for control, life := range map[string]time.Duration{
		`no-cache="Set-Cookie", max-age=7200`:              2 * time.Hour,
		`max-age=7200, No-Cache="Set-Cookie, Set-Cookie2"`: 2 * time.Hour,
		`no-cache, max-age=7200`:                           0,
		`max-age=7200, no-store`:                           0,
	} {
		want := time.Time{}
		if life > 0 {
			want = now.Add(life)
		}
		if got := freshUntil(http.Header{"Cache-Control": {control}}, now); !got.Equal(want) {
			t.Errorf("%s: fresh until %v, want %v", control, got, want)
		}
	}
}
