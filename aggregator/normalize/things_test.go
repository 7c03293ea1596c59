package normalize

import "testing"

// TestThingsToDo: of a list of things to do it is told which are done.
func TestThingsToDo(t *testing.T) {
	const in = `<ul><li><input type="checkbox" disabled checked> Pier</li><li><input disabled="" type="checkbox"> Quay</li>` +
		`<li><input type="checkbox" name="agree"> Mail me</li></ul>`
	const want = "<ul><li>☑ Pier</li><li>☐ Quay</li><li>\n Mail me</li></ul>"
	if it := itemOf(in); it.HTML != want {
		t.Errorf("the list became %q, want %q", it.HTML, want)
	}
}
