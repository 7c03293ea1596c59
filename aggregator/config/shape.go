package config

import "time"

// The types of this file are the shape of feeds.yaml. Their comments are what
// docs/configuration.md and the JSON Schema say of a key, their tags what the
// decoder holds a value to:
//
//	yaml      the key
//	default   the value where the key is absent
//	example   a value to show; the default where there is none
//	enum      the values that are allowed
//	min, max  the least and the greatest value
//	short     the key that a bare string stands for

// A root is the whole of feeds.yaml.
type root struct {
	// Name of this installation, shown on its pages and as the author of its feeds.
	Title string `yaml:"title" default:"Wireroom"`
	// How the owner of a polled site can reach you: a page or a mail address. It is sent within the User-Agent.
	Contact string `yaml:"contact" example:"https://example.org/about-our-reader"`
	// Where topics are published over HTTP.
	Server server `yaml:"server"`
	// Where items are kept: the path of an SQLite file, relative to the working directory, or the postgres:// URL of a database in UTF8.
	Store string `yaml:"store" default:"data/wireroom.db"`
	// How long a story is kept after something was last added to it or changed in it, even if its feeds still list it; `forever` keeps all.
	Retention duration `yaml:"retention" default:"365d" min:"1d"`
	// What the log looks like; a bare string is the format.
	Log logging `yaml:"log"`
	// How sources are polled, all together.
	Polling polling `yaml:"polling"`
	// Settings of every source that does not say otherwise.
	Defaults settings `yaml:"defaults"`
	// Further files: *.yaml with `sources` and `topics`, and OPML lists of feeds, as a path below this file's folder or as a URL that is read again now and then.
	Include []string `yaml:"include" example:"[more/russia.yaml, lists/science.opml]"`
	// What is polled, by name. A name is lower-case letters, digits and hyphens; it stays the source's identity when its address changes. A bare string is the address.
	Sources map[string]source `yaml:"sources" example:"{bbc-world: https://feeds.bbci.co.uk/news/world/rss.xml}"`
	// What is published, by name. The name is the topic's place in addresses: /topics/NAME.
	Topics map[string]topic `yaml:"topics" example:"{world: {from: [tag:world]}}"`
}

type server struct {
	// Address to listen on: HOST:PORT, or :PORT for every address of the machine.
	Listen string `yaml:"listen" default:":8080"`
	// Address under which readers reach this server, without a slash at its end. It is part of every published link; the request's own Host is never trusted.
	BaseURL string `yaml:"base_url" example:"https://feeds.example.org"`
	// Pictures of the outlets on the pages: left out, linked to, or loaded from the outlet by the reader's browser.
	Images string `yaml:"images" enum:"none,link,direct" default:"link"`
	// WebSub hub that topics name: `own` is the one built in, `none` none, and a URL an outside one that is told of every change.
	Hub string `yaml:"hub" default:"own"`
	// Whether an outside hub may live on, and the built-in one delivers to subscribers on, loopback and private addresses. Anybody who reaches the hub can then let it ask addresses of your network.
	HubPrivate bool `yaml:"hub_private" default:"false"`
	// Requests a second of one public address, of which it may have saved up a minute's; one that asks for more is answered 429 for a while, and when to come again. 0 is no limit. Private networks, and so a proxy on one, have none.
	RateLimit int `yaml:"rate_limit" default:"20" min:"0" max:"100000"`
	// Address of a second listener with metrics, for Prometheus, and profiles of the running program. Off where it is not set; keep it on loopback.
	Admin string `yaml:"admin" example:"127.0.0.1:6060"`
	// Certificates, where no proxy in front takes care of them.
	TLS tls `yaml:"tls"`
}

type tls struct {
	// Path of the certificate chain, PEM, relative to the working directory.
	Cert string `yaml:"cert" example:"/etc/wireroom/cert.pem"`
	// Path of its private key, PEM, relative to the working directory.
	Key string `yaml:"key" example:"/etc/wireroom/key.pem"`
	// Host names to obtain certificates for by ACME (Let's Encrypt), in place of cert and key.
	ACME []string `yaml:"acme" example:"[feeds.example.org]"`
	// Directory of another authority that speaks ACME, such as one of your own.
	ACMEDirectory string `yaml:"acme_directory" example:"https://ca.example.org/acme/directory"`
}

type logging struct {
	// Lines for people or for machines.
	Format string `yaml:"format" enum:"text,json" default:"text" short:"true"`
	// The least level that is written.
	Level string `yaml:"level" enum:"debug,info,warn,error" default:"info"`
}

type polling struct {
	// Polls that are worked on at once. Those that only wait for a slow server are not counted.
	Workers int `yaml:"workers" default:"32" min:"1" max:"10000"`
	// Least time between two requests to one host, but for servers of your own on private networks. A minute or more leaves no time for the pages of `full_text`.
	HostGap duration `yaml:"host_gap" default:"1s" min:"0s" max:"1h"`
	// Polls per day that sources may cost on average, those with a schedule of their own too. What they leave is dealt out among the sources on `auto` so that items arrive as early as they can.
	Budget int `yaml:"budget" default:"24" min:"1" max:"1440"`
}

// settings are the settings of a source that `defaults` may set for all.
type settings struct {
	// When to poll: `auto` follows how often the source publishes; else a cron expression of five fields, @hourly and the like, or @every 20m; CRON_TZ=Asia/Tehran in front names a time zone, which is UTC otherwise.
	Schedule string `yaml:"schedule" default:"auto" example:"*/10 * * * *"`
	// Never poll more often than this, whatever the schedule says.
	MinInterval duration `yaml:"min_interval" default:"1m" min:"1s" max:"366d"`
	// The shortest wait that `auto` chooses; `0s` stands for 15 minutes, or 5 where the server says that its feed changes so often.
	MinAuto duration `yaml:"min_auto" default:"0s" example:"5m" min:"0s" max:"366d"`
	// The longest wait that `auto` or a server's wish may cause; a source whose hub tells what is new is polled more seldom.
	MaxInterval duration `yaml:"max_interval" default:"24h" min:"1s" max:"366d"`
	// Limit of one whole fetch.
	Timeout duration `yaml:"timeout" default:"30s" min:"1s" max:"10m"`
	// Limit of a document after decompression. A larger one is not read.
	MaxBytes size `yaml:"max_bytes" default:"10MB" min:"1kB" max:"1GB"`
	// Entries of one document that are read, the first ones; the rest are counted.
	MaxItems int `yaml:"max_items" default:"5000" min:"1" max:"100000"`
	// Whether the source may live on a loopback or private address, or at another port than 80, 443, 8080 and 8443. Without it such an address is never connected to.
	AllowPrivate bool `yaml:"allow_private" default:"false"`
	// Whom a server's wish to be left alone (Retry-After, 429, a block) also holds back: this feed, every source of its host, or of its registrable domain.
	LimitScope string `yaml:"limit_scope" enum:"feed,host,domain" default:"host"`
	// Whether to poll only what the host's robots.txt allows (RFC 9309), the pages of full_text among it. A feed that a person has named needs no leave by it.
	Robots bool `yaml:"robots" default:"false"`
	// How much of an item is published again: headline and link, an excerpt too, or everything. Of a source's and a topic's policy the stricter counts.
	Content string `yaml:"content" enum:"link,excerpt,full" default:"full"`
	// Whether a summary is completed from the item's page.
	FullText bool `yaml:"full_text" default:"false"`
}

type source struct {
	// Address of the feed (or, with `page`, of the web page): http, https, or file:PATH for a file below the folder of feeds.yaml.
	URL string `yaml:"url" example:"https://feeds.example.org/rss.xml" short:"true"`
	// Address of a web site, in place of `url`: the feed that it advertises is found and polled.
	Site string `yaml:"site" example:"https://www.example.org"`
	// Makes items of a web page that has no feed, by CSS selectors; a bare string is `item`.
	Page *page `yaml:"page"`
	// Name of the outlet as readers are shown it; else the feed's own title.
	Title string `yaml:"title" example:"BBC World"`
	// Publisher. Sources of one family count once where independent publishers are counted; else it is the registrable domain of an item's link.
	Family string `yaml:"family" example:"bbc"`
	// Free words by which topics select sources, as tag:WORD.
	Tags []string `yaml:"tags" example:"[wire, europe]"`
	// Free values, such as country, for `spread` and `where`.
	Labels map[string]string `yaml:"labels" example:"{country: gb}"`
	// The source with the highest is shown as a story's lead.
	Priority int `yaml:"priority" default:"0" min:"-1000" max:"1000" example:"10"`
	// Language of the items (BCP 47), where the feed does not say or says it wrongly.
	Language string `yaml:"language" example:"en-GB"`
	// Time zone of dates that state none, as pages often leave it out. UTC otherwise.
	TimeZone string `yaml:"time_zone" example:"Asia/Tehran"`
	// Credentials, sent to the source's own origin and nowhere else.
	Auth     *auth `yaml:"auth"`
	settings `yaml:",inline"`
}

type page struct {
	// Selects each item of the page.
	Item string `yaml:"item" example:"article.teaser" short:"true"`
	// Selects the link within an item; else its first link.
	Link string `yaml:"link" example:"h2 a"`
	// Selects the headline within an item; else the link's text.
	Title string `yaml:"title" example:"h2"`
	// Selects the date within an item: its datetime attribute, else its text.
	Date string `yaml:"date" example:"time"`
	// Selects the summary within an item.
	Text string `yaml:"text" example:".summary"`
}

type auth struct {
	// User name of HTTP basic authentication.
	User string `yaml:"user" example:"reader"`
	// Its password.
	Password string `yaml:"password" example:"${FEED_PASSWORD}"`
	// Path of a file that holds the password.
	PasswordFile string `yaml:"password_file" example:"/run/secrets/feed_password"`
	// Token of an Authorization: Bearer header.
	Bearer string `yaml:"bearer" example:"${FEED_TOKEN}"`
	// Path of a file that holds the token.
	BearerFile string `yaml:"bearer_file" example:"/run/secrets/feed_token"`
	// Further request headers.
	Header map[string]string `yaml:"header" example:"{X-Api-Key: \"${FEED_KEY}\"}"`
	// Further request headers, each value in a file.
	HeaderFile map[string]string `yaml:"header_file" example:"{X-Api-Key: /run/secrets/feed_key}"`
	// Further parameters of the address.
	Query map[string]string `yaml:"query" example:"{key: \"${FEED_KEY}\"}"`
	// Further parameters of the address, each value in a file.
	QueryFile map[string]string `yaml:"query_file" example:"{key: /run/secrets/feed_key}"`
}

type topic struct {
	// Title of the published feed; else it is made from the name.
	Title string `yaml:"title" example:"Ukraine diplomacy"`
	// Names that this topic had before, the first one first. Their addresses lead to it, and its ids are made of the first of them, so that no reader sees an entry twice.
	Formerly []string `yaml:"formerly" example:"[world-news]"`
	// What the feed is about, for readers.
	Description string `yaml:"description" example:"Who talks with whom, and about what."`
	// Sources to take from: names, tag:WORD, family:NAME, and exclusions with an exclamation mark, such as "!tag:video" (in quotes: YAML gives the mark a meaning of its own). All sources where it is absent.
	From []string `yaml:"from" example:"[tag:wire, bbc-world, \"!tass\"]"`
	// What the words of a story must fulfil.
	Match match `yaml:"match"`
	// A further condition, as an expression over a story's fields.
	Where string `yaml:"where" example:"families >= 3 && len(text) > 400"`
	// Languages that are taken, as primary subtags; all where it is absent.
	Language []string `yaml:"language" example:"[en, fr]"`
	// Stories in the feed, the newest.
	Limit int `yaml:"limit" default:"100" min:"1" max:"100000"`
	// Age of the oldest story; any where it is absent.
	Window duration `yaml:"window" default:"forever" example:"7d" min:"1m"`
	// Stories in the feed that one source may lead; any number where it is absent.
	MaxPerSource int `yaml:"max_per_source" default:"0" min:"0" max:"1000" example:"10"`
	// Independent publishers that must report a story before it is published.
	MinFamilies int `yaml:"min_families" default:"1" min:"1" max:"1000" example:"2"`
	// Label of a source and how many of its values must be among those that report a story.
	Spread map[string]int `yaml:"spread" example:"{country: 3}" min:"1" max:"1000"`
	// Order of the feed: newest publication or newest change first.
	Sort string `yaml:"sort" enum:"published,updated" default:"published"`
	// How much of an item is published again; of this and the source's policy the stricter counts.
	Content string `yaml:"content" enum:"link,excerpt,full" default:"full"`
	// What becomes one entry: the reports and copies of one event, only copies of one text, or every item for itself.
	Stories string `yaml:"stories" enum:"merge,copies,off" default:"merge"`
	// Which member of a story is shown: the one of the source with the highest priority, the earliest, the fullest text, or the original of the copies.
	Lead string `yaml:"lead" enum:"priority,earliest,fullest,original" default:"priority"`
	// Secret that a reader must know; the topic is private then: it is at /private/SECRET/topics/NAME.rss, and at /topics/NAME.rss for who sends the secret as bearer token or as password.
	Token string `yaml:"token" example:"${TOPIC_TOKEN}"`
	// Path of a file that holds the secret.
	TokenFile string `yaml:"token_file" example:"/run/secrets/topic_token"`
	// WebSub hub of this topic, in place of the server's: own, none, or a URL.
	Hub string `yaml:"hub" example:"https://hub.example.org/"`
}

type match struct {
	// Words and phrases that must all be there.
	All []string `yaml:"all" example:"[Ukraine]"`
	// Words and phrases of which one must be there.
	Any []string `yaml:"any" example:"[talks, \"peace plan\"]"`
	// Words and phrases of which none may be there.
	None []string `yaml:"none" example:"[football]"`
}

// A duration is written with a unit, such as 90s, 15m, 24h, 7d or 2w. Zero is
// written forever where a key means a length of time without an end.
type duration time.Duration

// A size is a number of bytes, written such as 10MB, 512kB or 64KiB.
type size int64
