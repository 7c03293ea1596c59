package serve

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// writePair writes a certificate with that serial number.
func writePair(t *testing.T, dir string, serial int64) TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "feeds.example.org"}, DNSNames: []string{"feeds.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pair := TLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	for path, block := range map[string]*pem.Block{pair.Cert: {Type: "CERTIFICATE", Bytes: der}, pair.Key: {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stamp := time.Unix(1_700_000_000+serial, 0)
	if err := os.Chtimes(pair.Cert, stamp, stamp); err != nil {
		t.Fatal(err)
	}
	return pair
}

func TestCertificatesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	files := writePair(t, dir, 1)
	config, err := files.Config()
	if err != nil {
		t.Fatal(err)
	}
	if c, err := config.GetCertificate(nil); err != nil || len(c.Certificate) != 1 {
		t.Fatalf("%v, %v", c, err)
	}
	pair := &keyPair{cert: files.Cert, key: files.Key}
	now := time.Now()
	serial := func() int64 {
		t.Helper()
		c, err := pair.current(now)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(c.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	if got := serial(); got != 1 {
		t.Errorf("serial number %d, want 1", got)
	}
	writePair(t, dir, 2)
	if now = now.Add(2 * lookEvery); serial() != 2 {
		t.Error("a renewed certificate is not used")
	}
	if err := os.WriteFile(files.Cert, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if now = now.Add(2 * lookEvery); serial() != 2 {
		t.Error("a broken file has ended the certificate before")
	}
}

// TestUnusableCertificateIsTold: of a renewed certificate that cannot be used the log
// tells at growing distances, but not in the moment in which it is written.
func TestUnusableCertificateIsTold(t *testing.T) {
	files := writePair(t, t.TempDir(), 1)
	var log bytes.Buffer
	files.Log = slog.New(slog.NewTextHandler(&log, nil))
	synctest.Test(t, func(t *testing.T) {
		config, err := files.Config()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(files.Cert, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		for look, want := range []int{0, 0, 1, 1, 2, 2, 2, 2, 3} {
			if c, err := config.GetCertificate(nil); err != nil || c == nil {
				t.Fatalf("the certificate before is not used: %v", err)
			}
			if n := strings.Count(log.String(), "cannot be used"); n != want {
				t.Errorf("after %d looks it is told %d times, want %d", look, n, want)
			}
			time.Sleep(lookEvery)
		}
	})
}

func TestTLSConfig(t *testing.T) {
	if c, err := (TLS{}).Config(); c != nil || err != nil {
		t.Errorf("plain HTTP: %v, %v", c, err)
	}
	if _, err := (TLS{Cert: "/none/cert.pem", Key: "/none/key.pem"}).Config(); err == nil {
		t.Error("files that are not there are accepted")
	}
	if _, err := (TLS{ACME: []string{"feeds.example.org"}}).Config(); err == nil {
		t.Error("ACME without a folder is accepted: every start would ask for certificates anew")
	}
	c, err := TLS{ACME: []string{"feeds.example.org"}, Cache: t.TempDir()}.Config()
	if err != nil || c.GetCertificate == nil {
		t.Errorf("ACME: %v, %v", c, err)
	}
}
