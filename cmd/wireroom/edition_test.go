package main

import (
	"errors"
	"testing"
	"time"
)

// TestEdition lets processes come with configurations of other dates.
func TestEdition(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	older, newer := edition{Hash: "a", At: noon}, edition{Hash: "b", At: noon.Add(time.Hour)}
	kept := ""
	step := func(what string, e edition, shared bool, now time.Time, want error) {
		t.Helper()
		text, err := e.over(kept, shared, now)
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err == nil {
			kept = text
		}
	}
	step("the first", older, true, noon, nil)
	step("a newer one", newer, true, noon.Add(time.Second), nil)
	step("the older one", older, true, noon.Add(2*time.Second), errOlder)
	step("the same, in an older file", edition{Hash: "b", At: noon}, true, noon.Add(3*time.Second), nil)
	step("the older one again", older, true, noon.Add(4*time.Second), errOlder)
	step("where nobody works by the newer", older, true, noon.Add(4*time.Second+editionDead), nil)
	step("and the newer after it", newer, true, noon.Add(5*time.Second+editionDead), errOlder)
	step("of a process that is alone", older, false, noon.Add(6*time.Second+editionDead), nil)
}
