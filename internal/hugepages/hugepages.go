// Package hugepages lays a large heap in huge pages of memory, where the system
// has them for whoever asks. Nearly every look into gigabytes of small pages first
// waits for where its page is; see docs/decisions/0084-huge-pages.md.
package hugepages
