package serve

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// feedLike returns the lines of a document of about size bytes: some that come
// again and again, some long, most of them unlike.
func feedLike(rng *rand.Rand, size int) [][]byte {
	var lines [][]byte
	for n := 0; n < size; {
		line := fmt.Sprintf("  <title>%x</title>\n", rng.Uint32())
		switch rng.IntN(6) {
		case 0:
			line = "  </item>\n"
		case 1:
			line = fmt.Sprintf("<p>%0*x</p>\n", rng.IntN(3000), rng.Uint64())
		case 2:
			line = fmt.Sprintf("<p>%x %x</p>", rng.Uint64(), rng.Uint64()) // the line goes on
		}
		lines = append(lines, []byte(line))
		n += len(line)
	}
	return lines
}

func unzip(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestOnlyWhatChangedIsCompressedAgain blots out what was compressed before, so
// that it is seen where it is used again.
func TestOnlyWhatChangedIsCompressedAgain(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	lines := feedLike(rng, 400<<10)
	before := bytes.Join(lines, nil)
	was := zip(before, nil, zipped{})
	if len(was.pieces) < 15 {
		t.Fatalf("%d bytes are in %d pieces", len(before), len(was.pieces))
	}
	blotted := zipped{body: bytes.Repeat([]byte{'#'}, len(was.body)), pieces: was.pieces}
	for name, change := range map[string]func([][]byte) [][]byte{
		"nothing":               func(l [][]byte) [][]byte { return l },
		"a line at the start":   func(l [][]byte) [][]byte { return slices.Insert(l, 1, []byte("<item>new</item>\n")) },
		"a line in the middle":  func(l [][]byte) [][]byte { l[len(l)/2] = []byte("changed\n"); return l },
		"a line less":           func(l [][]byte) [][]byte { return slices.Delete(l, len(l)/3, len(l)/3+1) },
		"one more and one less": func(l [][]byte) [][]byte { return append([][]byte{[]byte("new\n")}, l[:len(l)-1]...) },
	} {
		after := bytes.Join(change(slices.Clone(lines)), nil)
		z, fresh := zip(after, before, blotted), 0
		for _, p := range z.pieces {
			if z.body[p.from] != '#' {
				fresh++
			}
		}
		if name == "nothing" && fresh > 0 || name != "nothing" && (fresh == 0 || fresh > 5) {
			t.Errorf("after %s %d of %d pieces are compressed again", name, fresh, len(z.pieces))
		}
	}
}

// FuzzZip changes a document again and again: what is made with the help of what
// was there is what is made without, and says what the document says.
func FuzzZip(f *testing.F) {
	f.Add(uint64(1), uint32(100<<10), []byte{1, 2, 3, 250, 9, 128, 77})
	f.Add(uint64(2), uint32(0), []byte{0})
	f.Add(uint64(3), uint32(9<<10), []byte{200, 100, 0, 255})
	f.Fuzz(func(t *testing.T, seed uint64, size uint32, edits []byte) {
		rng := rand.New(rand.NewPCG(seed, 0))
		lines := feedLike(rng, int(size%(300<<10)))
		var body []byte
		var z zipped
		for _, e := range edits[:min(len(edits), 20)] {
			at := int(e) * len(lines) / 256
			switch more := feedLike(rng, 1+rng.IntN(4000)); {
			case len(lines) > 0 && e%3 == 0:
				lines = slices.Delete(lines, at, min(at+1+rng.IntN(5), len(lines)))
			case len(lines) > 0 && e%3 == 1:
				lines[at] = more[0]
			default:
				lines = slices.Insert(lines, at, more...)
			}
			next := bytes.Join(lines, nil)
			with, without := zip(next, body, z), zip(next, nil, zipped{})
			if !bytes.Equal(with.body, without.body) {
				t.Fatal("what is made of what was there differs from what is made anew")
			}
			if got := unzip(t, with.body); !bytes.Equal(got, next) {
				t.Fatalf("%d bytes come back as %d others", len(next), len(got))
			}
			body, z = next, with
		}
	})
}

// TestCompressedWhenAskedFor: what nobody asks for is not compressed; what
// somebody asked for is compressed anew before it is asked for again.
func TestCompressedWhenAskedFor(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	lines := feedLike(rng, 200<<10)
	s := New(Options{})
	publish := func(revision int) *page {
		lines[len(lines)/2] = fmt.Appendf(nil, "revision %d\n", revision)
		doc := news.Document{Path: "/a", ContentType: "text/plain", Body: bytes.Join(lines, nil), ETag: fmt.Sprintf(`"%d"`, revision)}
		s.Set(doc)
		return (*s.docs.Load())["/a"]
	}
	made := func(p *page) bool { return p.zip != nil }
	ask := func(accept, none string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/a", nil)
		r.Header.Set("Accept-Encoding", accept)
		r.Header.Set("If-None-Match", none)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	for revision := 1; revision <= 2; revision++ {
		if p := publish(revision); ask("identity", "").Code != http.StatusOK || made(p) {
			t.Fatalf("revision %d was compressed though nobody asked for it in gzip", revision)
		}
	}
	p := publish(3)
	if w := ask("gzip", ""); !bytes.Equal(unzip(t, w.Body.Bytes()), p.doc.Body) || w.Header().Get("ETag") != `"3-gzip"` {
		t.Fatalf("the first reader of gzip got ETag %s", w.Header().Get("ETag"))
	}
	if p = publish(4); !made(p) {
		t.Fatal("what comes after a document that was asked for is not compressed yet")
	}
	if fresh := zip(p.doc.Body, nil, zipped{}); !bytes.Equal(p.zipped.body, fresh.body) {
		t.Fatal("with what was there before it is compressed to other bytes")
	}
	if p = publish(5); made(p) {
		t.Fatal("nobody asked for the one before, and this one is compressed")
	}
	if w := ask("gzip", `"5-gzip"`); w.Code != http.StatusNotModified {
		t.Fatalf("whoever has it is answered %d", w.Code)
	}
}
