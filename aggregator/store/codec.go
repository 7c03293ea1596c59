package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/wireroom/wireroom/aggregator/news"
)

// maxDoc bounds what a stored text may grow to when it is unpacked, in bytes:
// a damaged frame must not eat the memory.
const maxDoc = 64 << 20

// briefText is up to which size, in bytes, a text is packed without regard to how
// often each letter comes in it: to find that out takes as long as all the rest, and
// spares one byte in twelve.
const briefText = 512

// dictionary is what every stored document is likely to begin with or contain:
// short texts that are alike pack far better against it. It may never change;
// another one needs another number.
const (
	dictionaryID = 1
	dictionary   = `{"rule":"","passages":["terms":["names":["apart":"note":"nearest":{"key":{"source":"","id":""},"story":"","score":0.,"why":""}` +
		`"kind":"copy","kind":"report","kind":"same","kind":"new","of":{"source":"","id":""},"family":"","agency":"","evidence":{` +
		`<strong></strong><em></em><blockquote><figure><img alt="" src="https://www.</figure></blockquote><ul><li></li></ul><h2></h2>` +
		`<a href="https://www." rel="nofollow noopener"></a> the of and to in is for on that with said was</p><p>` +
		`"authors":[{"name":""}],"categories":["enclosures":[{"url":"https://","type":"audio/mpeg","length":` +
		`"image":{"url":"https://www.","alt":"","width":,"height":,"credit":""},"rights":"","origin":{"title":"","url":"https://"},` +
		`{"source":"","id":"https://www.","guid":"https://www.","url":"https://www.","canonical":"https://www.","comments":"","title":"",` +
		`"html":"\u003cp\u003e<p></p>","summary":"","text":"","excerpt":"","language":"en","published":"2026-01-01T00:00:00Z",` +
		`"updated":"2026-01-01T00:00:00Z","dated":true,"zone":"+00:00","first_seen":"2026-01-01T00:00:00Z","fetched":"2026-01-01T00:00:00Z","hash":"`
)

// A codec packs and unpacks what is stored; both ways are safe for concurrent
// use.
type codec struct {
	enc   *zstd.Encoder
	brief *zstd.Encoder // of texts of up to briefText bytes
	dec   *zstd.Decoder
	texts sync.Pool // of *[]byte, room for texts on their way
}

func newCodec() (*codec, error) {
	options := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(true), zstd.WithEncoderConcurrency(2),
		zstd.WithWindowSize(256 << 10), zstd.WithLowerEncoderMem(true), zstd.WithEncoderDictRaw(dictionaryID, []byte(dictionary))}
	enc, err := zstd.NewWriter(nil, options...)
	if err != nil {
		return nil, fmt.Errorf("codec: %w", err)
	}
	brief, err := zstd.NewWriter(nil, append(options, zstd.WithNoEntropyCompression(true), zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		return nil, fmt.Errorf("codec: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(maxDoc), zstd.WithDecoderDictRaw(dictionaryID, []byte(dictionary)))
	if err != nil {
		return nil, fmt.Errorf("codec: %w", err)
	}
	return &codec{enc: enc, brief: brief, dec: dec}, nil
}

func (c *codec) pack(text []byte) []byte { return c.enc.EncodeAll(text, nil) }

func (c *codec) unpack(packed []byte) ([]byte, error) { return c.unpackInto(packed, nil) }

// unpackInto appends what was packed to room.
func (c *codec) unpackInto(packed, room []byte) ([]byte, error) {
	text, err := c.dec.DecodeAll(packed, room)
	if err != nil {
		return nil, fmt.Errorf("%w: a stored text cannot be unpacked: %w", ErrDamaged, err)
	}
	return text, nil
}

// room returns room for a text that nobody keeps, and keep gives it back as the
// text has left it, unless that is a rare large one.
func (c *codec) room() *[]byte {
	if room, ok := c.texts.Get().(*[]byte); ok {
		return room
	}
	return new([]byte)
}

func (c *codec) keep(room *[]byte, text []byte) {
	if cap(text) <= 256<<10 {
		*room = text[:0]
		c.texts.Put(room)
	}
}

// packJSON packs v. Angle brackets are kept as they are, which packs better.
func (c *codec) packJSON(v any) ([]byte, error) { return c.packUpTo(0, v) }

// packBrief packs v, of which there are many, in less time and a few more bytes if
// it is brief.
func (c *codec) packBrief(v any) ([]byte, error) { return c.packUpTo(briefText, v) }

// packUpTo packs v, as a brief text if it has no more than so many bytes.
func (c *codec) packUpTo(brief int, v any) ([]byte, error) {
	room := c.room()
	text := bytes.NewBuffer(*room)
	defer func() { c.keep(room, text.Bytes()) }()
	enc := json.NewEncoder(text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	if text.Len() <= brief {
		return c.brief.EncodeAll(text.Bytes(), nil), nil
	}
	return c.pack(text.Bytes()), nil
}

func (c *codec) unpackJSON(packed []byte, v any) error {
	return c.unpackBy(packed, func(text []byte) error { return json.Unmarshal(text, v) })
}

func (c *codec) unpackRecord(packed []byte, r *record) error { return c.unpackBy(packed, r.decode) }

func (c *codec) unpackBy(packed []byte, read func(text []byte) error) error {
	room := c.room()
	text, err := c.unpackInto(packed, *room)
	if err != nil {
		return err
	}
	defer c.keep(room, text)
	if err := read(text); err != nil {
		return fmt.Errorf("%w: a stored text cannot be read: %w", ErrDamaged, err)
	}
	return nil
}

// identOf stands for an identity within a source. Its first ten bytes are the
// slug of the key, so that an item is found by its slug too.
func identOf(source, id string) []byte {
	sum := sha256.Sum256([]byte(source + "\x00" + id))
	return sum[:16]
}

// hashOf is a number for a content hash, never 0.
func hashOf(hash string) int64 {
	sum := sha256.Sum256([]byte(hash))
	if n := int64(binary.BigEndian.Uint64(sum[:])); n != 0 {
		return n
	}
	return 1
}

// noInstant stands for the zero time; 0 is a date that feeds do state.
const noInstant = math.MinInt64

// micros gives an instant as microseconds since 1970. All are rounded up: what
// is due at an instant is due at that same instant.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return noInstant
	}
	return t.Add(time.Microsecond - 1).UnixMicro()
}

func instant(micros int64) time.Time {
	if micros == noInstant {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal puts a checksum before text. What else the row must hold for the text
// to mean what it does may be sealed with it.
func seal(text []byte, with ...int64) []byte {
	sealed := make([]byte, 4, 4+len(text))
	sealed = append(sealed, text...)
	binary.BigEndian.PutUint32(sealed, checksum(text, with))
	return sealed
}

// unseal returns the text that was sealed, which is a part of sealed.
func unseal(sealed []byte, with ...int64) ([]byte, error) {
	if len(sealed) < 4 || binary.BigEndian.Uint32(sealed) != checksum(sealed[4:], with) {
		return nil, fmt.Errorf("%w: a stored text has another checksum", ErrDamaged)
	}
	return sealed[4:], nil
}

func checksum(text []byte, with []int64) uint32 {
	sum := crc32.Checksum(text, castagnoli)
	for _, n := range with {
		sum = crc32.Update(sum, castagnoli, binary.BigEndian.AppendUint64(nil, uint64(n)))
	}
	return sum
}

func sealJSON(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return seal(text), err
}

func unsealJSON(sealed []byte, v any) error {
	return unsealBy(sealed, func(text []byte) error { return json.Unmarshal(text, v) })
}

// sealState is sealJSON of a state.
func sealState(s *news.State) ([]byte, error) {
	sealed, err := encodeState(make([]byte, 4, 1024+len(s.Seen)), s)
	if err == nil {
		binary.BigEndian.PutUint32(sealed, checksum(sealed[4:], nil))
	}
	return sealed, err
}

// unsealState reads a state.
func unsealState(sealed []byte, s *news.State) error {
	return unsealBy(sealed, func(text []byte) error { return decodeState(text, s) })
}

func unsealBy(sealed []byte, read func(text []byte) error) error {
	text, err := unseal(sealed)
	if err != nil {
		return err
	}
	if err := read(text); err != nil {
		return fmt.Errorf("%w: a stored text cannot be read: %w", ErrDamaged, err)
	}
	return nil
}
