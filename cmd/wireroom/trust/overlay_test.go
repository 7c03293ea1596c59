//go:build linux

package trust_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/wireroom/wireroom/internal/built"
)

// switches are edits that the environment switches on, but for the first: the
// claims of a process that was killed end by time, after three minutes or more,
// and a test that kills every second would soon see nothing polled at all.
var switches = []built.Edit{
	{File: "aggregator/collector.go", Text: "return longest + pastTime + pagesTime + leaseSlack", With: "return min(2*time.Second, longest+pastTime+pagesTime+leaseSlack)"},
	{File: "cmd/wireroom/house.go", Text: "now.Add(-retention)", With: "now.Add(-forgetAfter(retention))"},
	{File: "cmd/wireroom/house.go", Text: "\ttick := time.NewTicker(houseEvery)\n", With: "\ttick := time.NewTicker(min(houseEvery, forgetAfter(houseEvery)))\n"},
	{File: "aggregator/store/network_linux.go", Text: "int64(uint32(stat.Type))", With: "fileSystem(int64(uint32(stat.Type)))"},
	{File: "aggregator/store/session.go", Text: "\tres, err := s.on.ExecContext(ctx, s.words.of(query), args...)\n", With: "\tif err := planted(query); err != nil {\n\t\treturn 0, err\n\t}\n\tres, err := s.on.ExecContext(ctx, s.words.of(query), args...)\n"},
	{File: "aggregator/store/session.go", Text: "\trows, err := s.on.QueryContext(ctx, s.words.of(query), args...)\n", With: "\tif err := planted(query); err != nil {\n\t\treturn err\n\t}\n\trows, err := s.on.QueryContext(ctx, s.words.of(query), args...)\n"},
}

// bed is the program that testbed has built.
var bed struct {
	sync.Mutex
	bin string
}

// testbed builds the program with all points at which it can be ended and all
// switches. Without their variables in the environment it is the program.
func testbed(t *testing.T) string {
	t.Helper()
	bed.Lock()
	defer bed.Unlock()
	if bed.bin != "" {
		return bed.bin
	}
	further := map[string]string{"cmd/wireroom/faults.go": faults, "aggregator/store/planted.go": planted}
	edits := slices.Clone(switches)
	for _, p := range points {
		dir := filepath.Dir(p.file)
		name := filepath.Base(dir)
		if name == "wireroom" {
			name = "main"
		}
		further[dir+"/failpoint.go"] = fmt.Sprintf(failpoint, name)
		edits = append(edits, built.Edit{File: p.file, Text: p.text, With: fmt.Sprintf("failpoint(%q)\n%s", p.name, p.text)})
	}
	bed.bin = built.Edited(t, edits, further)
	return bed.bin
}
