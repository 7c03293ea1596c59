package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/config"
)

// TestFlaws is TestBad of package config for what the rules of topics hold:
// each file has one fault, which its name tells, and the message beside it is
// what a user reads.
func TestFlaws(t *testing.T) {
	t.Chdir(filepath.Join("testdata", "rules"))
	files, err := filepath.Glob("*.bad.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		_, err := load(file, nil)
		var problems config.Problems
		if !errors.As(err, &problems) || len(problems) != 1 {
			t.Errorf("%s: not one problem: %v", file, err)
			continue
		}
		got := problems.Error() + "\n"
		beside := strings.TrimSuffix(file, ".yaml") + ".txt"
		if *update {
			if err := os.WriteFile(beside, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, _ := os.ReadFile(beside)
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}
