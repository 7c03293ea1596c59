package normalize

// A role says how an element behaves among others.
type role uint8

const (
	roleInline role = iota + 1 // may stand anywhere
	roleBlock                  // ends a paragraph that is open
	roleVoid                   // has no inside
	roleTable                  // part of a table
)

// An element is one that is kept, with the attributes that it may have beside
// the global ones.
type element struct {
	role  role
	attrs []string
}

// elements are the elements of HTML that are kept: those that carry text,
// structure or media, and none that runs, loads a document, takes input, has
// an own namespace, or whose inside HTML parsers do not read as HTML. Source:
// the WHATWG's index of elements.
var elements = map[string]element{
	"a": {roleInline, []string{"href", "hreflang"}}, "abbr": {role: roleInline}, "acronym": {role: roleInline},
	"b": {role: roleInline}, "bdi": {role: roleInline}, "bdo": {role: roleInline}, "big": {role: roleInline},
	"cite": {role: roleInline}, "code": {role: roleInline}, "data": {roleInline, []string{"value"}},
	"del": {roleInline, []string{"cite", "datetime"}}, "dfn": {role: roleInline}, "em": {role: roleInline},
	"i": {role: roleInline}, "ins": {roleInline, []string{"cite", "datetime"}}, "kbd": {role: roleInline},
	"mark": {role: roleInline}, "q": {roleInline, []string{"cite"}}, "s": {role: roleInline},
	"samp": {role: roleInline}, "small": {role: roleInline}, "span": {role: roleInline},
	"strike": {role: roleInline}, "strong": {role: roleInline}, "sub": {role: roleInline},
	"sup": {role: roleInline}, "time": {roleInline, []string{"datetime"}}, "tt": {role: roleInline},
	"u": {role: roleInline}, "var": {role: roleInline}, "ruby": {role: roleInline}, "rp": {role: roleInline},
	"rt": {role: roleInline}, "picture": {role: roleInline},
	"audio": {roleInline, []string{"src", "controls", "loop", "muted", "preload"}},
	"video": {roleInline, []string{"src", "controls", "loop", "muted", "preload", "poster", "width", "height"}},

	"address": {role: roleBlock}, "article": {role: roleBlock}, "aside": {role: roleBlock},
	"blockquote": {roleBlock, []string{"cite"}}, "center": {role: roleBlock}, "dd": {role: roleBlock},
	"details": {roleBlock, []string{"open"}}, "dir": {role: roleBlock}, "div": {role: roleBlock},
	"dl": {role: roleBlock}, "dt": {role: roleBlock}, "figcaption": {role: roleBlock}, "figure": {role: roleBlock},
	"footer": {role: roleBlock}, "h1": {role: roleBlock}, "h2": {role: roleBlock}, "h3": {role: roleBlock},
	"h4": {role: roleBlock}, "h5": {role: roleBlock}, "h6": {role: roleBlock}, "header": {role: roleBlock},
	"li": {roleBlock, []string{"value"}}, "main": {role: roleBlock}, "menu": {role: roleBlock}, "nav": {role: roleBlock},
	"ol": {roleBlock, []string{"start", "type", "reversed"}}, "p": {role: roleBlock}, "pre": {role: roleBlock},
	"section": {role: roleBlock}, "summary": {role: roleBlock}, "ul": {role: roleBlock},

	"br": {role: roleVoid}, "hr": {role: roleVoid}, "wbr": {role: roleVoid},
	"img":    {roleVoid, []string{"src", "srcset", "sizes", "alt", "width", "height"}},
	"source": {roleVoid, []string{"src", "srcset", "sizes", "type", "media"}},

	"table": {role: roleTable}, "caption": {role: roleTable}, "colgroup": {roleTable, []string{"span"}},
	"col": {roleTable, []string{"span"}}, "thead": {role: roleTable}, "tbody": {role: roleTable},
	"tfoot": {role: roleTable}, "tr": {role: roleTable},
	"td": {roleTable, []string{"colspan", "rowspan"}}, "th": {roleTable, []string{"colspan", "rowspan", "scope"}},
}

// globals are the attributes that every element may have.
var globals = []string{"dir", "lang", "title"}

// swallowed are the elements that go with all that is in them.
var swallowed = map[string]bool{
	"script": true, "style": true, "noscript": true, "template": true, "iframe": true, "noembed": true,
	"noframes": true, "plaintext": true, "xmp": true, "textarea": true, "title": true, "svg": true, "math": true,
	"select": true, "object": true, "applet": true, "head": true, "frameset": true, "button": true,
}

// raw are those of them whose inside the tokenizer does not read as HTML.
var raw = map[string]bool{
	"script": true, "style": true, "noscript": true, "iframe": true, "noembed": true, "noframes": true,
	"plaintext": true, "xmp": true, "textarea": true, "title": true,
}

// runs are those that hold code: what follows one that is never closed is code.
var runs = map[string]bool{"script": true, "style": true, "plaintext": true}

// addressed are the attributes that hold addresses.
var addressed = map[string]bool{"href": true, "src": true, "cite": true, "poster": true}
