package store

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

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

// TestStates: whatever a state holds, it is written as encoding/json writes it, and
// read as that reads it. Every field of the types is set now and then.
func TestStates(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", "plain text", `W/"a\b"`, "<&>\u2028", "Größe\x00\xff", `,"Read":"`, "}]{[,"}
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		if rng.IntN(3) == 0 {
			return // zero
		}
		if at, ok := v.Addr().Interface().(*time.Time); ok {
			*at = time.Unix(rng.Int64N(4e9), rng.Int64N(2)*rng.Int64N(1e9)).In([]*time.Location{time.UTC, time.FixedZone("", 3600)}[rng.IntN(2)])
			return
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), rng.IntN(3), 3))
			for i := range v.Len() {
				fill(v.Index(i))
			}
		case reflect.String:
			v.SetString(texts[rng.IntN(len(texts))])
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Float64:
			v.SetFloat([]float64{1.5, -2.25, 1e-7, 1e21, 1e300, 1.0 / 3, math.Copysign(0, -1)}[rng.IntN(7)])
		case reflect.Int, reflect.Int64:
			v.SetInt(rng.Int64() >> rng.IntN(64) * (1 - 2*rng.Int64N(2)))
		default:
			t.Fatalf("a state has a %s: say how it is stored", v.Kind())
		}
	}
	for range 5000 {
		var s news.State
		fill(reflect.ValueOf(&s).Elem())
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		text, err := encodeState(nil, &s)
		if err != nil || string(text) != string(want) {
			t.Fatalf("written as\n%s\nnot\n%s: %v", text, want, err)
		}
		var read, plain news.State
		n, ok := readObject(text, &read, stateMembers)
		if err := json.Unmarshal(text, &plain); err != nil || !ok || n != len(text) || !reflect.DeepEqual(read, plain) {
			t.Fatalf("%s\nis read as %+v, %t\nnot %+v: %v", text, read, ok, plain, err)
		}
	}
}

// TestStateOtherwise: a state that the encoder does not write so is read as
// encoding/json reads it, or not at all.
func TestStateOtherwise(t *testing.T) {
	for _, text := range []string{
		"", "{", "{}", "{} ", ` {"Polls":1}`, `{"Polls": 1}`, `{"Polls":1,}`, `{"Polls":1}}`, `{"Polls":"1"}`, `{"Polls":1e2}`, `{"polls":1}`, `{"Polls":1`, `{"Polls"`,
		`{"Polls":1,"Source":"a"}`, `{"Source":"a","Other":[{"x":"}"}],"Polls":1}`, `{"Source":"a","Source":"b"}`, `{"Source":null,"About":null}`, `{"Source":"a`,
		`{"About":{"Title":"a"},"Seen":["x"]}`, `{"Moved":{"Seen":2},"Events":[{"Text":"\"}]"}]}`, `{"NextDue":"yesterday"}`, `{"NextDue":"2026-01-01T00:00:00Z"`, `{"RateN":}`, `{"Rhythm":[1,2,]}`, `{"Rhythm":[1, 2]}`, `{"Rhythm":[]}`, `{"Rhythm":[[1],2]}`, `{"SkipHours":{"a":1}}`, `{"Deltas":true,"Deltas":false}`,
	} {
		var want, got news.State
		wrong, err := json.Unmarshal([]byte(text), &want), decodeState([]byte(text), &got)
		if (wrong == nil) != (err == nil) || wrong == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read as %+v, %v, not as %+v, %v", text, got, err, want, wrong)
		}
	}
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
