package parse

// The limits of a document. They stand far above what a feed needs and far
// below what would harm; what goes beyond is cut, counted or refused.
const (
	maxDepth     = 256      // elements within elements; a deeper document is refused
	maxItems     = 5000     // entries, where the source sets no limit
	maxBytes     = 10 << 20 // of a decompressed document, where the source sets no limit
	maxAttrs     = 64       // attributes of one element
	maxNodes     = 4096     // elements of one entry, and of all outside entries
	maxBindings  = 256      // namespaces in force
	maxNames     = 512      // names of elements that are remembered
	maxURL       = 8 << 10  // bytes of an address
	maxBase      = 512      // bytes of an xml:base; each element may make another one of that around it
	maxTitle     = 1 << 10  // bytes of a title; more of it is read where it is markup
	maxContent   = 1 << 20  // bytes of a text
	maxTerms     = 64       // categories, links, persons, enclosures or pictures of one entry
	maxPixels    = 100_000  // of a picture's width or height; more counts as not said
	maxDate      = 128      // bytes of a date
	maxReference = 40       // bytes of a character reference; the longest of HTML has 33
	maxEntities  = 256      // that a document type declares
	maxEntity    = 1 << 10  // bytes of a declared entity
	maxExpansion = 64 << 10 // bytes that declared entities may become in one document
)
