package serve

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
	"golang.org/x/time/rate"
)

// TLS says where certificates come from. All empty: plain HTTP.
type TLS struct {
	Cert, Key string       // paths of PEM files; read again when they change, as renewals do
	ACME      []string     // host names to obtain certificates for
	Directory string       // of the authority that gives them; empty: Let's Encrypt
	Cache     string       // folder that keeps what ACME brought
	Log       *slog.Logger // is told why there is no certificate
}

// Config returns the configuration of a TLS listener, or nil where plain HTTP
// is wanted. With ACME the listener must be reached at port 443, which is where
// the authority asks (TLS-ALPN-01, RFC 8737).
func (t TLS) Config() (*tls.Config, error) {
	switch {
	case len(t.ACME) > 0:
		if t.Cache == "" {
			return nil, errors.New("serve: certificates of ACME need a folder that keeps them")
		}
		m := &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			HostPolicy: autocert.HostWhitelist(t.ACME...),
			Cache:      autocert.DirCache(t.Cache),
		}
		// Its address is the operator's word and no feed's: it needs no guard.
		if t.Directory != "" {
			m.Client = &acme.Client{DirectoryURL: t.Directory}
		}
		config := m.TLSConfig()
		config.MinVersion = tls.VersionTLS12
		config.GetCertificate = told(m, t.Log)
		return config, nil
	case t.Cert == "" && t.Key == "":
		return nil, nil
	}
	pair := &keyPair{cert: t.Cert, key: t.Key, log: t.Log}
	if _, err := pair.current(time.Now()); err != nil {
		return nil, fmt.Errorf("serve: %w", err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return pair.current(time.Now())
		},
	}, nil
}

// told lets a manager say in the log why it has no certificate for one of its
// hosts: who connects is told nothing, and would not be the one to mend it.
func told(m *autocert.Manager, log *slog.Logger) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	seldom := rate.Sometimes{Interval: time.Minute}
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c, err := m.GetCertificate(hello)
		if host := strings.ToLower(hello.ServerName); err != nil && m.HostPolicy(hello.Context(), host) == nil {
			seldom.Do(func() {
				log.Error("there is no certificate; can the authority reach this host at port 443? It is asked again when somebody connects", "host", host, "error", err)
			})
		}
		return c, err
	}
}

// lookEvery is how often the files of a key pair are looked at.
const lookEvery = time.Minute

// A keyPair is a certificate in two files.
type keyPair struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	looked time.Time
	stamp  time.Time // of the certificate's file when it was read
	loaded *tls.Certificate
	failed int // looks in a row at files that cannot be read
}

// current returns the certificate. Where its files have changed and cannot be
// read, as in the middle of a renewal, it is the one before.
func (p *keyPair) current(now time.Time) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded != nil && now.Sub(p.looked) < lookEvery {
		return p.loaded, nil
	}
	p.looked = now
	info, err := os.Stat(p.cert)
	if err == nil && (p.loaded == nil || !info.ModTime().Equal(p.stamp)) {
		var c tls.Certificate
		if c, err = tls.LoadX509KeyPair(p.cert, p.key); err == nil {
			p.loaded, p.stamp = &c, info.ModTime()
		}
	}
	if p.loaded == nil {
		return nil, err
	}
	if err == nil {
		p.failed = 0
		return p.loaded, nil
	}
	// At the first look one of the two may be yet to come.
	if p.failed++; p.failed > 1 && p.failed&(p.failed-1) == 0 { // 2, 4, 8
		p.log.Error("the certificate that is there now cannot be used, and the one before is, until it ends", "ends", p.loaded.Leaf.NotAfter, "error", err)
	}
	return p.loaded, nil
}
