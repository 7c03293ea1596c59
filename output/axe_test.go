package output_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe returns the script of axe-core, which is not a part of this project: the
// file that WIREROOM_AXE names (.ci/run brings it).
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("WIREROOM_AXE")
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WIREROOM_AXE does not name axe.min.js")
		}
		t.Skip("axe-core is absent: WIREROOM_AXE names its axe.min.js")
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// A finding is a rule of axe-core that a page breaks.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// TestAccessibility lets axe-core look at every page, at phone and desktop
// width, light and dark, with all that can be unfolded unfolded.
func TestAccessibility(t *testing.T) {
	script := axe(t)
	ctx := chromium(t)
	address, paths := newsroom(t)
	pages := 0
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			command(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			for _, path := range append(paths, "/search", "/search?q=ferry", "/search?q=nothing") {
				do(t, ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(address+path))
				do(t, ctx, chromedp.Evaluate[chromedp.Void](`for (const d of document.querySelectorAll("details")) d.open = true`))
				do(t, ctx, chromedp.Evaluate[chromedp.Void](script))
				findings, err := chromedp.Run(ctx, chromedp.Evaluate[[]finding](
					`axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations)`, chromedp.EvalAwaitPromise))
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range findings {
					at := fmt.Sprintf("%s at %d in %s: %s (%s): %s", path, width, scheme, f.ID, f.Impact, f.Help)
					for _, n := range f.Nodes[:min(len(f.Nodes), 3)] {
						at += "\n    " + n.HTML + ": " + strings.Join(strings.Fields(n.FailureSummary), " ")
					}
					t.Error(at)
				}
				pages++
			}
		}
	}
	t.Logf("%d views", pages)
}
