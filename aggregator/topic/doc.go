// Package topic turns stories into filings: it holds the rules of all topics
// and says of a story which topics take it, with which members, and by which
// clause. It does no input or output, and the same story under the same rules
// always gives the same filings.
//
// # What a topic takes
//
// A member of a story is taken by a topic if it passes every clause: it comes
// from one of the sources (from), is in one of the languages (language), its
// words fulfil match, and the expression is true (where). Another report or
// copy of the same story whose own words neither fulfil match nor touch its
// none is taken beside such a member, as a further outlet, but never shown in
// its place. The story must then have its publishers (min_families, spread).
//
// # Terms
//
// A term of match is compared with the title and the text of an item, word by
// word; words are segmented by UAX #29, so that every script can be searched.
//
//	Ukraine             the word in any case, with or without accents, in any
//	                    inflection that the stemmer of the item's language knows
//	Minsk agreements    the words one after another
//	"US"                as written: this case, these accents, this form
//	Lavrov "US"         both kinds in one phrase
//	sanction*           any word that begins so, in any case; *schaft one that ends
//	                    so, *schiff* one that has it in it
//	title: Ukraine      in one field only: title, text, author, category, url
//	/G(7|20)/           a regular expression (RE2); /…/i ignores case
//
// # Expressions
//
// The expression of where is checked when the rules are compiled; its fields
// are those of Env. Regular expressions, in match and in where, are bounded in
// length and in what they may cost an item (see limits in regex.go).
package topic
