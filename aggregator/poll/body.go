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

// members reads gzip as servers send it: one member after another, with a checksum
// behind or a part of one, junk behind the last, or no gzip at all under that name. That
// a document is whole its last block says; the checksum is not looked at, as browsers do.
type members struct {
	in    *bufio.Reader
	pool  *sync.Pool
	zr    inflater // nil: between members
	plain bool
	any   bool // a member has been read
}

// An inflater is a decoder that can be used again.
type inflater interface {
	io.Reader
	flate.Resetter
}

// release gives the decoder back for another body.
func (m *members) release() {
	if m.zr != nil {
		m.pool.Put(m.zr)
		m.zr, m.in = nil, bufio.NewReader(strings.NewReader(""))
	}
}

// open makes the decoder ready for the member that comes.
func (m *members) open() error {
	if err := memberHeader(m.in); err != nil {
		return err
	}
	if zr, ok := m.pool.Get().(inflater); ok {
		m.zr = zr
		return zr.Reset(m.in, nil)
	}
	m.zr = flate.NewReader(m.in).(inflater) // as its documentation says
	return nil
}

func (m *members) Read(p []byte) (int, error) {
	for {
		if m.plain {
			return m.in.Read(p)
		}
		if m.zr == nil {
			head, _ := m.in.Peek(2)
			switch packed := len(head) == 2 && head[0] == 0x1f && head[1] == 0x8b; {
			case !packed && m.any:
				return 0, io.EOF
			case !packed:
				m.plain = true
				continue
			}
			if err := m.open(); err != nil {
				return 0, err
			}
			m.any = true
		}
		n, err := m.zr.Read(p)
		if err != io.EOF {
			return n, err
		}
		m.pool.Put(m.zr)
		m.zr = nil
		_, _ = m.in.Discard(8) // the checksum and the length, as much as there is
		if n > 0 {
			return n, nil
		}
	}
}

// memberHeader reads the header of a member (RFC 1952 section 2.3).
func memberHeader(in *bufio.Reader) error {
	var head [10]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return io.ErrUnexpectedEOF
	}
	if head[2] != 8 {
		return errors.New("gzip: unknown method")
	}
	flags := head[3]
	if flags&4 != 0 { // a field of the length that comes first
		var size [2]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return io.ErrUnexpectedEOF
		}
		if _, err := in.Discard(int(size[0]) | int(size[1])<<8); err != nil {
			return io.ErrUnexpectedEOF
		}
	}
	for _, text := range []byte{8, 16} { // a name, a comment
		for c := byte(1); flags&text != 0 && c != 0; {
			var err error
			if c, err = in.ReadByte(); err != nil {
				return io.ErrUnexpectedEOF
			}
		}
	}
	if flags&2 != 0 {
		_, _ = in.Discard(2)
	}
	return nil
}

// inflate reads "deflate", which servers take for zlib or for raw deflate. The checksum
// of zlib is not looked at either.
func inflate(in *bufio.Reader) io.Reader {
	head, _ := in.Peek(2)
	if len(head) == 2 && head[0]&0x0f == 8 && head[1]&0x20 == 0 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		_, _ = in.Discard(2)
	}
	return flate.NewReader(in)
}
