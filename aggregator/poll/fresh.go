package poll

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds of what a server may say about time. Beyond them it would silence a
// source for good by a slip of the keyboard.
const (
	maxFresh = 365 * 24 * time.Hour
	maxRetry = 31 * 24 * time.Hour
)

// freshUntil returns when an answer received at now goes stale (RFC 9111
// section 4.2): max-age, which wins over Expires, less Age. Expires is measured
// by the server's own clock, so that a wrong one does no harm. The zero time
// means not said; no-cache and no-store never mean "poll faster".
func freshUntil(h http.Header, now time.Time) time.Time {
	if !saysFreshness(h) {
		return time.Time{}
	}
	life, ok := maxAge(h)
	if !ok {
		expires, err := http.ParseTime(h.Get("Expires"))
		if err != nil {
			return time.Time{}
		}
		life = until(expires, h, now)
	}
	if age, ok := seconds(h.Get("Age")); ok {
		life -= age
	}
	if life <= 0 {
		return time.Time{}
	}
	return now.Add(min(life, maxFresh))
}

// stale is how far a Date may lie behind before it is taken for that of an answer which
// was kept somewhere, and not for one of a clock that is wrong.
const stale = 24 * time.Hour

// until returns how long it is to an instant that a server named, by its own clock. Where
// that is still to come by ours, too, and the answer says that it was made days ago, it
// was made with that date for all times.
func until(at time.Time, h http.Header, now time.Time) time.Duration {
	made, err := http.ParseTime(h.Get("Date"))
	if err != nil || at.After(now) && now.Sub(made) > stale {
		made = now
	}
	return at.Sub(made)
}

// saysFreshness reports whether an answer speaks of its freshness at all.
func saysFreshness(h http.Header) bool {
	return h.Get("Cache-Control") != "" || h.Get("Expires") != ""
}

// maxAge returns the max-age of Cache-Control; 0 and true for no-cache and
// no-store, which override Expires. A no-cache that names fields is for these alone (RFC
// 9111 section 5.2.2.4).
func maxAge(h http.Header) (time.Duration, bool) {
	var life time.Duration
	found := false
	for _, directive := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-cache", "no-store":
			if value == "" {
				return 0, true
			}
		case "max-age":
			if d, ok := seconds(strings.Trim(value, `"`)); ok && !found {
				life, found = d, true
			}
		}
	}
	return life, found
}

// retryAt returns when a server that answered at now wishes to be asked again
// (RFC 9110 section 10.2.3): delay-seconds or an HTTP-date, which is measured by the
// server's own clock. The zero time means not said, or not in a form that can be kept.
func retryAt(h http.Header, now time.Time) time.Time {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return time.Time{}
	}
	wait, ok := seconds(value)
	if !ok {
		at, err := http.ParseTime(value)
		if err != nil {
			return time.Time{}
		}
		wait = until(at, h, now)
		if age, ok := seconds(h.Get("Age")); ok { // of what a cache has kept
			wait -= age
		}
	}
	if wait <= 0 {
		return time.Time{}
	}
	return now.Add(min(wait, maxRetry))
}

// seconds reads a non-negative number of seconds; one that is too large for a
// duration means very long (RFC 9111 section 1.2.2).
func seconds(s string) (time.Duration, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > int64(maxFresh/time.Second) {
		return maxFresh, true
	}
	return time.Duration(n) * time.Second, true
}
