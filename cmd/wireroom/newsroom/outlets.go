package newsroom

// A format is the form of an outlet's feed.
type format int

const (
	formatRSS format = iota
	formatAtom
	formatJSON
)

// An Outlet is one invented publisher.
type Outlet struct {
	Name     string // label of its host, and a good name for the source
	Title    string
	Motto    string
	Language string // BCP 47
	Path     string // of its feed
	Agency   bool   // others copy its texts

	format  format
	full    bool // the feed carries whole texts, and not only their beginning
	charset string
	manners manners // empty: those of a good server
}

// outlets is the whole press, in the order in which it is listed.
var outlets = []Outlet{
	{Name: "meridian", Title: "Meridian Wire", Motto: "News agency of the Varne coast", Language: "en", Path: "/wire.rss", Agency: true, full: true},
	{Name: "harbour-herald", Title: "The Harbour Herald", Motto: "Port Ellery, every morning since 1871", Language: "en", Path: "/feed.xml", full: true},
	{Name: "inland-post", Title: "The Inland Post", Motto: "For Lindmouth and the valley", Language: "en", Path: "/atom.xml", format: formatAtom, full: true},
	{Name: "skerry-radio", Title: "Skerry Radio", Motto: "The voice of the outer islands", Language: "en", Path: "/news.json", format: formatJSON, full: true},
	{Name: "morning-shelf", Title: "The Morning Shelf", Motto: "What is worth a click today", Language: "en", Path: "/links.atom", format: formatAtom},
	{Name: "clamour", Title: "The Daily Clamour", Motto: "Loud, and never sorry", Language: "en", Path: "/rss", full: true, manners: rude},
	{Name: "ferndale-gazette", Title: "Ferndale Gazette", Motto: "The paper that was", Language: "en", Path: "/rss.xml", manners: dead},

	{Name: "nordlicht", Title: "Nordlicht Agentur", Motto: "Nachrichten von See und Ufer", Language: "de", Path: "/dienst.atom", Agency: true, format: formatAtom, full: true},
	{Name: "kuestenblatt", Title: "Küstenblatt", Motto: "Grauhafen und umzu", Language: "de", Path: "/rss.xml", full: true},
	{Name: "talbote", Title: "Der Talbote", Motto: "Zeitung für Kaltensee", Language: "de", Path: "/feed.json", format: formatJSON, full: true},

	{Name: "alborada", Title: "Agencia Alborada", Motto: "Agencia de noticias del litoral", Language: "es", Path: "/cable.rss", Agency: true, full: true},
	{Name: "la-ribera", Title: "Diario La Ribera", Motto: "Puerto Alba al día", Language: "es", Path: "/rss", full: true},
	{Name: "faro-del-sur", Title: "El Faro del Sur", Motto: "Voces de Villar", Language: "es", Path: "/atom", format: formatAtom, full: true},

	{Name: "vestnik", Title: "Береговой вестник", Motto: "Газета посёлка Вельный", Language: "ru", Path: "/rss.xml", full: true, charset: "windows-1251"},
	{Name: "volna", Title: "Северная волна", Motto: "Новости залива", Language: "ru", Path: "/feed.atom", format: formatAtom, full: true},

	{Name: "al-rayhan", Title: "صحيفة الريحان", Motto: "أخبار الواحة والميناء", Language: "ar", Path: "/rss.xml", full: true},
	{Name: "qingyu", Title: "青屿日报", Motto: "青屿岛上的每一天", Language: "zh", Path: "/feed.json", format: formatJSON, full: true},
}

// Outlets returns the whole press.
func Outlets() []Outlet { return append([]Outlet(nil), outlets...) }

// outletNamed returns the outlet of that name, or nil.
func outletNamed(name string) *Outlet {
	for i := range outlets {
		if outlets[i].Name == name {
			return &outlets[i]
		}
	}
	return nil
}
