// Package story decides what is the same story. Items arrive in the order of
// the log; for each, in one pass, Index.Add answers
//
//  1. is it the same item by exact identity (link, guid, title and text)?
//  2. is it a copy: the same text, lightly edited, trimmed or re-headlined?
//  3. is it a report: another text on the same event?
//
// and gives a decision with its evidence. The index lives in memory and holds
// the items of a window of days. What it knows of an item is the decision's
// Sketch and nothing else, so that an index restored from the stored decisions
// decides exactly as one that never stopped.
//
// The package is pure but for its index: it does no input or output, asks no
// clock, and the same records always give the same decisions.
package story
