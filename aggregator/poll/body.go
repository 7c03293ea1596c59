package poll

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// ErrTooLarge says that a body is beyond the limit, as sent or decompressed.
var ErrTooLarge = errors.New("document too large")

// maxWindow is the most memory that a zstd or brotli stream may ask for; RFC
// 9659 holds zstd on the web to the same.
const maxWindow = 8 << 20

// decode replaces a response's body by its decompressed form of at most limit
// bytes. What comes with a redirect or an error is only limited: nobody reads
// it. On an error the body has been closed.
func (c *Client) decode(resp *http.Response, limit int64) error {
	if resp.StatusCode/100 != 2 {
		resp.Body = &body{Reader: &capped{r: resp.Body, left: limit, limit: limit}, raw: resp.Body}
		return nil
	}
	if resp.ContentLength > limit {
		resp.Body.Close()
		return fmt.Errorf("%w: %d bytes announced, %d allowed", ErrTooLarge, resp.ContentLength, limit)
	}
	raw := &capped{r: resp.Body, left: limit, limit: limit}
	in := bufio.NewReader(raw)
	encoding := coding(resp.Header)
	out := &body{raw: resp.Body}
	switch encoding {
	case "":
		out.Reader = raw
		resp.Body = out
		return nil
	case "gzip", "x-gzip":
		m := &members{in: in, pool: &c.gzips}
		out.Reader, out.done = m, m.release
	case "deflate":
		out.Reader = inflate(in)
	case "br":
		out.Reader = brotli.NewReader(in)
	case "zstd":
		dec, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			resp.Body.Close()
			return fmt.Errorf("zstd: %w", err)
		}
		out.Reader, out.done = dec, dec.Close
	default:
		resp.Body.Close()
		return fmt.Errorf("content encoding %.40q was not asked for", printable(encoding))
	}
	out.Reader = &capped{r: out.Reader, left: limit, limit: limit}
	resp.Body = out
	resp.ContentLength = -1
	resp.Uncompressed = true
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	return nil
}

// uncoded are words that servers write where a content coding belongs, and that are
// none: the document is as it was, in what is named beside them.
var uncoded = map[string]bool{
	"": true, "identity": true, "none": true, "utf-8": true, "utf8": true, "iso-8859-1": true,
	"7bit": true, "8bit": true, "binary": true, "chunked": true, "aws-chunked": true,
}

// coding returns the content codings of a response, those that are some.
func coding(h http.Header) string {
	var all []string
	for _, name := range strings.Split(strings.Join(h.Values("Content-Encoding"), ","), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); !uncoded[name] {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}

// A body is a decompressed body; closing it ends the connection's.
type body struct {
	io.Reader
	raw  io.Closer
	done func()
}

// Close ends the decoder and the body that it reads.
func (b *body) Close() error {
	if b.done != nil {
		b.done()
	}
	return b.raw.Close()
}

// A capped reader ends with ErrTooLarge where there is more than its limit.
type capped struct {
	r           io.Reader
	left, limit int64
}

func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	if int64(n) > c.left {
		return int(c.left), fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.limit)
	}
	c.left -= int64(n)
	return n, err
}

// members reads gzip as servers send it: one member after another, junk behind
// the last, or no gzip at all under that name.
type members struct {
	in    *bufio.Reader
	pool  *sync.Pool
	zr    *gzip.Reader
	plain bool
}

// release gives the decoder back for another body.
func (m *members) release() {
	if m.zr != nil {
		m.pool.Put(m.zr)
		m.zr, m.in = nil, bufio.NewReader(strings.NewReader(""))
	}
}

// open returns a decoder for the first member.
func (m *members) open() (*gzip.Reader, error) {
	if zr, ok := m.pool.Get().(*gzip.Reader); ok {
		return zr, zr.Reset(m.in)
	}
	return gzip.NewReader(m.in)
}

func (m *members) Read(p []byte) (int, error) {
	for {
		if m.plain {
			return m.in.Read(p)
		}
		if m.zr == nil {
			if head, _ := m.in.Peek(2); len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
				m.plain = true
				continue
			}
			zr, err := m.open()
			if err != nil {
				return 0, err
			}
			zr.Multistream(false)
			m.zr = zr
		}
		n, err := m.zr.Read(p)
		if err != io.EOF || n > 0 {
			if err == io.EOF {
				err = nil
			}
			return n, err
		}
		head, _ := m.in.Peek(2)
		if len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
			return 0, io.EOF
		}
		if err := m.zr.Reset(m.in); err != nil {
			return 0, err
		}
		m.zr.Multistream(false)
	}
}

// inflate reads "deflate", which servers take for zlib or for raw deflate.
func inflate(in *bufio.Reader) io.Reader {
	head, _ := in.Peek(2)
	if len(head) == 2 && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		if zr, err := zlib.NewReader(in); err == nil {
			return zr
		}
	}
	return flate.NewReader(in)
}
