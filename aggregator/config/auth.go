package config

import (
	"fmt"
	"maps"
	"net/textproto"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// maxSecret is the largest file of a secret, in bytes.
const maxSecret = 64 << 10

// auth builds a source's credentials.
func (l *loader) auth(path []string, a *auth) news.Auth {
	if a == nil {
		return news.Auth{}
	}
	built := news.Auth{
		User:     a.User,
		Password: l.secret(path, "password", a.Password, a.PasswordFile),
		Bearer:   l.secret(path, "bearer", a.Bearer, a.BearerFile),
		Header:   l.secretMap(path, "header", a.Header, a.HeaderFile),
		Query:    l.secretMap(path, "query", a.Query, a.QueryFile),
	}
	if built.User == "" && (a.Password != "" || a.PasswordFile != "") {
		l.report(path, "there is a password and no user", "set user, such as user: reader")
	}
	if built.User != "" && (a.Bearer != "" || a.BearerFile != "") {
		l.report(path, "user and bearer are both set, and a request has room for one of them", "keep one of them")
	}
	const oneLine = "write it on one line: the variable that it is taken from may end with a line break"
	for _, secret := range []struct{ key, name, value string }{
		{"user", "user", built.User}, {"password", "password", built.Password}, {"bearer", "token", built.Bearer},
	} {
		if broken(secret.value) {
			l.report(child(path, secret.key), "the "+secret.name+" has more than one line", oneLine)
		}
	}
	if strings.Contains(built.User, ":") {
		l.report(child(path, "user"), colonInUser, mendColon)
	}
	for _, name := range slices.Sorted(maps.Keys(built.Query)) {
		if broken(built.Query[name]) {
			l.report(child(child(path, "query"), name), fmt.Sprintf("the value of the parameter %q has more than one line", name), oneLine)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(built.Header)) {
		at := child(child(path, "header"), name)
		switch {
		case !validHeader(name):
			l.report(at, fmt.Sprintf("%q cannot be the name of a request header", name), "a name is letters, digits and hyphens")
		case slices.Contains(ownHeaders, textproto.CanonicalMIMEHeaderKey(name)):
			l.report(at, fmt.Sprintf("the header %q is set by Wireroom itself", name), "take it out")
		case broken(built.Header[name]):
			l.report(at, fmt.Sprintf("the value of the header %q has more than one line", name), oneLine)
		}
	}
	return built
}

// A user's name ends with the first colon where it is sent: the server would take the
// rest for the beginning of the password (RFC 7617 section 2).
const (
	colonInUser = "the user has a colon, with which its name ends where it is sent"
	mendColon   = "write what is behind the colon as the password, or ask the publisher for another name"
)

// ownHeaders are those that a request cannot do without or that would undo its
// politeness.
var ownHeaders = []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "If-None-Match", "If-Modified-Since"}

// broken says whether a value cannot be that of a header (RFC 9110 section 5.5), or of a
// user or password (RFC 7617 section 2): each poll would fail as if the network had, or
// be refused.
func broken(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// validHeader says whether name is a token (RFC 9110 section 5.6.2).
func validHeader(name string) bool {
	for _, r := range name {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) {
			return false
		}
	}
	return name != ""
}

// secret returns a value that stands in the file or in a file of its own.
func (l *loader) secret(path []string, key, value, file string) string {
	if file == "" {
		l.present(path, key, value)
		return value
	}
	if value != "" {
		l.report(child(path, key+"_file"), fmt.Sprintf("%s and %s_file are both set", key, key), "keep one of them")
		return ""
	}
	return l.secretFile(child(path, key+"_file"), file)
}

// present reports a secret that is written and comes to nothing, as that of a
// variable that is set and empty does: a topic would be open to everybody. A
// password alone may be empty, where the user's name is the secret.
func (l *loader) present(path []string, key, value string) {
	for _, k := range []string{key, key + "_file"} {
		at := child(path, k)
		if _, written := l.places[pathKey(at)]; written && value == "" && k != "password" {
			l.report(at, "the secret is empty", "set the variable that it is taken from, or take the key out")
		}
	}
}

// secretMap joins the values that stand in the file and those in files.
func (l *loader) secretMap(path []string, key string, values, files map[string]string) map[string]string {
	if len(values)+len(files) == 0 {
		return nil
	}
	joined := maps.Clone(values)
	if joined == nil {
		joined = map[string]string{}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		at := child(child(path, key+"_file"), name)
		if _, ok := joined[name]; ok {
			l.report(at, fmt.Sprintf("%q is set in %s too", name, key), "keep one of them")
			continue
		}
		joined[name] = l.secretFile(at, files[name])
	}
	return joined
}

// secretFile reads a secret, as Docker and Kubernetes hand them out: a file,
// with or without a line's end, or the mark that editors on Windows put in front. Its
// path is relative to the configuration's.
func (l *loader) secretFile(path []string, file string) string {
	if !filepath.IsAbs(file) {
		file = filepath.Join(l.dir, file)
	}
	data, info, err := readLimited(file, maxSecret)
	data, info, err = l.pipes.kept(file, data, info, err)
	if !slices.ContainsFunc(l.config.Files, func(f File) bool { return f.Path == file }) { // many may share one
		l.config.Files = append(l.config.Files, File{file, info})
	}
	if err != nil {
		l.report(path, fmt.Sprintf("the secret cannot be read from %s: %v", file, reason(err)), "name a file that this user may read")
		return ""
	}
	value := strings.TrimRight(strings.TrimPrefix(string(data), "\uFEFF"), "\r\n")
	if value == "" {
		l.report(path, "the file of the secret is empty", "write the secret into "+file)
	}
	return value
}
