package main

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/wireroom/wireroom/aggregator/config"
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
