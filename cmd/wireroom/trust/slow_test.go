//go:build linux

package trust_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
)

// An attack is what many clients at once do to a server until an end, each of
// them again and again on connections of its own.
type attack struct {
	name   string
	many   int
	scheme string // that it goes by
	one    func(dial func() (net.Conn, error), end <-chan struct{}) (requests int)
}

var attacks = []attack{
	{"readers that take 16 bytes a second", 200, "http", readSlowly},
	{"requests whose heads come by a byte a second", 200, "http", askSlowly},
	{"requests of HTTP/2 that are reset at once, a hundred a second on each connection", 10, "https", reset},
}

// goodReaders are how many readers ask for a feed and read it, one time after
// another, each on a new connection.
const goodReaders = 50

// TestSlow measures what good readers wait while others do as attackers do, and
// holds it against what they wait without those, in turns: the machine, and what
// else it does, is the same for both (R16).
func TestSlow(t *testing.T) {
	if *times == 0 {
		t.Skip("the suite sees that slow readers are let go; make trust-slow measures what others wait")
	}
	var said []string
	turns := 0
	record(t, "R16", fmt.Sprintf("attackers beside %d good readers: what those wait at the 99th of 100, with them and without, in turns of 2 s", goodReaders), "trust-slow", func() (string, string) {
		return fmt.Sprintf("%d kinds, %d turns each", len(attacks), turns), strings.Join(said, "; ")
	})
	bin := testbed(t)
	for _, a := range attacks {
		p := settle(t, bin, trust.NewModel(*seed, 20, 0, 0, nil))
		if a.scheme == "https" {
			p.certify()
		}
		p.start()
		if !await(patience, func() bool { _, err := p.wait(a.scheme); return err == nil }) {
			t.Fatal("it serves no feed")
		}
		var alone, beside []time.Duration
		var requests atomic.Int64
		for turns = 0; turns < *times && !enough(); turns++ {
			alone = append(alone, p.waits(a.scheme)...)
			calm := p.beset(a, &requests)
			beside = append(beside, p.waits(a.scheme)...)
			calm()
		}
		was, is := late(alone), late(beside)
		said = append(said, fmt.Sprintf("%d %s (%d in all): %.1f ms, %.1f without, of %d answers", a.many, a.name, requests.Load(),
			float64(is.Microseconds())/1000, float64(was.Microseconds())/1000, len(alone)+len(beside)))
		if is > 2*was {
			t.Errorf("beside %s good readers wait %s, without them %s", a.name, is, was)
		}
	}
}

// late returns what 99 of 100 do not exceed.
func late(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)*99/100]
}

// certify gives the program a certificate.
func (p *place) certify() {
	p.t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	pair := s.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	p.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	text, err := os.ReadFile(filepath.Join(p.dir, "feeds.yaml"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("feeds.yaml", strings.Replace(string(text), "server: {", "server: {tls: {cert: cert.pem, key: key.pem}, ", 1))
}

// anyCertificate is for the program's own.
var anyCertificate = &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}

// wait is a good reader: it reads the whole feed on a new connection, and
// returns how long that took.
func (p *place) wait(scheme string) (time.Duration, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, ForceAttemptHTTP2: true, TLSClientConfig: anyCertificate.Clone()}, Timeout: time.Minute}
	begin := time.Now()
	resp, err := client.Get(scheme + "://" + p.addr + "/topics/plain.rss")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("status %s", resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return time.Since(begin), err
}

// waits lets all good readers read for 2 s.
func (p *place) waits(scheme string) (all []time.Duration) {
	p.t.Helper()
	var mu sync.Mutex
	var readers sync.WaitGroup
	end := time.Now().Add(2 * time.Second)
	for range goodReaders {
		readers.Go(func() {
			for once := true; once || time.Now().Before(end); once = false {
				took, err := p.wait(scheme)
				if err != nil {
					p.t.Errorf("a good reader: %v", err)
				}
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
	readers.Wait()
	return all
}

// beset begins an attack, and returns what ends it.
func (p *place) beset(a attack, requests *atomic.Int64) (calm func()) {
	end := make(chan struct{})
	var attackers sync.WaitGroup
	var dialled atomic.Int64
	dial := func() (net.Conn, error) {
		conn, err := net.Dial("tcp", p.addr)
		if err == nil && a.scheme == "https" {
			conn = tls.Client(conn, anyCertificate)
		}
		dialled.Add(1)
		return conn, err
	}
	for range a.many {
		attackers.Go(func() {
			for open := true; open; {
				requests.Add(int64(a.one(dial, end)))
				select {
				case <-end:
					open = false
				case <-time.After(100 * time.Millisecond): // it was let go, and comes again
				}
			}
		})
	}
	await(patience, func() bool { return dialled.Load() >= int64(a.many) })
	return func() { close(end); attackers.Wait() }
}

// every does something in a rhythm until it fails or all ends.
func every(pause time.Duration, end <-chan struct{}, do func() error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for do() == nil {
		select {
		case <-end:
			return
		case <-tick.C:
		}
	}
}

const head = "GET /topics/plain.rss HTTP/1.1\r\nHost: feeds.wireroom.test\r\nAccept-Encoding: identity\r\n\r\n"

func readSlowly(dial func() (net.Conn, error), end <-chan struct{}) int {
	conn, err := dial()
	if err != nil {
		return 0
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	if _, err := io.WriteString(conn, head); err != nil {
		return 0
	}
	in := bufio.NewReaderSize(conn, 16)
	every(time.Second, end, func() error { _, err := in.Discard(16); return err })
	return 1
}

func askSlowly(dial func() (net.Conn, error), end <-chan struct{}) int {
	conn, err := dial()
	if err != nil {
		return 0
	}
	defer conn.Close()
	rest := []byte(head)
	every(time.Second, end, func() error {
		_, err := conn.Write(rest[:1])
		if rest = rest[1:]; len(rest) == 0 {
			err = io.EOF
		}
		return err
	})
	return 1
}

// reset asks on one connection for one feed after another, and takes each
// request back as soon as it is sent.
func reset(dial func() (net.Conn, error), end <-chan struct{}) (requests int) {
	conn, err := dial()
	if err != nil {
		return 0
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		return 0
	}
	framer := http2.NewFramer(conn, conn)
	if err := framer.WriteSettings(); err != nil {
		return 0
	}
	go func() { _, _ = io.Copy(io.Discard, conn) }() // until the connection ends
	var head bytes.Buffer
	encoder := hpack.NewEncoder(&head)
	every(10*time.Millisecond, end, func() error {
		head.Reset()
		for _, f := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "feeds.wireroom.test"}, {":path", "/topics/plain.rss"}} {
			_ = encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		id := uint32(2*requests + 1)
		if err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head.Bytes(), EndStream: true, EndHeaders: true}); err != nil {
			return err
		}
		requests++
		return framer.WriteRSTStream(id, http2.ErrCodeCancel)
	})
	return requests
}
