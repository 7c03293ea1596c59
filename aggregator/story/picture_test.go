package story

import (
	"fmt"
	"slices"
	"strings"
)

// thresholds returns precision and recall at every threshold of a score.
func thresholds(score map[pair]float64, pairs []pair, yes, no string) []prf {
	sorted := slices.Clone(pairs)
	slices.SortFunc(sorted, func(a, b pair) int {
		switch {
		case score[a] > score[b]:
			return -1
		case score[a] < score[b]:
			return 1
		}
		return strings.Compare(a.A+a.B, b.A+b.B)
	})
	all, hit, miss := 0.0, 0.0, 0.0
	for _, p := range pairs {
		if contains(yes, p.Label) {
			all += p.weight()
		}
	}
	var points []prf
	for _, p := range sorted {
		switch {
		case contains(yes, p.Label):
			hit += p.weight()
		case contains(no, p.Label):
			miss += p.weight()
		default:
			continue
		}
		points = append(points, newPRF(hit/(hit+miss), hit/all))
	}
	return points
}

const (
	side   = 360 // of a diagram, in pixels
	margin = 50
)

// picture draws precision over recall: what a score gives at every threshold,
// and what rules and our index give.
func picture(c corpora) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`+"\n", 2*(side+2*margin), side+2*margin+20)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, d := range []struct{ title, yes, no string }{{"copies, English, full text", "D", "RSX"}, {"stories, English, full text", "DPCS", "RX"}} {
		x0, y0 := margin+i*(side+2*margin), margin
		axes(&b, x0, y0, d.title)
		pairs, docs := c.pairs["en"], c.sets["en"]
		curve(&b, x0, y0, thresholds(cosines(docs, fullText, pairs), pairs, d.yes, d.no), "#888", "TF-IDF cosine, any threshold")
		of := map[string]*features{}
		for _, doc := range docs {
			of[doc.ID] = nil
		}
		for _, p := range pairs {
			of[p.A], of[p.B] = &features{}, &features{}
		}
		for _, doc := range docs {
			if of[doc.ID] != nil {
				of[doc.ID] = featuresOf(doc, doc.Text)
			}
		}
		for _, rule := range others() {
			f := weighted(pairs, d.yes, d.no, func(a, b string) bool { return rule.match(of[a], of[b]) })
			point(&b, x0, y0, f, "#c60", rule.name)
		}
		run := runDocs(c.tb, docs, fullText)
		f := run.storyFigures(pairs)
		if d.yes == "D" {
			f = run.copyFigures(pairs)
		}
		point(&b, x0, y0, f, "#06c", "Wireroom")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func axes(b *strings.Builder, x0, y0 int, title string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" font-size="14">%s</text>`+"\n", x0, y0-16, title)
	for i := 0; i <= 5; i++ {
		at := i * side / 5
		fmt.Fprintf(b, `<path d="M%d %dh%dM%d %dv%d" stroke="#ddd"/>`+"\n", x0, y0+at, side, x0+at, y0, side)
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end">%.1f</text><text x="%d" y="%d" text-anchor="middle">%.1f</text>`+"\n",
			x0-6, y0+side-at+4, float64(i)/5, x0+at, y0+side+16, float64(i)/5)
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">recall</text><text x="%d" y="%d" text-anchor="middle" transform="rotate(-90 %d %d)">precision</text>`+"\n",
		x0+side/2, y0+side+34, x0-34, y0+side/2, x0-34, y0+side/2)
}

func curve(b *strings.Builder, x0, y0 int, points []prf, color, name string) {
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" points="`, color)
	for _, p := range points {
		fmt.Fprintf(b, "%.1f,%.1f ", float64(x0)+p.R*side, float64(y0)+(1-p.P)*side)
	}
	fmt.Fprintf(b, `"><title>%s</title></polyline>`+"\n", name)
}

func point(b *strings.Builder, x0, y0 int, f prf, color, name string) {
	x, y := float64(x0)+f.R*side, float64(y0)+(1-f.P)*side
	anchor, dx := "start", 7.0
	if f.R > 0.5 {
		anchor, dx = "end", -7
	}
	name = strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(name)
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/><text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>`+"\n", x, y, color, x+dx, y+4, anchor, color, name)
}
