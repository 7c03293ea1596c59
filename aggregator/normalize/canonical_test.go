package normalize

import "testing"

func TestCanonical(t *testing.T) {
	const site = "www.gazette.example"
	for in, want := range map[string]string{
		"https://gazette.example/a?utm_source=rss&utm_medium=feed":          "https://gazette.example/a",
		"https://gazette.example/a?id=7&fbclid=x&page=2":                    "https://gazette.example/a?id=7&page=2",
		"https://gazette.example/a?b=2&a=1":                                 "https://gazette.example/a?b=2&a=1",
		"https://www.nytimes.com/2024/a.html?partner=rss&emc=rss":           "https://www.nytimes.com/2024/a.html",
		"https://www.bbc.co.uk/news/a?at_medium=RSS&at_campaign=rss":        "https://www.bbc.co.uk/news/a",
		"https://gazette.example/a#comments":                                "https://gazette.example/a",
		"https://gazette.example/a#xtor=RSS-1":                              "https://gazette.example/a",
		"https://gazette.example/#!/story/1":                                "https://gazette.example/#!/story/1",
		"HTTPS://Gazette.Example:443/A":                                     "https://gazette.example/A",
		"http://[2001:db8::1]:80/a":                                         "http://[2001:db8::1]/a",
		"http://gazette.example:80":                                         "http://gazette.example/",
		"https://gazette.example:8443/":                                     "https://gazette.example:8443/",
		"https://amp.gazette.example/a":                                     "https://www.gazette.example/a",
		"https://m.gazette.example/a?amp=1":                                 "https://www.gazette.example/a",
		"https://mobile.other.example/a":                                    "https://www.other.example/a",
		"https://en.m.wikipedia.org/wiki/Pier":                              "https://en.wikipedia.org/wiki/Pier",
		"https://gazette.example/2024/a/amp/":                               "https://gazette.example/2024/a/",
		"https://gazette.example/2024/a.amp.html":                           "https://gazette.example/2024/a.html",
		"https://gazette.example/amp/2024/a":                                "https://gazette.example/2024/a",
		"https://gazette.example/amp":                                       "https://gazette.example/amp",
		"https://www.google.com/amp/s/gazette.example/a/amp":                "https://gazette.example/a",
		"https://gazette-example.cdn.ampproject.org/c/s/gazette.example/a":  "https://gazette.example/a",
		"https://www.google.com/url?q=https%3A%2F%2Fgazette.example%2Fa&s=": "https://gazette.example/a",
		"https://l.facebook.com/l.php?u=https%3A%2F%2Fgazette.example%2Fa":  "https://gazette.example/a",
		"https://www.google.com/url?q=javascript:alert(1)":                  "https://www.google.com/url?q=javascript:alert(1)",
		"https://gazette.example/caf%C3%A9?q=a%20b":                         "https://gazette.example/caf%C3%A9?q=a%20b",
		"https://gazette.example/a?":                                        "https://gazette.example/a",
		"https://gazette.example/x/../a/./b":                                "https://gazette.example/a/b",
		"https://gazette.example/a?p=1&amp;q=2&amp;utm_source=x":            "https://gazette.example/a?p=1&q=2",
		"https://gazette.example/a;jsessionid=0A1B?x=1":                     "https://gazette.example/a?x=1",
		"https://gazette.example/a?PHPSESSID=0a1b&x=1":                      "https://gazette.example/a?x=1",
		"https://gazette.example/a?source=rss&ref=front":                    "https://gazette.example/a?ref=front",
	} {
		if got := canonical(in, site, false); got != want {
			t.Errorf("canonical(%q) = %q, want %q", in, got, want)
		}
		if got := canonical(want, site, false); got != want {
			t.Errorf("canonical(%q) = %q: not stable", want, got)
		}
	}
	for _, part := range []string{"https://gazette.example/log#v2", "https://gazette.example/log/#comment-101", "https://gazette.example/log?a=1#comment101"} {
		if got := canonical(part, site, true); got != part {
			t.Errorf("a part of a page became %q", got)
		}
	}
	for _, form := range []string{"comments", "comment", "comment-form", "respond"} {
		if got := canonical("https://gazette.example/log#"+form, site, true); got != "https://gazette.example/log" {
			t.Errorf("where one comments became a part of a page: %q", got)
		}
	}
}

func TestWebAddress(t *testing.T) {
	for in, want := range map[string]string{
		"a.html":                      "https://example.org/dir/a.html",
		"/a b":                        "https://example.org/a%20b",
		"?q=1":                        "https://example.org/dir/page.html?q=1",
		"#f":                          "https://example.org/dir/page.html#f",
		"//cdn.example/x":             "https://cdn.example/x",
		`/\cdn.example/x`:             "https://cdn.example/x",
		" \t https://a.example/\n ":   "https://a.example/",
		"ht\ntps://a.example/":        "https://a.example/",
		"www.a.example/x?y":           "https://www.a.example/x?y",
		"WWW.A.example":               "https://www.a.example",
		"www.a/x":                     "https://example.org/dir/www.a/x",
		"x/www.a.example":             "https://example.org/dir/x/www.a.example",
		"https://müller.example/ü":    "https://xn--mller-kva.example/%C3%BC",
		"https://user:pw@a.example/":  "https://a.example/",
		"https://a.example/100%":      "https://a.example/100%25",
		"https://a.example/?q=<b>\"":  "https://a.example/?q=%3Cb%3E%22",
		"http://[2001:db8::1]:8080/x": "http://[2001:db8::1]:8080/x",
		"/?x=1&amp;p=2&#038;q=3":      "https://example.org/?x=1&p=2&q=3",
		"/?x=1&amp;amp;#38;p=2":       "https://example.org/?x=1&p=2",
		"/?x=1&amp;amp;#x26;p=2":      "https://example.org/?x=1&p=2",
		"/?x=1&amp=2#a;":              "https://example.org/?x=1&amp=2#a;",
		"JaVaScRiPt:alert(1)":         "",
		"data:text/html,x":            "",
		"tag:a.example,2024:1":        "",
		"https:a.example":             "",
		"https://":                    "",
		"http://a b.example/":         "",
		"http://%61.example/":         "",
		"ftp://a.example/":            "",
		"mailto:x@a.example":          "",
		"":                            "",
		"http://a.example:99999/":     "",
	} {
		if got := webAddress(pageURL, in, false); got != want {
			t.Errorf("webAddress(%q) = %q, want %q", in, got, want)
		}
	}
}
