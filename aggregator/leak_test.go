package aggregator_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/wireroom/wireroom/internal/race"
)

// TestMain fails where a test leaves a goroutine behind.
func TestMain(m *testing.M) {
	race.Bubbles()
	goleak.VerifyTestMain(m)
}
