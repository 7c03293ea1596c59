package parse_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
)

// testURL is where feedparser's tests are served.
const testURL = "http://127.0.0.1:8097/tests/"

// pollTime is when the tests poll: after every date that they state.
var pollTime = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// foreign are what feedparser's expectations speak of and our model does not
// hold, with the reason.
var foreign = map[string]string{
	"bozo_exception": "feedparser's own types", "isinstance": "feedparser's own types", "feedparser": "feedparser's own types",
	"headers": "feedparser's own types", "datetime": "feedparser's own types", "method strftime": "feedparser's own types",
	"cloud": "rssCloud", "textinput": "text input forms", "docs": "address of the format's specification",
	"validity_start": "validity", "validity_end": "validity", "validity_start_parsed": "validity", "validity_end_parsed": "validity",
	"expired": "expiry", "expired_parsed": "expiry", "license": "licences", "media_license": "licences",
	"itunes_block": "podcast directories", "itunes_explicit": "podcast directories", "media_restriction": "players",
	"media_rating": "players", "media_player": "players", "psc_chapters": "podcast chapters", "where": "geo shapes",
	"thr_in-reply-to": "threads", "wfw_comment": "comment services", "wfw_commentrss": "comment services",
	"madeup_element": "unknown modules", "abcdefg": "unknown modules", "publisher": "publisher", "publisher_detail": "publisher",
	"namespaces": "feedparser's own types", "errorreportsto": "administration", "admin_errorreportsto": "administration",
	"etag": "HTTP", "locals": "HTTP", "media_credit": "roles of credits", "source detail": "what a source says beyond its name, id and links",
	"height": "title and size of the feed's picture", "width": "title and size of the feed's picture", "image title": "title and size of the feed's picture",
	"duration": "duration without a media file",
}

// a feedparserCase is one document with its expectation.
type feedparserCase struct {
	name, folder string
	body         []byte
	expect       string
	header       map[string]string
}

var (
	expectation = regexp.MustCompile(`(?s)Expect:\s*(.*?)\s*-->`)
	headerLine  = regexp.MustCompile(`(?m)^Header:\s*([^:\r\n]+):\s*(.*?)\s*$`)
)

func feedparserCases(root string) ([]feedparserCase, error) {
	var cases []feedparserCase
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		c := feedparserCase{name: filepath.ToSlash(rel), body: body, header: map[string]string{}}
		c.folder, _, _ = strings.Cut(c.name, "/")
		// Those in wide characters have their expectation in them, too.
		head := bytes.ReplaceAll(body, []byte{0}, nil)
		if m := expectation.FindSubmatch(head); m != nil {
			c.expect = string(m[1])
		}
		for _, m := range headerLine.FindAllSubmatch(head, -1) {
			c.header[strings.ToLower(string(m[1]))] = string(m[2])
		}
		cases = append(cases, c)
		return nil
	})
	return cases, err
}

func (c *feedparserCase) answer() news.Answer {
	return news.Answer{
		URL: testURL + c.name, Body: c.body,
		ContentType: c.header["content-type"], ContentLanguage: c.header["content-language"],
	}
}

// outcome of one expectation.
type outcome int

const (
	failed outcome = iota
	passed
	noConcern
)

// check evaluates the expectation upon what a parser made of the document.
func (c *feedparserCase) check(feed news.Feed, err error) (outcome, string) {
	switch {
	case c.expect == "" || c.expect == "1" || c.expect == "bozo" || c.expect == "not bozo":
		return noConcern, "no expectation on the content"
	case strings.Contains(feed.Format, "CDF") || strings.Contains(c.name, "/cdf/"):
		return noConcern, "CDF"
	case strings.Contains(c.expect, "encoding == 'us-ascii'"):
		return noConcern, "RFC 3023's us-ascii, which no publisher means"
	case strings.Contains(c.expect, `\u2329`) || strings.Contains(c.expect, `\u232a`):
		return noConcern, "entities lang and rang, which HTML 5 redefined"
	case strings.Contains(c.expect, "rss091n"):
		return noConcern, "feedparser's own types"
	case c.header["content-location"] != "":
		return noConcern, "Content-Location as a base, which RFC 9110 gave up"
	}
	if err != nil {
		return failed, err.Error()
	}
	ok, evalErr := evalPython(c.expect, feedparserModel(feed), sameText)
	var out outside
	switch {
	case errors.As(evalErr, &out):
		if reason := foreign[out.what]; reason != "" {
			return noConcern, reason
		}
		return failed, "no " + out.what
	case evalErr != nil:
		return failed, evalErr.Error()
	case ok:
		return passed, ""
	}
	return failed, "differs"
}

// sameText compares a value with the text that is wanted: in the way it was
// written, as plain text, or as HTML after our sanitiser had both.
func sameText(v any, want string) bool {
	switch v := v.(type) {
	case nil:
		return want == ""
	case string:
		return v == want || strings.TrimSpace(v) == strings.TrimSpace(want)
	case texts:
		for _, s := range v {
			if sameText(s, want) || strings.EqualFold(s, want) {
				return true
			}
		}
		cleaned, plain := sanitised(want, testURL)
		for _, s := range v {
			html, text := sanitised(s, testURL)
			if html == cleaned || text == plain && text != "" && !strings.Contains(want, "<") {
				return true
			}
		}
		return len(v) == 0 && want == ""
	}
	return str(v) == want
}

// sanitised returns HTML as normalize makes it, and its plain text.
func sanitised(s, base string) (html, text string) {
	feed := news.Feed{URL: base, Entries: []news.Entry{{
		GUID: "1", Title: news.Text{Value: s, Type: news.TextHTML}, Content: news.Text{Value: s, Type: news.TextHTML},
	}}}
	items := normalize.Items(news.Source{Name: "test", Language: "en"}, feed, pollTime)
	return items[0].HTML, items[0].Title
}

// ours parses a document the way the program does.
func ours(answer news.Answer) (news.Feed, error) { return parse.Parse(news.Source{}, answer) }
