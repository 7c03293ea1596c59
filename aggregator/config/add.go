package config

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Add writes entries into the text of a feeds.yaml, behind its other sources,
// and changes no other byte: comments, order and blank lines stay. Entries
// whose address is there already, or among the further sources, which are those of
// included files, are passed over; a name that is taken gets a number. It returns
// the new text and the entries as they were written.
func Add(text []byte, entries []Entry, further ...news.Source) ([]byte, []Entry, error) {
	before, err := sourceNodes(text)
	if err != nil {
		return nil, nil, byHand(err, entries)
	}
	names, taken, addresses := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for name, node := range before.all() {
		names[name] = true
		addresses[sameness(addressOf(node))] = true
	}
	for _, src := range further {
		taken[src.Name] = true
		addresses[sameness(src.URL)+src.Auth.User] = true
	}
	var added []Entry
	for _, e := range entries {
		address := sameness(e.URL)
		if addresses[address] {
			continue
		}
		base := e.Name
		for n := 2; names[e.Name] || taken[e.Name]; n++ {
			suffix := fmt.Sprintf("-%d", n)
			e.Name = base[:min(len(base), 64-len(suffix))] + suffix
		}
		names[e.Name], addresses[address] = true, true
		added = append(added, e)
	}
	if len(added) == 0 {
		return text, nil, nil
	}
	out, err := before.insert(text, added)
	if err == nil {
		err = checkAdded(out, before, names)
	}
	if err != nil {
		return nil, nil, byHand(err, added)
	}
	return out, added, nil
}

// errLayout says that a file is laid out in a way that was not foreseen.
var errLayout = errors.New("config: the sources cannot be added to a file of this layout")

// shownByHand is how many entries are shown to be written by hand.
const shownByHand = 20

// byHand adds to an error what to write where the program cannot.
func byHand(err error, entries []Entry) error {
	if !errors.Is(err, errLayout) {
		return err
	}
	return fmt.Errorf("%w; write this under sources yourself, in the way of the file:\n%s",
		err, strings.TrimSuffix(written(entries[:min(len(entries), shownByHand)], 2), "\n"))
}

// checkAdded reads the text back: a file that is laid out in a way that was
// not foreseen must not be damaged.
func checkAdded(text []byte, before sourcesAt, names map[string]bool) error {
	after, err := sourceNodes(text)
	if err != nil {
		return fmt.Errorf("%w (%w)", errLayout, err)
	}
	now := map[string]*yaml.Node{}
	for name, node := range after.all() {
		if now[name] = node; !names[name] {
			return errLayout
		}
	}
	if len(now) != len(names) {
		return errLayout
	}
	for name, node := range before.all() {
		if !sameValue(node, now[name]) { // such as a text whose last line looks like a remark
			return errLayout
		}
	}
	return nil
}

// sameValue reports whether two nodes stand for the same.
func sameValue(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Tag != b.Tag || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !sameValue(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// sourcesAt is where the sources of a file stand.
type sourcesAt struct {
	key, value *yaml.Node // nil: there are none
}

// sourceNodes finds the sources of a file.
func sourceNodes(text []byte) (sourcesAt, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(ownLines(text), &doc); err != nil {
		return sourcesAt{}, fmt.Errorf("config: %w", err)
	}
	if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
		return sourcesAt{}, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 {
		return sourcesAt{}, fmt.Errorf("%w: it is not a list of keys, one a line", errLayout)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "sources" {
			at := sourcesAt{root.Content[i], root.Content[i+1]}
			if at.value.Kind != yaml.MappingNode && at.value.Tag != "!!null" {
				return sourcesAt{}, fmt.Errorf("%w: sources is not a mapping of names", errLayout)
			}
			return at, nil
		}
	}
	return sourcesAt{}, nil
}

// all yields the names and the nodes of the sources.
func (at sourcesAt) all() func(func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if at.value == nil {
			return
		}
		for i := 0; i+1 < len(at.value.Content); i += 2 {
			if !yield(at.value.Content[i].Value, at.value.Content[i+1]) {
				return
			}
		}
	}
}

// addressOf returns the address of a source as it is written.
func addressOf(node *yaml.Node) string {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key := node.Content[i].Value; key == "url" || key == "site" {
			return node.Content[i+1].Value
		}
	}
	return node.Value
}

// sameness returns what two addresses have in common that are one: neither the
// fragment counts, nor a password, nor how a host is spelt.
func sameness(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	user := u.User.Username() // of none it is empty
	u.User, u.Fragment = nil, ""
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), map[string]string{"http": ":80", "https": ":443"}[u.Scheme])
	return u.String() + " " + user
}

// insert writes entries into the text.
func (at sourcesAt) insert(text []byte, entries []Entry) ([]byte, error) {
	lines := splitLines(text)
	block := func(indent int) string {
		return strings.ReplaceAll(written(entries, indent), "\n", lineEnd(text))
	}
	switch {
	case at.value == nil:
		return spliced(lines, len(lines), "sources:"+lineEnd(text)+block(2)), nil
	case at.value.Kind != yaml.MappingNode:
		return spliced(lines, at.key.Line, block(2)), nil
	case at.value.Style&yaml.FlowStyle != 0:
		return at.insertFlow(lines, entries)
	}
	first := at.value.Content[0]
	return spliced(lines, lastLine(lines, at.key), block(first.Column-1)), nil
}

// insertFlow writes entries behind the opening brace of sources: {…}. Columns
// count characters.
func (at sourcesAt) insertFlow(lines [][]byte, entries []Entry) ([]byte, error) {
	line := []rune(string(lines[at.value.Line-1]))
	if at.value.Column > len(line) || line[at.value.Column-1] != '{' {
		return nil, errLayout
	}
	var b strings.Builder
	b.WriteString(string(line[:at.value.Column]))
	for i, e := range entries {
		fmt.Fprintf(&b, "%s: %s", e.Name, flow(e))
		if i < len(entries)-1 || len(at.value.Content) > 0 {
			b.WriteString(", ")
		}
	}
	b.WriteString(string(line[at.value.Column:]))
	lines[at.value.Line-1] = []byte(b.String())
	return bytes.Join(lines, nil), nil
}

// lastLine returns the number of the last line of a block that begins with a
// key: comments and blank lines behind it belong to what follows.
func lastLine(lines [][]byte, key *yaml.Node) int {
	last := key.Line
	for n := key.Line; n < len(lines); n++ {
		line := lines[n]
		content := bytes.TrimLeft(line, " ")
		if len(bytes.TrimSpace(content)) == 0 || content[0] == '#' {
			continue
		}
		if len(line)-len(content) < key.Column {
			break
		}
		last = n + 1
	}
	return last
}

// spliced returns the lines with text behind line n.
func spliced(lines [][]byte, n int, text string) []byte {
	head := bytes.Join(lines[:n], nil)
	if len(head) > 0 && !bytes.HasSuffix(head, []byte("\n")) && !bytes.HasSuffix(head, []byte("\r")) {
		head = append(head, '\n')
	}
	return append(append(head, text...), bytes.Join(lines[n:], nil)...)
}

// splitLines returns the lines of a text with their ends: as in YAML, a carriage
// return alone is one, too.
func splitLines(text []byte) (lines [][]byte) {
	for len(text) > 0 {
		n := bytes.IndexAny(text, "\r\n") + 1
		switch {
		case n == 0:
			n = len(text)
		case bytes.HasPrefix(text[n-1:], []byte("\r\n")):
			n++
		}
		lines, text = append(lines, text[:n]), text[n:]
	}
	return lines
}

// lineEnd returns how the lines of a text end.
func lineEnd(text []byte) string {
	switch {
	case bytes.Contains(text, []byte("\r\n")):
		return "\r\n"
	case bytes.ContainsRune(text, '\r') && !bytes.ContainsRune(text, '\n'):
		return "\r"
	}
	return "\n"
}
