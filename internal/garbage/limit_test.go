package garbage

import "testing"

func TestProcessors(t *testing.T) {
	for _, c := range []struct {
		has  int
		told string
		want int
	}{{2, "", 2}, {32, "", 32}, {512, "", 32}, {128, "128", 128}} {
		t.Setenv("GOMAXPROCS", c.told)
		if got := processors(c.has); got != c.want {
			t.Errorf("of %d processors, GOMAXPROCS=%q, %d are used, not %d", c.has, c.told, got, c.want)
		}
	}
}
