package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// openRead opens a file to be read, and a pipe whether or not anybody has it
// open to write: who waits for that may wait for ever.
const openRead = os.O_RDONLY | syscall.O_NONBLOCK

// pipeWithin is how long a pipe, such as a shell makes of <(command), may take to
// bring all that it has.
const pipeWithin = 15 * time.Second

// readLimited reads a file of at most limit bytes, and says which it was.
func readLimited(path string, limit int64) ([]byte, os.FileInfo, error) {
	f, err := os.OpenFile(path, openRead, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return limitedRead(f, path, limit)
}

// Pipes keep what came through pipes, by their paths: whoever reads a configuration
// again finds them empty, unless somebody has written to them since.
type Pipes map[string][]byte

// errSilent is the error of a pipe that is empty.
var errSilent = errors.New("is a pipe that nothing is written to")

// kept takes what was read at a path, and returns what came there before of a pipe that
// is empty now.
func (p Pipes) kept(path string, data []byte, info os.FileInfo, err error) ([]byte, os.FileInfo, error) {
	before, ok := p[path]
	switch {
	case ok && errors.Is(err, errSilent):
		return before, info, nil
	case p != nil && err == nil && info.Mode()&fs.ModeNamedPipe != 0:
		p[path] = data
	}
	return data, info, err
}

// limitedRead reads all of a file, and refuses it if it is larger than the
// limit, or a pipe that does not end.
func limitedRead(f *os.File, name string, limit int64) ([]byte, os.FileInfo, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	pipe := info.Mode()&fs.ModeNamedPipe != 0
	if pipe {
		if err := f.SetReadDeadline(time.Now().Add(pipeWithin)); err != nil {
			return nil, info, err
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, info, fmt.Errorf("%s is a pipe that did not end within %s", name, pipeWithin)
	case err == nil && pipe && len(data) == 0:
		return nil, info, fmt.Errorf("%s %w", name, errSilent)
	case err == nil && int64(len(data)) > limit:
		return nil, info, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, info, err
}

// ownLines gives a text the lines that its editor shows: YAML's parser takes what
// Unicode has as line separators, which nobody sees, for ends of lines, as YAML did
// before 1.2. They come with titles that are copied from pages.
func ownLines(text []byte) []byte {
	for _, separator := range []string{"\u0085", "\u2028", "\u2029"} {
		text = bytes.ReplaceAll(text, []byte(separator), []byte(" "))
	}
	return text
}
