package normalize

import (
	"regexp"
	"slices"
	"strings"
)

// signing are the parameters by which stores of files sign an address for a time: for
// each that is a signature those that go with it, of which a name that ends with a hyphen
// stands for all that begin so. In this order: Amazon's and what speaks like it, Google's,
// CloudFront and the earlier ones of both, Azure's, Discord's. Source: the documentation
// of each.
var signing = map[string][]string{
	"x-amz-signature":  {"x-amz-"},
	"x-goog-signature": {"x-goog-"},
	"signature":        {"expires", "policy", "key-pair-id", "awsaccesskeyid", "googleaccessid", "x-amz-security-token"},
	"sig":              {"se", "st", "ske", "skt"},
	"hm":               {"ex", "is"},
}

// queries matches the queries of addresses, in HTML or alone.
var queries = regexp.MustCompile(`\?(?:[^\s"'<>#]|&#)+`)

// unsigned returns a text without what signs the addresses in it, and that. They are
// signed anew at each request: what is another signature is no other text.
func unsigned(text string) (bare, signature string) {
	if !strings.Contains(text, "ignature=") && !strings.Contains(text, "sig=") && !strings.Contains(text, "hm=") {
		return text, ""
	}
	var signatures strings.Builder
	bare = queries.ReplaceAllStringFunc(text, func(query string) string {
		pairs := strings.Split(ampersand.ReplaceAllString(query[1:], "&"), "&")
		names := make([]string, len(pairs))
		for i, pair := range pairs {
			name, _, _ := strings.Cut(pair, "=")
			names[i] = strings.ToLower(name)
		}
		kept := pairs[:0]
		for i, pair := range pairs {
			if signs(names[i], names) {
				signatures.WriteString(pair + "\n")
			} else {
				kept = append(kept, pair)
			}
		}
		switch len(kept) {
		case len(names):
			return query
		case 0:
			return ""
		}
		return "?" + strings.Join(kept, "&")
	})
	return bare, signatures.String()
}

// signs reports whether a parameter is a part of a signature, by its name and those of
// all parameters of its query.
func signs(name string, all []string) bool {
	for signature, others := range signing {
		with := func(name string) bool {
			return name != signature && slices.ContainsFunc(others, func(other string) bool {
				return name == other || strings.HasSuffix(other, "-") && strings.HasPrefix(name, other)
			})
		}
		if (name == signature || with(name)) && slices.Contains(all, signature) && slices.ContainsFunc(all, with) {
			return true
		}
	}
	return false
}
