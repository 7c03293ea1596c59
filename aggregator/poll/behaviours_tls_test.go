package poll

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wireroom/wireroom/aggregator/news"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// An authority signs certificates for the tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	return &authority{sign(t, template, template, key.Public(), key), key}
}

func sign(t *testing.T, template, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// leaf returns a certificate for localhost, changed by change.
func (ca *authority) leaf(t *testing.T, change func(c *x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	if change != nil {
		change(template)
	}
	return tls.Certificate{Certificate: [][]byte{sign(t, template, ca.cert, key.Public(), ca.key).Raw}, PrivateKey: key}
}

func goodCert(t *testing.T, ca *authority) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{ca.leaf(t, nil)}}
}

func withCert(change func(c *x509.Certificate)) func(*testing.T, *authority) *tls.Config {
	return func(t *testing.T, ca *authority) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{ca.leaf(t, change)}}
	}
}

// manyNames makes a certificate of so many names, of which the last is right.
func manyNames(n int) func(c *x509.Certificate) {
	return func(c *x509.Certificate) {
		c.DNSNames = nil
		for i := range n {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf("host-%d.a-rather-long-name.example.org", i))
		}
		c.DNSNames = append(c.DNSNames, "localhost")
	}
}

// A pretender has a public key and cannot sign.
type pretender struct{ pub *rsa.PublicKey }

func (p pretender) Public() crypto.PublicKey { return p.pub }
func (p pretender) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, p.pub.Size()), nil
}

func tlsMisbehaviours() map[string]misbehaviour {
	ok := status(200)
	all := map[string]misbehaviour{
		"expired": {web: ok, want: broken, tls: withCert(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-24 * time.Hour) })},
		"self-signed": {web: ok, want: broken, tls: func(t *testing.T, _ *authority) *tls.Config {
			return goodCert(t, newAuthority(t))
		}},
		"incomplete-chain": {web: ok, want: broken, tls: func(t *testing.T, ca *authority) *tls.Config {
			key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			template := &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "between"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
			between := &authority{sign(t, template, ca.cert, key.Public(), ca.key), key}
			return goodCert(t, between)
		}},
		"1000-sans":  {web: ok, tls: withCert(manyNames(1000)), want: append(document, broken...)},
		"10000-sans": {web: ok, tls: withCert(manyNames(10000)), want: broken},
		"rsa8192": {web: ok, want: broken, tls: func(t *testing.T, ca *authority) *tls.Config {
			n := new(big.Int).Lsh(big.NewInt(1), 8191)
			n.Add(n, big.NewInt(1))
			pub := &rsa.PublicKey{N: n, E: 65537}
			template := &x509.Certificate{SerialNumber: big.NewInt(4), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
			cert := sign(t, template, ca.cert, pub, ca.key)
			return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: pretender{pub}}}}
		}},
		"tls10": {web: ok, want: broken, tls: func(t *testing.T, ca *authority) *tls.Config {
			cfg := goodCert(t, ca)
			cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
			return cfg
		}},
		"null-cipher": {web: ok, want: broken, tls: func(t *testing.T, ca *authority) *tls.Config {
			cfg := goodCert(t, ca)
			cfg.MaxVersion = tls.VersionTLS12
			cfg.CipherSuites = []uint16{tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}
			return cfg
		}},
		"h2-rst":            h2(func(f *http2.Framer, stream uint32, _ int) { f.WriteRSTStream(stream, http2.ErrCodeInternal) }, broken),
		"h2-goaway":         h2(goAwayFirst, document),
		"h2-settings-flood": h2(settingsFlood, []news.Outcome{news.OutcomeTimeout, news.OutcomeNetwork}),
		"h2-continuation":   h2(continuationFlood, []news.Outcome{news.OutcomeTimeout, news.OutcomeNetwork}),
	}
	all["keyupdate-flood"] = keyUpdateFlood()
	return all
}

// h2 is a server that speaks HTTP/2 up to the first request of a connection.
func h2(answer func(f *http2.Framer, stream uint32, conn int), want []news.Outcome) misbehaviour {
	var conns atomic.Int64
	return misbehaviour{
		want: want,
		tls: func(t *testing.T, ca *authority) *tls.Config {
			cfg := goodCert(t, ca)
			cfg.NextProtos = []string{"h2"}
			return cfg
		},
		serve: func(conn net.Conn) {
			n := int(conns.Add(1))
			preface := make([]byte, len(http2.ClientPreface))
			if _, err := io.ReadFull(conn, preface); err != nil {
				return
			}
			f := http2.NewFramer(conn, conn)
			f.WriteSettings()
			for {
				frame, err := f.ReadFrame()
				if err != nil {
					return
				}
				if headers, ok := frame.(*http2.HeadersFrame); ok {
					answer(f, headers.StreamID, n)
				}
			}
		},
	}
}

func headerBlock(fields ...string) []byte {
	var b strings.Builder
	enc := hpack.NewEncoder(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return []byte(b.String())
}

// goAwayFirst sends the first connection away and answers on the next.
func goAwayFirst(f *http2.Framer, stream uint32, conn int) {
	if conn == 1 {
		f.WriteGoAway(0, http2.ErrCodeNo, nil)
		return
	}
	f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: headerBlock(":status", "200"), EndHeaders: true})
	f.WriteData(stream, true, []byte("feed"))
}

func settingsFlood(f *http2.Framer, _ uint32, _ int) {
	for f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 16}) == nil {
	}
}

func continuationFlood(f *http2.Framer, stream uint32, _ int) {
	err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: headerBlock(":status", "200")})
	for i := 0; err == nil; i++ {
		err = f.WriteContinuation(stream, false, headerBlock("x-header", strings.Repeat("x", 1000)))
	}
}

// keyUpdateFlood shakes hands properly and then changes its key without end.
// The standard library's server cannot be made to do so, so the records are
// sealed here with the secret from its key log (RFC 8446 sections 5 and 7.2).
func keyUpdateFlood() misbehaviour {
	secrets := &keyLog{lines: make(chan []byte, 16)}
	return misbehaviour{
		want: []news.Outcome{news.OutcomeNetwork, news.OutcomeTimeout},
		tls: func(t *testing.T, ca *authority) *tls.Config {
			cfg := goodCert(t, ca)
			cfg.SessionTicketsDisabled = true
			cfg.CurvePreferences = []tls.CurveID{tls.X25519}
			cfg.KeyLogWriter = secrets
			return cfg
		},
		serve: func(conn net.Conn) {
			tc := conn.(*tls.Conn)
			if tc.Handshake() != nil || tc.ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
				return
			}
			secret := <-secrets.lines
			for {
				record, next, err := sealKeyUpdate(secret)
				if err != nil {
					return
				}
				if _, err := tc.NetConn().Write(record); err != nil {
					return
				}
				secret = next
			}
		},
	}
}

// A keyLog hands over the server's application secrets.
type keyLog struct{ lines chan []byte }

func (k *keyLog) Write(p []byte) (int, error) {
	fields := strings.Fields(string(p))
	if len(fields) == 3 && fields[0] == "SERVER_TRAFFIC_SECRET_0" {
		if secret, err := hex.DecodeString(fields[2]); err == nil {
			k.lines <- secret
		}
	}
	return len(p), nil
}

func expandLabel(secret []byte, label string, n int) ([]byte, error) {
	info := binary.BigEndian.AppendUint16(nil, uint16(n))
	info = append(info, byte(len("tls13 "+label)))
	info = append(info, "tls13 "+label...)
	return hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
}

// sealKeyUpdate returns the first record under a secret, a key update, and the
// secret that follows.
func sealKeyUpdate(secret []byte) (record, next []byte, err error) {
	key, err := expandLabel(secret, "key", 16)
	if err != nil {
		return nil, nil, err
	}
	iv, err := expandLabel(secret, "iv", 12)
	if err != nil {
		return nil, nil, err
	}
	if next, err = expandLabel(secret, "traffic upd", 32); err != nil {
		return nil, nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, nil, err
	}
	message := []byte{24, 0, 0, 1, 0, 22} // key_update, not requested; content type handshake
	head := []byte{23, 3, 3, 0, byte(len(message) + aead.Overhead())}
	return aead.Seal(head, iv, message, head), next, nil
}
