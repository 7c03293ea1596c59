package main

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ours are the first elements of the paths that Wireroom serves itself.
var ours = []string{"topics", "stories", "sources", "search", "static", "errors", "private", "hub", "websub"}

// below serves a base address with a path to two kinds of proxies, and to who
// looks without one: those that take the path away, and those that pass it on. A
// path that begins like one of ours cannot be told from it, and is taken away by
// the proxy.
func below(base string, next http.Handler) http.Handler {
	u, err := url.Parse(base)
	if err != nil {
		return next // it was checked with the configuration
	}
	prefix := strings.TrimSuffix(u.Path, "/")
	if first, _, _ := strings.Cut(strings.TrimPrefix(prefix, "/"), "/"); first == "" || slices.Contains(ours, first) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rest, ok := strings.CutPrefix(r.URL.Path, prefix); ok && (rest == "" || rest[0] == '/') {
			r = r.Clone(r.Context())
			r.URL.Path, r.URL.RawPath = cmp.Or(rest, "/"), ""
		}
		next.ServeHTTP(w, r)
	})
}
