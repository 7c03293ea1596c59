package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// TestDigest: however long the parts are, it is the sum of all of them at once.
func TestDigest(t *testing.T) {
	for _, n := range []int{0, 1, 1019, 1020, 1021, 1023, 1024, 1025, 2047, 2048, 2049, 10_000} {
		parts := []string{"a title", strings.Repeat("0123456789", n/10+1)[:n], "", "place"}
		var whole strings.Builder
		for _, p := range parts {
			fmt.Fprintf(&whole, "%d:%s", len(p), p)
		}
		sum := sha256.Sum256([]byte(whole.String()))
		if got, want := digest(parts...), hex.EncodeToString(sum[:16]); got != want {
			t.Errorf("with %d bytes: %s, not %s", n, got, want)
		}
	}
}
