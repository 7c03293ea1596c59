//go:build race

package store_test

// share divides counts where every access to memory is watched, which makes
// SQLite some ten times slower.
const share = 5
