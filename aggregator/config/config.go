// Package config reads feeds.yaml, the one file that a user writes: sources,
// topics and settings. Everything that is wrong in it is told at once, each
// with its file, line, column and mend; what is handed on is whole, with every
// default applied. The package also reads and writes OPML lists of feeds.
package config

import (
	"os"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A Config is a feeds.yaml without fault, with all defaults applied.
type Config struct {
	File      string        // path of the file, as it was given
	Files     []File        // every local file that it is made of, File first: what to watch
	Title     string        // of the installation
	Contact   string        // of whoever runs it, for the User-Agent; may be empty
	Server    Server        // where topics are published
	Store     string        // path of an SQLite file, relative to the working directory, or a postgres:// URL
	Retention time.Duration // time after which a story is dropped to which nothing was added; 0: never
	Log       Log
	Workers   int           // polls under way at once
	HostGap   time.Duration // least time between two requests to one host
	Budget    int           // polls a day that a source on schedule auto may cost, on average
	Sources   []news.Source // sorted by name
	Topics    []news.Topic  // sorted by name
	Lists     []string      // addresses of OPML lists that are included: what to read again now and then
	Private   bool          // lists may live on private addresses, as sources may by default
	Environ   []string      // values of the environment that stand in it: secrets, perhaps
	Warnings  Problems      // what is wrong in included lists: their faulty entries are left out

	places places
}

// A File is a local file that a configuration is made of.
type File struct {
	Path string
	Read os.FileInfo // as it was when it was opened; nil if it could not be
}

// Server is where and how topics are published.
type Server struct {
	Listen     string // HOST:PORT
	BaseURL    string // absolute, without a slash at its end; empty: not configured
	Images     Images
	Hub        string // "own", "none", or the address of an outside hub
	HubPrivate bool   // the built-in hub delivers to private addresses
	RateLimit  int    // requests a second of one public address; 0: any number
	Admin      string // HOST:PORT of the listener for metrics and profiles; empty: off
	TLS        TLS
}

// Images says what the pages do with an outlet's pictures.
type Images string

// What pages do with pictures.
const (
	ImagesNone   Images = "none"   // leave them out
	ImagesLink   Images = "link"   // link to them; the default
	ImagesDirect Images = "direct" // let the reader's browser load them from the outlet
)

// The values of Server.Hub that are not an address.
const (
	HubOwn  = "own"  // the hub that is built in; the default
	HubNone = "none" // no hub
)

// HubPath is where the hub that is built in is, below BaseURL.
const HubPath = "/hub"

// OwnHub is the address of the hub that is built in; empty: there is none.
func (s Server) OwnHub() string {
	if s.BaseURL == "" {
		return ""
	}
	return s.BaseURL + HubPath
}

// TLS is where certificates come from. All empty: plain HTTP.
type TLS struct {
	Cert, Key string   // paths of PEM files
	ACME      []string // host names to obtain certificates for
	Directory string   // of the ACME authority; empty: Let's Encrypt
}

// Log is the form of the log.
type Log struct {
	Format string // "text" or "json"
	Level  string // "debug", "info", "warn" or "error"
}
