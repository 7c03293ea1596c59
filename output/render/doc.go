// Package render makes finished documents: a topic's feed as RSS 2.0, Atom 1.0
// and JSON Feed 1.1, lists of sources as OPML, and the pages for people.
//
// It is pure. The same data always gives the same bytes: every date comes from
// the data, nothing from the clock, and nothing is taken from a map without an
// order. That is what makes the ETags of two renders, of two processes and of
// two replicas equal.
//
// The three formats are written from one model, the entry (entry.go), so that
// a reader of one sees what a reader of another sees. The structs of
// gorilla/feeds hold the plain values; they are embedded in structs of this
// package, which add what those leave out and shadow what those get wrong.
//
// What comes from feeds has been sanitised before; texts and links are looked
// at once more here all the same, because this is the last place where anyone
// can: no character outside XML 1.0 and no link but http and https leaves.
package render
