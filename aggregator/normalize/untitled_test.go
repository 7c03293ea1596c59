package normalize

import "testing"

// TestUntitledPicture: an entry that is a picture alone is called by what it shows.
func TestUntitledPicture(t *testing.T) {
	for in, want := range map[string]string{
		`<img src="/p.jpg" alt="A pier
			at night">`: "A pier at night",
		`<img src="/p.jpg">`: "https://www.gazette.example/1",
	} {
		if it := itemOf(in); it.Title != want {
			t.Errorf("%s is called %q, want %q", in, it.Title, want)
		}
	}
}
