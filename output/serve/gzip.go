package serve

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"hash/maphash"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A zipped is a body in gzip (RFC 1952), made of pieces that are compressed one
// by one. When a document comes in the place of another, only the pieces that
// differ are compressed again: of a topic that is those with the story that
// changed, wherever in the feed it stands. Where a body is parted follows from
// the body alone, so that each process makes the same bytes of it.
type zipped struct {
	body   []byte
	pieces []piece
}

// A piece is a part of a body, and where its compressed bytes lie. They follow
// from what is before the piece, from window on, and the piece. The first piece
// is the head of a feed, which tells when anything changed, and changes with it:
// it is small, and the second does not look back at it.
type piece struct {
	window, start, end int // in the body
	from, to           int // in what is compressed
	key                uint64
}

// The sizes of pieces, in bytes. By itself a piece repeats little of what feeds
// repeat most; with 8 KB of what is before it, and at the fifth level, it takes as
// much as it would at the third in one go.
const (
	firstPiece  = 1 << 10 // and what is left of its last line
	leastPiece  = 8 << 10
	morePiece   = 8 << 10 // on average, beyond the least
	mostPiece   = 64 << 10
	pieceWindow = 8 << 10
	level       = 5
)

// The frame around the pieces: a header without a name or an instant, and the
// empty block that is the last. A checksum and a length follow.
const (
	gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	lastBlock  = "\x03\x00"
)

// keySeed is that of the keys of pieces: they are compared within the process.
var keySeed = maphash.MakeSeed()

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// deflaters are kept, for each holds a megabyte of tables.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, level)
	if err != nil {
		panic(err) // the level is valid
	}
	return w
}}

// scratch is room to compress into, of which a page keeps a copy of its size.
var scratch = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// zip compresses a body, with the pieces that it has in common with the body
// that old was made of.
func zip(body []byte, oldBody []byte, old zipped) zipped {
	known := make(map[uint64]*piece, len(old.pieces))
	for i := range old.pieces {
		known[old.pieces[i].key] = &old.pieces[i]
	}
	b := scratch.Get().(*bytes.Buffer)
	defer scratch.Put(b)
	b.Reset()
	b.WriteString(gzipHeader)
	z := zipped{pieces: make([]piece, 0, 1+len(body)/leastPiece)}
	before := 0 // the start of the piece before
	for at := 0; at < len(body); {
		p := piece{window: max(before, at-pieceWindow), start: at, end: cut(body, at), from: b.Len()}
		if before == 0 {
			p.window = at
		}
		p.key = maphash.Bytes(keySeed, body[p.window:p.end])
		if same := known[p.key]; same != nil && same.start-same.window == p.start-p.window &&
			bytes.Equal(oldBody[same.window:same.end], body[p.window:p.end]) {
			b.Write(old.body[same.from:same.to])
		} else {
			deflate(b, body[p.window:p.start], body[p.start:p.end])
		}
		p.to = b.Len()
		z.pieces = append(z.pieces, p)
		before, at = at, p.end
	}
	b.WriteString(lastBlock)
	b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), crc32.ChecksumIEEE(body)))
	b.Write(binary.LittleEndian.AppendUint32(b.AvailableBuffer(), uint32(len(body))))
	z.body = bytes.Clone(b.Bytes())
	return z
}

// deflate compresses a piece that comes after window, to whole bytes: the next
// one can follow whatever it is.
func deflate(b *bytes.Buffer, window, piece []byte) {
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.ResetDict(b, window)
	// Neither fails, for writing into memory does not.
	_, _ = w.Write(piece)
	_ = w.Flush()
}

// cut returns where the piece of a body ends that begins at a place: with a line
// that says so by a sum of it, however far from the beginning. So the same lines
// are parted in the same places whatever comes before them.
func cut(body []byte, at int) int {
	if at == 0 && len(body) > firstPiece {
		if n := bytes.IndexByte(body[firstPiece:], '\n'); n >= 0 && n < leastPiece {
			return firstPiece + n + 1
		}
	}
	for end := at + leastPiece; end < len(body); {
		n := bytes.IndexByte(body[end:], '\n')
		if n < 0 || end+n-at >= mostPiece {
			return min(at+mostPiece, len(body))
		}
		line := body[end : end+n+1]
		if end += n + 1; int(crc32.Checksum(line, castagnoli)%morePiece) < len(line) {
			return end
		}
	}
	return len(body)
}
