// Package serve hands out finished documents over HTTP.
//
// A Server holds documents in memory, as they are and, where somebody asks for it,
// in gzip. A request touches no store and renders nothing: it finds the bytes by
// their path, and answers from them or with "not modified". Nothing of a request
// but its method, its path, its conditions, its accepted codings and a private
// topic's token has any influence: not Host, not a forwarding header, not an
// unknown query.
//
// Documents that are too many to hold, such as a story's page or a topic's
// archive, are found through Options.Find, a few at a time and kept for a
// while.
package serve
