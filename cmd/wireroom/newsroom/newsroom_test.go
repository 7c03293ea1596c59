package newsroom

import (
	"testing"
	"time"
)

func TestScript(t *testing.T) {
	acts, err := script(day)
	if err != nil {
		t.Fatal(err)
	}
	all, err := standing(acts, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(acts), len(all))
}
