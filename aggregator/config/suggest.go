package config

import (
	"iter"
	"reflect"
	"slices"
	"strings"
)

// closest returns the candidate that word was probably meant to be, if any is
// near enough: at most a third of its letters differ.
func closest(word string, candidates []string) string {
	best, least := "", len([]rune(word))/3+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// MostGuesses is for how many words of a file it is told which of its sources were
// probably meant: each is held against all that there are, and who has more of them has
// something else in mind.
const MostGuesses = 100

// near is closest for words that a file may be full of: nothing after the first ones.
func (l *loader) near(word string, candidates iter.Seq[string]) string {
	if l.guesses++; l.guesses > MostGuesses {
		return ""
	}
	return closest(word, slices.Collect(candidates))
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	if len(s) > 80 || len(t) > 80 {
		return len(s) + len(t)
	}
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(s)][len(t)]
}

// synonyms are keys that other programs use for ours.
var synonyms = map[string]string{
	"feeds": "sources", "feed": "url", "link": "url", "href": "url", "xmlurl": "url",
	"cron": "schedule", "interval": "schedule", "every": "schedule", "refresh": "schedule",
	"category": "tags", "categories": "tags", "groups": "topics", "channels": "topics",
	"name": "title", "keywords": "match", "filter": "where", "filters": "match",
	"exclude": "none", "include": "any", "not": "none", "or": "any", "and": "all",
	"sources": "from", "max": "limit", "max_items": "limit", "count": "limit", "password": "token",
	"database": "store", "db": "store", "port": "listen", "address": "listen",
	"headers": "header", "credentials": "auth", "lang": "language", "languages": "language",
	"publisher": "family", "private": "allow_private", "selector": "page", "host": "base_url",
}

// suggestKey says what an unknown key was probably meant to be: a similar key,
// another word for one, or a key of another part of the file.
func suggestKey(key string, known []string) string {
	if near := closest(key, known); near != "" {
		return "did you mean \"" + near + "\"?"
	}
	if other := synonyms[strings.ToLower(key)]; slices.Contains(known, other) {
		return "did you mean \"" + other + "\"?"
	}
	for _, other := range []string{key, synonyms[strings.ToLower(key)]} {
		if parents := parentsOf(other, reflect.TypeFor[root](), ""); len(parents) > 0 {
			return "\"" + other + "\" belongs " + strings.Join(parents, " or ")
		}
	}
	return "the keys here are " + strings.Join(known, ", ")
}

// parentsOf returns the parts of the file that have the key.
func parentsOf(key string, t reflect.Type, path string) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
		if path != "" && t.Kind() == reflect.Struct && (t == reflect.TypeFor[source]() || t == reflect.TypeFor[topic]()) {
			path += ".NAME"
		}
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var parents []string
	for _, f := range fieldsOf(t) {
		below := strings.TrimPrefix(path+"."+f.key, ".")
		if f.key == key {
			at := "under " + path
			if path == "" {
				at = "at the top of the main file"
			}
			parents = append(parents, at)
		}
		parents = append(parents, parentsOf(key, f.Type, below)...)
	}
	return parents
}
