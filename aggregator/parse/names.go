package parse

import "strings"

// native are the namespaces whose elements are written without a prefix here:
// RSS 0.90, 0.91, 1.0 and 1.1, and those that publishers give RSS 2.0, which
// has none. The default namespace of a root element is native too: whatever it is
// where the root itself is in it, else, but for Atom, whose elements all have that
// prefix then, unless it is one of prefixes.
var native = map[string]bool{
	"":                                    true,
	"channel.netscape.com/rdf/simple/0.9": true,
	"my.netscape.com/rdf/simple/0.9":      true,
	"my.netscape.com/publish/formats/rss-0.91.dtd": true,
	"purl.org/rss/1.0":                 true,
	"purl.org/net/rss1.1#":             true,
	"purl.org/rss/1.0/modules/rss091#": true,
	"backend.userland.com/rss":         true,
	"backend.userland.com/rss2":        true,
	"backend.userland.com/rss091":      true,
	"backend.userland.com/rss092":      true,
	"blogs.law.harvard.edu/tech/rss":   true,
}

// prefixes are the short names by which the elements of other namespaces are
// known here, whatever prefix a document binds. Keys are in the form of
// canonicalSpace. Sources: the modules' own specifications, and the table of
// the feedparser project's documentation of namespace handling.
var prefixes = map[string]string{
	"www.w3.org/2005/atom":                                                "atom",
	"purl.org/atom/ns#":                                                   "atom",
	"purl.org/atom":                                                       "atom",
	"purl.org/atom/app#":                                                  "app",
	"www.w3.org/2007/app":                                                 "app",
	"www.w3.org/1999/02/22-rdf-syntax-ns#":                                "rdf",
	"www.w3.org/1999/xhtml":                                               "xhtml",
	"www.w3.org/xml/1998/namespace":                                       "xml",
	"www.w3.org/1999/xlink":                                               "xlink",
	"www.w3.org/2000/svg":                                                 "svg",
	"www.w3.org/1998/math/mathml":                                         "math",
	"purl.org/dc/elements/1.1":                                            "dc",
	"purl.org/dc/elements/1.0":                                            "dc",
	"purl.org/dc/terms":                                                   "dcterms",
	"purl.org/rss/1.0/modules/content":                                    "content",
	"purl.org/rss/1.0/modules/syndication":                                "sy",
	"search.yahoo.com/mrss":                                               "media",
	"video.search.yahoo.com/mrss":                                         "media",
	"search.yahoo.com/rss":                                                "media",
	"tools.search.yahoo.com/mrss":                                         "media",
	"www.rssboard.org/media-rss":                                          "media",
	"www.itunes.com/dtds/podcast-1.0.dtd":                                 "itunes",
	"www.itunes.com/dtds/podcast-1.0":                                     "itunes",
	"example.com/dtds/podcast-1.0.dtd":                                    "itunes",
	"www.google.com/schemas/play-podcasts/1.0":                            "googleplay",
	"www.georss.org/georss":                                               "georss",
	"www.opengis.net/gml":                                                 "gml",
	"www.w3.org/2003/01/geo/wgs84_pos#":                                   "geo",
	"www.w3.org/2003/01/geo/wgs84_pos":                                    "geo",
	"rssnamespace.org/feedburner/ext/1.0":                                 "feedburner",
	"purl.org/rss/1.0/modules/link":                                       "l",
	"purl.org/rss/1.0/modules/slash":                                      "slash",
	"purl.org/syndication/thread/1.0":                                     "thr",
	"purl.oclc.org/net/rss_2.0/enc#":                                      "enc",
	"wellformedweb.org/commentapi":                                        "wfw",
	"madskills.com/public/xml/rss/module/pingback":                        "pingback",
	"madskills.com/public/xml/rss/module/trackback":                       "trackback",
	"creativecommons.org/ns#license":                                      "creativecommons",
	"web.resource.org/cc":                                                 "creativecommons",
	"cyber.law.harvard.edu/rss/creativecommonsrssmodule.html":             "creativecommons",
	"backend.userland.com/creativecommonsrssmodule":                       "creativecommons",
	"podcastindex.org/namespace/1.0":                                      "podcast",
	"github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast",
}

// conventional are prefixes that are understood even where a document forgets
// to bind them, or binds them to an address that is not known.
var conventional = map[string]string{
	"atom": "atom", "atom10": "atom", "atom03": "atom", "a10": "atom", "a": "atom",
	"rdf": "rdf", "rss": "", "dc": "dc", "dcterms": "dcterms", "dct": "dcterms",
	"content": "content", "sy": "sy", "media": "media", "itunes": "itunes",
	"georss": "georss", "gml": "gml", "geo": "geo", "feedburner": "feedburner",
	"slash": "slash", "thr": "thr", "wfw": "wfw", "xhtml": "xhtml",
	"creativecommons": "creativecommons", "cc": "creativecommons", "xml": "xml", "enc": "enc",
	"googleplay": "googleplay", "podcast": "podcast", "l": "l", "svg": "svg",
}

// canonicalSpace brings a namespace's address to one form: without its scheme,
// in lower case, without a slash at the end, since publishers vary all three.
func canonicalSpace(uri string) string {
	uri = strings.ToLower(strings.TrimSpace(uri))
	if _, rest, ok := strings.Cut(uri, "://"); ok {
		uri = rest
	}
	return strings.TrimRight(uri, "/")
}

// foreignPrefix stands for a namespace that is not known here.
const foreignPrefix = "?"

// prefixOf returns the short name of the namespace uri that a document binds
// to prefix.
func prefixOf(prefix, uri string) string {
	key := canonicalSpace(uri)
	if known, ok := prefixes[key]; ok {
		return known
	}
	if native[key] {
		return ""
	}
	if known, ok := conventional[strings.ToLower(prefix)]; ok && prefix != "" {
		return known
	}
	if prefix == "" {
		return foreignPrefix
	}
	return strings.ToLower(prefix)
}
