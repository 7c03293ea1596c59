package story

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A Line is one item of a file of JSON lines, by which anyone measures the
// index on data of their own.
type Line struct {
	ID     string  `json:"id"`
	Source string  `json:"source"`
	Family string  `json:"family,omitempty"`
	Title  string  `json:"title"`
	Text   string  `json:"text"`
	Time   instant `json:"time"` // RFC 3339, or seconds since 1970; none: that of the line before
	Lang   string  `json:"lang,omitempty"`
	URL    string  `json:"url,omitempty"`
}

// instant reads a time in either form that such files have.
type instant struct{ time.Time }

// UnmarshalJSON reads RFC 3339 text, a number of seconds since 1970, or null.
func (t *instant) UnmarshalJSON(b []byte) error {
	if string(b) == "null" || string(b) == `""` {
		return nil
	}
	if b[0] == '"' && json.Unmarshal(b, &t.Time) == nil {
		return nil
	}
	seconds, err := strconv.ParseFloat(string(b), 64)
	if err != nil || seconds < -1e11 || seconds > 1e11 {
		return fmt.Errorf("time %s is neither RFC 3339 nor seconds since 1970", b)
	}
	t.Time = time.Unix(int64(seconds), 0).UTC()
	return nil
}

// maxLine is the longest line that Lines reads, in bytes.
const maxLine = 16 << 20

// Lines runs a new index over JSON lines, in order, and yields each with its
// decision. It stops at the first error, of reading or from yield, and names
// the line.
func Lines(r io.Reader, opts Options, yield func(Line, news.Decision) error) error {
	x := New(opts)
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 64<<10), maxLine)
	var last time.Time
	for n := int64(1); scanner.Scan(); n++ {
		text := bytes.TrimSpace(bytes.TrimPrefix(scanner.Bytes(), []byte("\ufeff")))
		if len(text) == 0 {
			continue
		}
		var line Line
		if err := json.Unmarshal(text, &line); err != nil {
			return fmt.Errorf("line %d: %w", n, misread(err))
		}
		if line.ID == "" {
			return fmt.Errorf("line %d: %w", n, errNoID)
		}
		if line.Time.IsZero() {
			line.Time.Time = last
		}
		last = line.Time.Time
		if err := yield(line, x.Add(line.record(n), line.outlet())); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("read lines: %w", err)
	}
	return nil
}

// misread says what is wrong with a line in the words of who wrote it.
func misread(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("it is of the kind %s and should be an object, such as %s", kind.Value, exampleLine)
	case errors.As(err, &kind):
		return fmt.Errorf("%s is of the kind %s and should be a text in quotes", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("it is no JSON (%w); a line is an object, such as %s", err, exampleLine)
	}
	return err
}

// exampleLine is the least that a line has.
const exampleLine = `{"id": "1", "source": "wire", "title": "Ferry late", "text": "…", "time": "2026-03-03T08:00:00Z"}`

var errNoID = errors.New("the item has no id")

func (l *Line) record(seq int64) news.Record {
	return news.Record{Seq: seq, Revision: 1, Item: news.Item{
		Source: l.Source, ID: l.ID, URL: l.URL, Canonical: l.URL, Title: l.Title, Text: l.Text,
		Language: l.Lang, Published: l.Time.UTC(), FirstSeen: l.Time.UTC(), Dated: !l.Time.IsZero(),
	}}
}

func (l *Line) outlet() news.Outlet {
	return news.Outlet{Source: l.Source, Title: l.Source, Family: l.Family}
}
