package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestDemo lets the built program play the newsroom, until a story has
// gathered its outlets.
func TestDemo(t *testing.T) {
	bin, temporary, addr := built.Program(t), t.TempDir(), built.FreeAddress(t)
	t.Setenv("TMPDIR", temporary)
	p := start(t, t.TempDir(), bin, "demo", "--listen", addr, "--speed", "6000")
	base := "http://" + addr
	ferry := func() (outlets int, told bool) {
		body, ok := get(base + "/topics/news.json")
		var feed published
		if !ok || json.Unmarshal(body, &feed) != nil {
			return 0, false
		}
		for _, it := range feed.Items {
			if strings.Contains(it.Title, "runs aground off Skarholm") {
				outlets = max(outlets, 1+len(it.Extension.Also))
				told = told || strings.HasPrefix(it.Title, "CORRECTED")
			}
		}
		return outlets, told
	}
	await(t, time.Minute, "the ferry told by four outlets, and corrected", func() bool {
		outlets, corrected := ferry()
		return outlets >= 4 && corrected
	})
	await(t, 20*time.Second, "the same on the page", func() bool {
		page, ok := get(base + "/topics/news")
		return ok && bytes.Contains(page, []byte("Inland Post")) && bytes.Contains(page, []byte("青屿"))
	})
	if page, ok := get(base + "/sources"); !ok || !bytes.Contains(page, []byte("Ferndale Gazette")) {
		t.Error("the dead source is not shown")
	}
	if !strings.Contains(p.Log.String(), "Open "+base+"/topics/news") {
		t.Errorf("it does not say what to open: %s", p.Log)
	}
	if took, err := p.Stop(); err != nil || took > 8*time.Second {
		t.Errorf("SIGTERM: stopped after %s, %v", took, err)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind, %v", left, err)
	}
}

func TestDemoSpeed(t *testing.T) {
	var out, errOut bytes.Buffer
	for _, speed := range []string{"0", "-5", "1e9", "NaN", "fast"} {
		errOut.Reset()
		if code := run(t.Context(), []string{"demo", "--speed", speed}, nil, &out, &errOut); code != exitUsage {
			t.Errorf("--speed %s: exit code %d, %s", speed, code, &errOut)
		}
	}
}
