package story

// prf is precision, recall and their harmonic mean.
type prf struct{ P, R, F float64 }

func newPRF(p, r float64) prf {
	if p+r == 0 {
		return prf{p, r, 0}
	}
	return prf{p, r, 2 * p * r / (p + r)}
}

// bcubed compares found clusters with the labelled ones (B³, every item
// weighing the same).
func bcubed(found, labelled []string) prf {
	type cell struct{ f, l string }
	inFound, inLabelled, inBoth := map[string]float64{}, map[string]float64{}, map[cell]float64{}
	for i := range found {
		inFound[found[i]]++
		inLabelled[labelled[i]]++
		inBoth[cell{found[i], labelled[i]}]++
	}
	var p, r float64
	for c, n := range inBoth {
		p += n * n / inFound[c.f]
		r += n * n / inLabelled[c.l]
	}
	n := float64(len(found))
	return newPRF(p/n, r/n)
}

// weighted compares pairs that were found with labelled ones. yes and no are
// the labels that should be found and that should not; others do not count.
func weighted(pairs []pair, yes, no string, found func(a, b string) bool) prf {
	var tp, fp, fn float64
	for _, p := range pairs {
		isYes, isNo := contains(yes, p.Label), contains(no, p.Label)
		hit := (isYes || isNo) && found(p.A, p.B)
		switch {
		case isYes && hit:
			tp += p.weight()
		case isYes:
			fn += p.weight()
		case isNo && hit:
			fp += p.weight()
		}
	}
	if tp == 0 {
		return prf{}
	}
	return newPRF(tp/(tp+fp), tp/(tp+fn))
}

func contains(labels, label string) bool {
	for i := range labels {
		if labels[i:i+1] == label {
			return true
		}
	}
	return false
}
