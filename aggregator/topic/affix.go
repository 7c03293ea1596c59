package topic

import "slices"

// affixes are the terms that are the beginning, the end or any part of a word.
// A word costs the same however many there are: each of its parts that is as
// long as some term is looked up.
type affixes struct {
	atoms   [inside + 1]map[string][]int // by kind, then by the folded text
	lengths [inside + 1][]int            // of the texts, in bytes, ascending
}

func (a *affixes) any() bool {
	return len(a.lengths[prefix])+len(a.lengths[suffix])+len(a.lengths[inside]) > 0
}

// add adds an atom of a kind.
func (a *affixes) add(k kind, folded string, atom int) {
	if a.atoms[k] == nil {
		a.atoms[k] = map[string][]int{}
	}
	a.atoms[k][folded] = append(a.atoms[k][folded], atom)
	if at, ok := slices.BinarySearch(a.lengths[k], len(folded)); !ok {
		a.lengths[k] = slices.Insert(a.lengths[k], at, len(folded))
	}
}

// appendAtoms appends the atoms that a folded word fulfils.
func (a *affixes) appendAtoms(atoms []int, word string) []int {
	for _, n := range a.lengths[prefix] {
		if n <= len(word) {
			atoms = append(atoms, a.atoms[prefix][word[:n]]...)
		}
	}
	for _, n := range a.lengths[suffix] {
		if n <= len(word) {
			atoms = append(atoms, a.atoms[suffix][word[len(word)-n:]]...)
		}
	}
	for _, n := range a.lengths[inside] {
		for i := 0; i+n <= len(word); i++ {
			atoms = append(atoms, a.atoms[inside][word[i:i+n]]...)
		}
	}
	return atoms
}
