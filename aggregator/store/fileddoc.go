package store

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

// A filedDoc is what is kept of a filing beside its columns.
type filedDoc struct {
	ID         string
	Published  int64 // a column
	Updated    int64 // a column
	FirstFiled int64
	Hash       string
	Members    []int64 // what the store calls the items, the lead first
	Families   int
	Why        string
}

// What the first byte of a packed filedDoc says.
const (
	docKeyed   = 1 << iota // the id ends in the key, which is left out
	docHexHash             // the hash is of hexadecimal digits, which are packed
)

// pack writes a filedDoc in few bytes, for there is one of every story in every
// topic, and seals it with its columns.
func (d *filedDoc) pack(key string) []byte {
	flags := byte(0)
	id, keyed := strings.CutSuffix(d.ID, key)
	if keyed {
		flags |= docKeyed
	}
	hash := d.Hash
	if raw, err := hex.DecodeString(hash); err == nil && hash == strings.ToLower(hash) {
		flags |= docHexHash
		hash = string(raw)
	}
	b := []byte{flags}
	b = binary.AppendVarint(b, d.FirstFiled)
	b = binary.AppendVarint(b, int64(d.Families))
	for _, s := range []string{id, hash, d.Why} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, m := range d.Members {
		b = binary.AppendVarint(b, m)
	}
	return seal(b, d.Published, d.Updated)
}

// unpackFiled reads what pack wrote.
func unpackFiled(sealed []byte, key string, published, updated int64) (filedDoc, error) {
	d := filedDoc{Published: published, Updated: updated}
	b, err := unseal(sealed, published, updated)
	if err != nil {
		return d, err
	}
	if len(b) == 0 {
		return d, fmt.Errorf("%w: an empty filing", ErrDamaged)
	}
	flags := b[0]
	b = b[1:]
	number := func() int64 {
		n, size := binary.Varint(b)
		if size <= 0 {
			err = fmt.Errorf("%w: a filing that cannot be read", ErrDamaged)
			b = nil
			return 0
		}
		b = b[size:]
		return n
	}
	text := func() string {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			err = fmt.Errorf("%w: a filing that cannot be read", ErrDamaged)
			b = nil
			return ""
		}
		s := string(b[size : size+int(n)])
		b = b[size+int(n):]
		return s
	}
	d.FirstFiled, d.Families = number(), int(number())
	d.ID, d.Hash, d.Why = text(), text(), text()
	for len(b) > 0 {
		d.Members = append(d.Members, number())
	}
	if flags&docKeyed != 0 {
		d.ID += key
	}
	if flags&docHexHash != 0 {
		d.Hash = hex.EncodeToString([]byte(d.Hash))
	}
	return d, err
}
