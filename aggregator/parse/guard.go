package parse

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/wireroom/wireroom/aggregator/news"
)

// unpack decompresses a document that a server compressed without saying so.
// Of one that is cut off it returns what there is.
func unpack(body []byte, limit int64, feed *news.Feed) ([]byte, error) {
	if int64(len(body)) > limit {
		return nil, ErrTooLarge
	}
	if !bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		return body, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body, nil // it only looks like gzip; what it is shows next
	}
	out, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(out)) > limit {
		return nil, ErrTooLarge
	}
	detail := "the document was compressed without saying so"
	if err != nil {
		detail += ", and cut off"
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			detail += " or damaged"
		}
	}
	repair(feed, "gzip", detail, 0)
	return out, nil
}

// rawHash returns a hash of an entry's bytes: 128 bits of XXH3, in base64. It
// tells an unchanged entry, it protects from nobody.
func rawHash(raw string) string {
	sum := xxh3.HashString128(raw).Bytes()
	return base64.RawStdEncoding.EncodeToString(sum[:])
}

// joinLink resolves an address against a base; one that cannot be understood
// stays as it is.
func joinLink(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := b.Parse(strings.TrimSpace(ref))
	if err != nil {
		return ref
	}
	return r.String()
}
