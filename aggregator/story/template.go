package story

// How much of the words of two headlines must agree, numbers left out, for
// different numbers in them to mean that one form was filled in twice: two
// notices, two rounds, two days. Of one outlet less is asked, since an outlet
// that tells of an event again does so under another headline; of two, all,
// since a toll that rises is in the headlines of both.
const (
	ownForm   = 0.6
	otherForm = 0.999
)

// template reports whether two items are one short form that was filled in
// twice, by their headlines: the words agree and the numbers do not. Texts with
// so much in common that one is a copy of the other are not asked.
func (x *Index) template(a, b *entry) bool {
	var both, either int64
	var onlyA, onlyB int
	for i, j := 0, 0; i < len(a.terms) || j < len(b.terms); {
		switch {
		case j == len(b.terms) || i < len(a.terms) && a.terms[i].hash() < b.terms[j].hash():
			either += titleWord(a.terms[i])
			onlyA += titleNumber(a.terms[i])
			i++
		case i == len(a.terms) || a.terms[i].hash() > b.terms[j].hash():
			either += titleWord(b.terms[j])
			onlyB += titleNumber(b.terms[j])
			j++
		default:
			p, q := titleWord(a.terms[i]), titleWord(b.terms[j])
			either += max(p, q)
			if p > 0 && q > 0 {
				both += max(p, q)
			}
			i++
			j++
		}
	}
	if onlyA == 0 || onlyB == 0 || either == 0 {
		return false
	}
	least := otherForm
	if a.source == b.source {
		least = ownForm
	}
	return float64(both) >= least*float64(either)
}

// titleWord is the weight of a term as a word of the headline; 0 if it is a
// number or of the text only.
func titleWord(t term) int64 {
	if t.flags()&(termTitle|termNumber) != termTitle {
		return 0
	}
	return t.weight()
}
