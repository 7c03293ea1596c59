package config

import "testing"

// An address under which readers reach the server is published as a feed and the
// head of an answer can hold it, however it was written.
func TestBaseURL(t *testing.T) {
	for written, want := range map[string]string{
		"":                                 "",
		"https://feeds.example.org":        "https://feeds.example.org",
		"https://feeds.example.org/news//": "https://feeds.example.org/news",
		"HTTPS://Feeds.Example.org:8443/A": "https://feeds.example.org:8443/A",
		"http://[::1]:8080/":               "http://[::1]:8080",
		"http://[2001:DB8::1]":             "http://[2001:db8::1]",
		"https://Fähre.example:81/å/%e5":   "https://xn--fhre-loa.example:81/%C3%A5/%E5",
		"https://my_host.example":          "https://my_host.example",
		"https://feeds.example.org/?":      "?",
		"https://feeds.example.org/#":      "?",
		"https://a:b@feeds.example.org":    "?",
		"https://ä_b.example":              "?",
		"https://feeds.example.org:http":   "?",
		"feeds.example.org":                "?",
		"ftp://feeds.example.org":          "?",
	} {
		c, err := Parse("feeds.yaml", []byte("server: {base_url: \""+written+"\"}\nsources: {a: https://a.example/}\ntopics: {t: {}}\n"), env())
		switch {
		case (err != nil) != (want == "?"):
			t.Errorf("%s: %v", written, err)
		case err == nil && c.Server.BaseURL != want:
			t.Errorf("%s is published as %s, want %s", written, c.Server.BaseURL, want)
		}
	}
}
