//go:build !race

package store_test

// share divides counts where every access to memory is watched; not here.
const share = 1
