package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Secrets come from the file, the environment and files of their own, and a
// password in an address is taken out of it.
func TestAuth(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"token": "from-a-file\r\n", "key": "k", "topic": "0123456789abcdef\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := `
sources:
  basic: {url: "https://a.example/", auth: {user: me, password: "${PASSWORD}"}}
  bearer: {url: "https://b.example/", auth: {bearer_file: token}}
  both: {url: "https://c.example/", auth: {header: {X-A: "1"}, header_file: {X-B: key}, query: {a: "${PASSWORD}"}, query_file: {b: ` + filepath.Join(dir, "key") + `}}}
  inside: "https://reader:${PASSWORD}@d.example/feed#top"
topics: {all: {token_file: topic}}
`
	c, err := Parse(filepath.Join(dir, "feeds.yaml"), []byte(text), env("PASSWORD", "hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]news.Auth{}
	for _, s := range c.Sources {
		got[s.Name] = s.Auth
	}
	want := map[string]news.Auth{
		"basic":  {User: "me", Password: "hunter2"},
		"bearer": {Bearer: "from-a-file"},
		"both":   {Header: map[string]string{"X-A": "1", "X-B": "k"}, Query: map[string]string{"a": "hunter2", "b": "k"}},
		"inside": {User: "reader", Password: "hunter2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if url := c.Sources[3].URL; url != "https://d.example/feed" {
		t.Errorf("the address is %s", url)
	}
	if c.Topics[0].Token != "0123456789abcdef" {
		t.Errorf("the token is %q", c.Topics[0].Token)
	}
}

// The mark of its coding that an editor has put before a secret is no part of it.
func TestSecretBehindAMark(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("\uFEFF0123456789abcdef\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Parse(filepath.Join(dir, "feeds.yaml"), []byte("sources: {a: {url: https://a.example/, auth: {bearer_file: key}}}\ntopics: {all: {token_file: key}}"), env())
	if err != nil {
		t.Fatal(err)
	}
	if bearer, token := c.Sources[0].Auth.Bearer, c.Topics[0].Token; bearer != "0123456789abcdef" || token != bearer {
		t.Errorf("the secrets are %q and %q", bearer, token)
	}
}

// A variable that is set to nothing, as compose files do with one that is
// missing, opens no topic to everybody. A user name may do without a password.
func TestEmptySecret(t *testing.T) {
	for _, topic := range []string{`{token: "${TOKEN}"}`, `{token_file: "${TOKEN}"}`, `{token: "", token_file: "${TOKEN}"}`} {
		if c, err := Parse("feeds.yaml", []byte("sources: {a: https://a.example/}\ntopics: {all: "+topic+"}"), env("TOKEN", "")); err == nil {
			t.Errorf("%s is a topic with the token %q", topic, c.Topics[0].Token)
		}
	}
	c := mustParse(t, `
sources: {a: {url: "https://a.example/", auth: {user: key, password: "${PASSWORD}"}}}
topics: {all: {}}`, "PASSWORD", "")
	if want := (news.Auth{User: "key"}); !cmp.Equal(want, c.Sources[0].Auth) {
		t.Errorf("%+v", c.Sources[0].Auth)
	}
}
