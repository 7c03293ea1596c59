//go:build linux

package trust_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestSinks publishes all texts that sanitisers are tested with, and all feeds
// that carry something into a field where it does not belong, and reads what is
// published in four forms: each is well-formed, and leads and loads from nowhere
// but the web (S6).
func TestSinks(t *testing.T) {
	t.Parallel()
	out, texts, feeds := publishedInputs(t)
	files, addresses := 0, 0
	record(t, "S6", "every input of corpora/security, which holds a part of the specification's 4,732 and 23 of its 37 sinks, published in four forms: RSS, Atom, JSON and pages", "trust-sinks", func() (string, string) {
		return fmt.Sprintf("%d texts, %d feeds of sinks", len(texts), len(feeds)), fmt.Sprintf("0 addresses of %d in %d files lead elsewhere than http, https and mailto; all files well-formed", addresses, files)
	})
	err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var found []string
		switch filepath.Ext(path) {
		case ".rss", ".atom", ".xml", ".opml":
			found = xmlAddresses(t, path, body)
		case ".json":
			var doc any
			if err := json.Unmarshal(body, &doc); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			found = jsonAddresses(doc, nil)
		case ".html", "":
			found = htmlAddresses(string(body))
		default:
			return nil
		}
		files++
		for _, address := range found {
			addresses++
			if !harmless.MatchString(address) {
				t.Errorf("%s leads to %.200q", path, address)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 || addresses < len(texts) {
		t.Errorf("%d addresses in %d files are too few", addresses, files)
	}
}

// harmless is an address of the web, or within the pages themselves; tag: is
// that of ids.
var harmless = regexp.MustCompile(`^(https?://[^/]|mailto:|tag:|feed:https?:|/([^/]|$)|#|\?|urn:|$)`)

// leading are the attributes and elements that hold an address, wherever.
var leading = map[string]bool{
	"href": true, "src": true, "url": true, "uri": true, "link": true, "guid": false, "id": false, "comments": true, "action": true, "formaction": true,
	"poster": true, "data": true, "cite": true, "background": true, "ping": true, "longdesc": true, "icon": true, "logo": true, "docs": true,
	"external_url": true, "home_page_url": true, "feed_url": true, "image": true, "banner_image": true, "avatar": true, "xmlUrl": true, "htmlUrl": true,
}

// xmlAddresses reads a whole XML document and returns its addresses, with those
// of the HTML in it.
func xmlAddresses(t *testing.T, path string, body []byte) (found []string) {
	var open []string
	for dec := xml.NewDecoder(bytes.NewReader(body)); ; {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Errorf("%s is not well-formed: %v", path, err)
			return found
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			open = append(open, tok.Name.Local)
			for _, a := range tok.Attr {
				if a.Name.Local == "type" && a.Value == "text" {
					open[len(open)-1] = "text" // of Atom: no HTML
				}
				if leading[a.Name.Local] && a.Name.Space != "xmlns" {
					found = append(found, a.Value)
				}
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			text := strings.TrimSpace(string(tok))
			if len(open) == 0 || text == "" {
				continue
			}
			switch name := open[len(open)-1]; {
			case leading[name]:
				found = append(found, text)
			case name == "description", name == "encoded", name == "content", name == "summary":
				found = append(found, htmlAddresses(text)...)
			}
		}
	}
}

func jsonAddresses(v any, found []string) []string {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			found = jsonAddresses(e, found)
		}
	case map[string]any:
		for key, e := range v {
			if text, ok := e.(string); ok && leading[key] {
				found = append(found, text)
			} else if ok && key == "content_html" {
				found = append(found, htmlAddresses(text)...)
			}
			found = jsonAddresses(e, found)
		}
	}
	return found
}

// htmlAddresses returns all addresses of a page or a part of one, and in their
// place what runs by itself.
func htmlAddresses(text string) (found []string) {
	for z := html.NewTokenizer(strings.NewReader(text)); z.Next() != html.ErrorToken; {
		tok := z.Token()
		if tok.Type != html.StartTagToken && tok.Type != html.SelfClosingTagToken {
			continue
		}
		for _, a := range tok.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "srcdoc", a.Key == "style":
				found = append(found, "active:"+tok.Data+" "+a.Key)
			case a.Key == "srcset":
				for part := range strings.SplitSeq(a.Val, ",") {
					found = append(found, strings.Fields(part + " #")[0])
				}
			case leading[a.Key]:
				found = append(found, a.Val)
			}
		}
	}
	return found
}
