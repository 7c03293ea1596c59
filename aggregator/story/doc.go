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
// Reports are found by the words of title and lead, each by how rare it is in
// the window and, at the beginning, in any news. An item joins the story to
// whose closest members it is close enough; how close that is depends on how
// short it is, on how many members there are, and on how many items the day
// holds. That decision is made early and in doubt, so it is strict, and an item
// that has joined a story makes it look about once more: the stories near the
// item whose members are all in all like its own become one with it. Stories
// that are one are never taken apart again.
//
// The package is pure but for its index: it does no input or output, asks no
// clock, and the same records always give the same decisions.
package story
