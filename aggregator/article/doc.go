// Package article reads web pages: the page of one article, to complete an
// item of which the feed gave a summary only; a page that lists articles, as
// the feed that it has not got; and a site's page, for the feeds that it
// advertises. It is pure: the caller fetches. What it gives is verbatim as a
// feed's would be; nothing of it is sanitised yet.
package article
