package config

import (
	"fmt"
	"strings"
)

// written returns entries as lines of YAML.
func written(entries []Entry, indent int) string {
	var b strings.Builder
	pad := strings.Repeat(" ", indent)
	for _, e := range entries {
		if e.bare() {
			fmt.Fprintf(&b, "%s%s: %s\n", pad, e.Name, quoted(e.URL))
			continue
		}
		fmt.Fprintf(&b, "%s%s:\n", pad, e.Name)
		for _, setting := range e.settings() {
			fmt.Fprintf(&b, "%s  %s\n", pad, setting)
		}
	}
	return b.String()
}

// flow returns an entry on one line.
func flow(e Entry) string {
	if e.bare() {
		return doubleQuoted(e.URL)
	}
	return "{" + strings.Join(e.settings(), ", ") + "}"
}

// bare says whether the entry is nothing but an address of a feed.
func (e Entry) bare() bool {
	return !e.Site && e.Title == "" && e.Language == "" && len(e.Tags) == 0 && !e.AllowPrivate
}

// settings returns what is known of the entry, as YAML.
func (e Entry) settings() []string {
	key := "url"
	if e.Site {
		key = "site"
	}
	settings := []string{key + ": " + quoted(e.URL)}
	if e.Title != "" {
		settings = append(settings, "title: "+quoted(e.Title))
	}
	if len(e.Tags) > 0 {
		tags := make([]string, len(e.Tags))
		for i, tag := range e.Tags {
			tags[i] = quoted(tag)
		}
		settings = append(settings, "tags: ["+strings.Join(tags, ", ")+"]")
	}
	if e.Language != "" {
		settings = append(settings, "language: "+quoted(e.Language))
	}
	if e.AllowPrivate {
		settings = append(settings, "allow_private: true")
	}
	return settings
}

// quoted writes a text as a YAML scalar: as it is where that is plainly safe
// in every context, in double quotes otherwise. What looks like a variable is
// escaped, for a list's text is not to read our environment.
func quoted(text string) string {
	for i, r := range text {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0xa0 && r < 0x2000
		digit := r >= '0' && r <= '9'
		inner := i > 0 && i < len(text)-1 && (r == ' ' || r == ':' && strings.HasPrefix(text[i:], "://") || strings.ContainsRune("-._~/?=&+%()", r))
		if !letter && !(digit && i > 0) && !inner && !(r == '/' && i > 0) {
			return doubleQuoted(text)
		}
	}
	switch strings.ToLower(text) {
	case "", "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		return doubleQuoted(text)
	}
	return text
}

// doubleQuoted writes a text as a double-quoted YAML scalar.
func doubleQuoted(text string) string {
	text = strings.ReplaceAll(text, "${", "$${")
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}
