//go:build linux

package trust

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// A Row is what came of one part of the programme.
type Row struct {
	Part    string // its number in the programme, such as "R1"
	What    string
	Count   string // what was really run
	Seed    string // of the random choices; empty: there are none
	Result  string
	Date    string // of the run, and the time it took
	Command string // that runs it again
}

const head = `# What the promises rest on

Each part of the programme is run upon the built program and held against a
model of what its sources have published: nothing lost, nothing doubled,
nothing torn, no id changed. ` + "`make trust`" + ` runs all of it in less than two
hours on two processors, and each part has a target of its own. This table is
written by the programme: a row tells of the last run of its part, with the
number that was really run. What it has found is in [bugs.md](bugs.md).

| part | what | count | seed | result | date | command |
|---|---|---|---|---|---|---|
`

func (r Row) line() string {
	cell := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "|", "/"), "\n", " ") }
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | `%s` |\n", cell(r.Part), cell(r.What), cell(r.Count), cell(r.Seed), cell(r.Result), cell(r.Date), cell(r.Command))
}

// Record writes a row into the table at path, in the place of the one that the
// part had. Several processes may do so at once.
func Record(path string, row Row) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := []string{row.line()}
	for line := range strings.Lines(string(text)) {
		if part := partOf(line); part != "" && part != row.Part {
			lines = append(lines, line)
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return byPart(partOf(a), partOf(b)) })
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt([]byte(head+strings.Join(lines, "")), 0)
	return err
}

// partOf returns the part that a line of the table tells of; empty: none.
func partOf(line string) string {
	cells := strings.Split(line, "|")
	if len(cells) < 8 {
		return ""
	}
	if part := strings.TrimSpace(cells[1]); len(part) > 1 && part[1] >= '0' && part[1] <= '9' {
		return part
	}
	return ""
}

// byPart orders parts by their letter and number: R2 before R10.
func byPart(a, b string) int {
	number := func(s string) int {
		n, _ := strconv.Atoi(strings.TrimRight(s[1:], "abcdefghijklmnopqrstuvwxyz")) // 0 for what is none
		return n
	}
	return cmp.Or(cmp.Compare(a[:1], b[:1]), cmp.Compare(number(a), number(b)), cmp.Compare(a, b))
}
