// Package scale measures what several processes over one PostgreSQL database
// come to, and keeps docs/scale.md. It has tests only: small ones in the suite,
// and the same ones at their full size by "make scale". In paper.go it is
// computed what a million sources need, from what was measured.
package scale
