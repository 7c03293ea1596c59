// Package newsroom is an invented press: outlets and agencies in several
// languages, the day of news that they tell, and the servers that their feeds
// and pages stand on. It is what "wireroom demo" polls.
//
// The day is written down in the files of the folder day: who publishes what
// when, what is a copy of whose text, and how it was cut, headed anew or
// corrected. The newsroom plays it by a clock of its own, which runs faster
// than the wall's. Whatever it serves depends on that clock alone.
//
// No outlet, place, person or event in it is real.
package newsroom
