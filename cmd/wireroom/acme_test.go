package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/internal/built"
)

// TestACME lets the program obtain a certificate from Pebble, the small
// authority of Let's Encrypt, which asks it at its TLS port as the large one
// does. The certificate is served at once and after a restart without the
// authority, and it is told where there is none.
func TestACME(t *testing.T) {
	t.Parallel()
	const host = "feeds.wireroom.test"
	pebble, dir, addr := installed(t, "pebble"), t.TempDir(), built.FreeAddress(t)
	directory, management := built.FreeAddress(t), built.FreeAddress(t)
	_, port, _ := net.SplitHostPort(addr)
	writeAuthority(t, dir)
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": directory, "managementListenAddress": management, "tlsPort": json.Number(port), "httpPort": 1,
		"certificate": filepath.Join(dir, "authority.pem"), "privateKey": filepath.Join(dir, "authority-key.pem"),
		"keyAlgorithm": "ecdsa", "retryAfter": map[string]int{"authz": 1, "order": 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "pebble.json"), string(settings))
	cmd := exec.Command(pebble, "-strict", "-config", "pebble.json", "-dnsserver", names(t))
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	ca := startCommand(t, dir, cmd)

	config := fmt.Sprintf("server: {listen: %q, base_url: \"https://%s\", tls: {acme: [%[2]s], acme_directory: \"https://%s/dir\"}}\n"+
		"defaults: {allow_private: true}\nsources: {harbour: \"http://127.0.0.1:1/\"}\ntopics: {all: {}}\n", addr, host, directory)
	serve := func(at string) *process {
		write(t, filepath.Join(at, "feeds.yaml"), config)
		cmd := exec.Command(built.Program(t))
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(dir, "authority.pem"))
		return startCommand(t, at, cmd)
	}
	var roots *x509.CertPool
	await(t, time.Minute, "the authority's root", func() bool {
		roots = rootsAt(management)
		return roots != nil
	})
	p := serve(dir)
	var first *http.Response
	await(t, 2*time.Minute, "a certificate", func() bool {
		first = over(addr, host, roots)
		return first != nil
	})
	if first.StatusCode != http.StatusOK || first.ProtoMajor != 2 {
		t.Errorf("answered %s %s, want 200 over HTTP/2", first.Proto, first.Status)
	}
	if over(addr, "other.wireroom.test", roots) != nil {
		t.Error("a certificate was obtained for a host that is not named")
	}
	if _, err := p.Stop(); err != nil {
		t.Error(err)
	}
	ca.Kill()

	p = serve(dir)
	var again *http.Response
	await(t, time.Minute, "the certificate after a restart, though the authority is away", func() bool {
		again = over(addr, host, roots)
		return again != nil
	})
	serial := func(r *http.Response) string { return r.TLS.PeerCertificates[0].SerialNumber.String() }
	if serial(first) != serial(again) {
		t.Error("after a restart another certificate is served")
	}
	p.Kill()

	p = serve(t.TempDir())
	await(t, time.Minute, "a word on why there is no certificate", func() bool {
		over(addr, host, roots)
		return strings.Contains(p.Log.String(), "there is no certificate") && strings.Contains(p.Log.String(), host)
	})
}

func TestCertificatesAreKeptBesideTheStore(t *testing.T) {
	for store, want := range map[string]string{
		"data/wireroom.db": "data/certificates", "/var/lib/wireroom/w.db": "/var/lib/wireroom/certificates", "w.db": "certificates",
		"postgres://desk:s3cret@db.example/wireroom": "data/certificates",
	} {
		if got := certificates(store); got != want {
			t.Errorf("with the store %s certificates are kept in %s, want %s", store, got, want)
		}
	}
}

// TestAddressWithCertificates: where base_url is not set, what is published leads
// to where it is served with certificates.
func TestAddressWithCertificates(t *testing.T) {
	for want, server := range map[string]config.Server{
		"http://localhost:8080":      {Listen: ":8080"},
		"https://localhost:8443":     {Listen: ":8443", TLS: config.TLS{Cert: "cert.pem", Key: "key.pem"}},
		"https://feeds.example.org":  {Listen: ":443", TLS: config.TLS{ACME: []string{"feeds.example.org", "other.example.org"}}},
		"https://public.example.org": {Listen: ":443", TLS: config.TLS{ACME: []string{"feeds.example.org"}}, BaseURL: "https://public.example.org"},
	} {
		if got := baseURL(&config.Config{Server: server}); got != want {
			t.Errorf("%+v: %s, want %s", server, got, want)
		}
	}
}

// writeAuthority writes the certificate of the authority's own server, signed
// by itself, and its key.
func writeAuthority(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
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
	write(t, filepath.Join(dir, "authority.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "authority-key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})))
}

// names is a name server that gives every name this machine's address. It
// speaks TCP, which is how Pebble asks.
func names(t *testing.T) string {
	t.Helper()
	door := listen(t)
	go func() {
		for {
			conn, err := door.Accept()
			if err != nil {
				return
			}
			go answerNames(conn)
		}
	}()
	return door.Addr().String()
}

func answerNames(conn net.Conn) {
	defer conn.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(conn, size[:]); err != nil {
			return
		}
		packet := make([]byte, binary.BigEndian.Uint16(size[:]))
		var m dnsmessage.Message
		if _, err := io.ReadFull(conn, packet); err != nil || m.Unpack(packet) != nil || len(m.Questions) != 1 {
			return
		}
		q := m.Questions[0]
		m.Response, m.Additionals = true, nil
		if q.Type == dnsmessage.TypeA {
			head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}
			m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
		}
		reply, err := m.AppendPack(size[:])
		if err != nil {
			return
		}
		binary.BigEndian.PutUint16(reply, uint16(len(reply)-len(size)))
		if _, err := conn.Write(reply); err != nil {
			return
		}
	}
}

// rootsAt returns what Pebble signs with, or nil where it does not answer yet.
func rootsAt(management string) *x509.CertPool {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + management + "/roots/0")
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	root, err := io.ReadAll(resp.Body)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(root) {
		return nil
	}
	return pool
}

// over asks for the front page by HTTPS, as a reader that believes roots. It
// returns nil where there is no certificate that is good for host.
func over(addr, host string, roots *x509.CertPool) *http.Response {
	client := &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + host + "/healthz")
	if err != nil {
		return nil
	}
	resp.Body.Close()
	return resp
}
