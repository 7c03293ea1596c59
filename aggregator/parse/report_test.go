package parse_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// table returns docs/conformance.md.
func table(rows []row, left map[string]int) string {
	var b strings.Builder
	b.WriteString(`# What is read, and how well

The test suites of other readers, run upon the whole way from bytes to items.
The column "gofeed alone" is what the same expectations find when the document
is given to gofeed 1.4.2 as it came. Written by

    go test ./aggregator/parse -run TestConformance -args -write

| corpus | gofeed alone | Wireroom | demanded |
|---|---|---|---|
`)
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %v | %v | %s |\n", r.corpus, r.alone, r.ours, r.demand)
	}
	b.WriteString(`
The inputs of the suites of sanitisers (bluemonday, OWASP, loofah,
sanitize-html, bleach, blns) are a test of their own, TestSanitiserSuites in
aggregator/normalize: nothing active is left in any of them in the eyes of an
HTML parser with and without scripting, and cleaning twice changes nothing.

## Expectations of feedparser that do not concern the model

Of its expectations these speak of what the model does not hold:

| what | expectations |
|---|---|
`)
	for _, why := range slices.Sorted(maps.Keys(left)) {
		fmt.Fprintf(&b, "| %s | %d |\n", why, left[why])
	}
	return b.String()
}
