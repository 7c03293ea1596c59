// Package built builds the program and runs it beside a test, as its users would.
package built

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wireroom/wireroom/internal/race"
)

var programs struct {
	sync.Mutex
	dir  string
	bins map[string]string // by the further arguments
}

// Program returns the path of the program, built as users build it but for the
// further arguments of go build, before which may stand NAME=VALUE for its environment.
// The race detector does not see into another process: under it the test is left out,
// and goes on without it.
func Program(tb testing.TB, args ...string) string {
	tb.Helper()
	if race.Enabled {
		tb.Skip("the built program is tested without the race detector")
	}
	programs.Lock()
	defer programs.Unlock()
	key := strings.Join(args, " ")
	if bin, ok := programs.bins[key]; ok {
		return bin
	}
	if programs.dir == "" {
		dir, err := os.MkdirTemp("", "wireroom-built")
		if err != nil {
			tb.Fatal(err)
		}
		programs.dir, programs.bins = dir, map[string]string{}
	}
	bin := filepath.Join(programs.dir, fmt.Sprint(len(programs.bins)), "wireroom")
	env := append(os.Environ(), "CGO_ENABLED=0")
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		env, args = append(env, args[0]), args[1:]
	}
	cmd := exec.Command("go", append(append([]string{"build", "-o", bin}, args...), "github.com/wireroom/wireroom/cmd/wireroom")...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("go build: %v\n%s", err, out)
	}
	programs.bins[key] = bin
	return bin
}

// Main runs the tests of a package, removes what they built, and returns the
// code to exit with.
func Main(m *testing.M) int {
	defer func() {
		if programs.dir != "" {
			os.RemoveAll(programs.dir)
		}
	}()
	return m.Run()
}

// The ports that FreeAddress gives are none that a system gives by itself to who
// asks for any, be it to listen or to dial: such a one might be taken before the
// program listens there, or while it is started again.
const (
	firstPort = 10_000
	lastPort  = 32_000
)

var lastGiven atomic.Int64

// FreeAddress returns a loopback address at which nobody listens. It is given
// once; other processes begin elsewhere.
func FreeAddress(tb testing.TB) string {
	tb.Helper()
	lastGiven.CompareAndSwap(0, 1+rand.Int64N(lastPort-firstPort))
	for range 100 {
		port := firstPort + lastGiven.Add(1)%(lastPort-firstPort)
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err != nil {
			continue // somebody else's
		}
		defer l.Close()
		return l.Addr().String()
	}
	tb.Fatal("no port is free")
	return ""
}
