package store

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/wireroom/wireroom/aggregator/news"
)

// FuzzRecord holds the reading of records against encoding/json.
func FuzzRecord(f *testing.F) {
	f.Add("A title", "<p class=\"a\">One\n\ttwo \\ three</p>", "", "One two", "One…", "news", true)
	f.Add(`,"html":"`, `,"text":"\`, `\","excerpt":"`, "a\u2028b\x00c\x7f\ufffd\xff\xed\xa0\x80", `\u0041\ud800`, `,"html":"x`, false)
	f.Add("", "", "sum", "text", "", `","html":"`, true)
	f.Add("", "html", "", "", "\"", "", false)
	f.Fuzz(func(t *testing.T, title, html, summary, text, excerpt, more string, dated bool) {
		it := news.Item{
			Source: "city", ID: more, Title: title, HTML: html, Summary: summary, Text: text, Excerpt: excerpt, Dated: dated, Hash: more,
			Categories: []string{more, title}, Authors: []news.Person{{Name: more}}, Image: &news.Image{Alt: more},
		}
		c, err := newCodec()
		if err != nil {
			t.Fatal(err)
		}
		packed, err := c.packJSON(record{7, &it})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := c.unpack(packed)
		if err != nil {
			t.Fatal(err)
		}
		var want, got news.Item
		first, second := record{Item: &want}, record{Item: &got}
		if err := json.Unmarshal(plain, &first); err != nil {
			t.Fatal(err)
		}
		if err := c.unpackRecord(packed, &second); err != nil {
			t.Fatal(err)
		}
		if first.Revision != second.Revision || !reflect.DeepEqual(want, got) {
			t.Errorf("%s\nis read as %+v, not as %+v", plain, got, want)
		}
	})
}

// TestState: a state is read as encoding/json reads it, with the hashes of entries
// and without.
func TestState(t *testing.T) {
	for _, s := range []news.State{
		{Source: "city", Seen: "AbC+/1 dEf", SeenBy: "1", Polls: 3, Moved: news.Move{Seen: 2, URL: `,"Read":"`}},
		{Source: `,"Read":"x`, Seen: `a "b\`, Error: "e"}, {Seen: "only"}, {Source: "city"}, {},
	} {
		sealed, err := sealJSON(s)
		if err != nil {
			t.Fatal(err)
		}
		var want, got news.State
		if err := unsealJSON(sealed, &want); err != nil {
			t.Fatal(err)
		}
		if err := unsealState(sealed, &got); err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v is read as %+v: %v", s, got, err)
		}
	}
}

// TestRecordOtherwise: a text that the encoder does not write so is left to
// encoding/json, whatever it makes of it.
func TestRecordOtherwise(t *testing.T) {
	for _, text := range []string{
		`{"revision":2,"id":"a","html":"\ud83d\ude00","text":"b"}`, `{"revision":2,"id":"a","html":"\ud83d","text":"b"}`,
		`{"revision":2,"id":"a","html":"a\x"}`, `{"revision":2,"id":"a","html":"`, `{"revision":2,"id":"a","html":"\"`,
		`{"revision":2,"id":"a","html":"\u12"}`, `{"revision":2,"id":"a","html":"a","text":3}`, `{"revision":2,"id":"a","html":"a","text":"b"`,
		`{"revision":2,"id":"a","text":"b","html":"a"}`, `{"revision":2,"id":"a","html":"a" , "text":"b"}`,
	} {
		var want, got news.Item
		first, second := record{Item: &want}, record{Item: &got}
		wrong, err := json.Unmarshal([]byte(text), &first), second.decode([]byte(text))
		if (wrong == nil) != (err == nil) {
			t.Errorf("%s: %v, not %v", text, err, wrong)
		}
		if wrong == nil && (first.Revision != second.Revision || !reflect.DeepEqual(want, got)) {
			t.Errorf("%s is read as %+v, not as %+v", text, got, want)
		}
	}
}
