package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/internal/built"
)

// TestHealthcheckSpeaksTLS: a wireroom with a certificate is asked by HTTPS,
// also where the certificate is for a name that is not this machine's.
func TestHealthcheckSpeaksTLS(t *testing.T) {
	well := true
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" || !well {
			http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	for _, certificate := range []config.TLS{{Cert: "cert.pem", Key: "key.pem"}, {ACME: []string{"feeds.wireroom.test"}}} {
		at := config.Server{Listen: server.Listener.Addr().String(), TLS: certificate}
		well = true
		if err := healthy(t.Context(), at); err != nil {
			t.Errorf("%+v: %v", certificate, err)
		}
		well = false
		if err := healthy(t.Context(), at); err == nil {
			t.Errorf("%+v: said to be well and is not", certificate)
		}
	}
}

// TestHealthcheckOfFaultyFile: a mistake in feeds.yaml changes nothing of the
// wireroom that runs, and so nothing of its health.
func TestHealthcheckOfFaultyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "feeds.yaml")
	for text, want := range map[string]string{
		"server: {listen: \"127.0.0.1:9\"}\ntopcis: {}\n":  "127.0.0.1:9",
		"server: {listen: \"127.0.0.1:9\"}\nsources:\n\ta": ":8080",
		"": ":8080",
	} {
		write(t, path, text)
		if at, err := asked(path); err != nil || at.Listen != want {
			t.Errorf("%q: asked at %q, want %q (%v)", text, at.Listen, want, err)
		}
	}
	if _, err := asked(filepath.Join(filepath.Dir(path), "none.yaml")); err == nil {
		t.Error("a file that is not there is asked for")
	}
}

// TestHealthNamesNoStore: whoever can reach the feeds can ask for health, and is
// not told where the store is; the log is, and once.
func TestHealthNamesNoStore(t *testing.T) {
	t.Parallel()
	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: hidden-store.db\n"+
		"sources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n", addr))
	p := start(t, dir, built.Program(t))
	await(t, time.Minute, "the program serves", func() bool { _, ok := get("http://" + addr + "/healthz"); return ok || p.Ended() })
	if err := os.Rename(filepath.Join(dir, "hidden-store.db"), filepath.Join(dir, "away.db")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/healthz", "/readyz", "/healthz"} {
		if text, ok := get("http://" + addr + path); ok || !strings.Contains(string(text), "the store does not answer") || strings.Contains(string(text), "hidden") {
			t.Errorf("%s says %q (%v)", path, text, ok)
		}
	}
	if n := strings.Count(p.Log.String(), "hidden-store.db is no longer the file"); n != 1 {
		t.Errorf("the log says %d times why:\n%s", n, p.Log.String())
	}
}
