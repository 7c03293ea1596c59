// Package aggregator turns sources into filings: collect and file, the order
// of the stages, written once.
package aggregator
