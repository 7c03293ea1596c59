package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/wireroom/wireroom/internal/built"
)

// TestScripts runs the commands as a person would, on the built program. In a
// script $ORIGIN is a server with the feed /feed.xml, and with the two outlets
// of testdata/origin: /wire.xml, and /paper.xml, which /site.html advertises.
func TestScripts(t *testing.T) {
	t.Parallel()
	outlets := http.FileServer(http.Dir(filepath.Join("testdata", "origin")))
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/feed.xml" {
			fmt.Fprint(w, bulletin("harbour", 3))
			return
		}
		outlets.ServeHTTP(w, r)
	}))
	t.Cleanup(origin.Close)
	bin := filepath.Dir(built.Program(t))
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("ORIGIN", origin.URL)
			return nil
		},
	})
}
