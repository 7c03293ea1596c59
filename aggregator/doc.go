// Package aggregator turns sources into filings: collect and file, the order
// of the stages, written once.
//
// # A tour of the program
//
// Wireroom polls feeds, brings every entry to one form, recognises that one
// story has come from several outlets, and publishes merged topic feeds. Data
// flows one way, and this is the way to read the code.
//
//   - Package [github.com/wireroom/wireroom/aggregator/news] holds the nouns.
//     Everything else speaks in them.
//   - Package config reads feeds.yaml into sources, topics and settings.
//   - Package schedule says when a source is next due.
//   - Package poll asks for it, politely, through the one guarded client.
//   - Package parse turns the bytes of the answer into a feed: guards, repair,
//     then gofeed and what gofeed leaves out.
//   - Package normalize brings the feed's entries to normal form: identity,
//     links, dates, HTML, text, language.
//   - Package article completes an item from its page, and makes items of a
//     page that has no feed.
//   - Package store keeps the log of items, the stories and the filings, in
//     SQLite or PostgreSQL. It satisfies [Log] here and output.Shelf there.
//   - Package story recognises what is the same story, and says why.
//   - Package topic files stories into topics by their rules.
//   - Package output, on the other side of the store, publishes: package render
//     makes RSS, Atom, JSON Feed and OPML of a topic's filings (and package
//     render/schematest holds them against schemas, for tests), package serve
//     hands finished bytes to readers (package serve/plain those that plainly
//     ask for them, without net/http), package websub tells hubs.
//   - Command cmd/wireroom wires all of this together, and is the only one that
//     knows all of it. Package cmd/wireroom/newsroom is the invented press that
//     its demo plays, package internal/garbage says when garbage is collected,
//     and package internal/hugepages lays a large heap in huge pages of memory.
//
// Ten packages are there for tests only: package store/storetest is the suite
// that every engine of the store passes, package store/scale measures many
// processes over one database, package store/faultfs stands between
// SQLite and its files, package cmd/wireroom/trust holds the built program
// against a model while it is killed and lied to, package bench measures what
// it costs, package internal/built builds the program and runs it beside a
// test, package internal/browser does so with Chromium, package internal/race
// tells a test whether the race detector is on, package internal/beside finds
// the documents of others beside the project, and package internal/measured
// writes into one of ours what was measured.
//
// # Two short stories
//
// The program is two loops over a durable log, and a third that publishes.
//
// Collect, many at once: a source is claimed when it is due, polled, parsed,
// normalised; its items and its new state are appended in one transaction. A
// crash costs one repeated download and nothing else.
//
// File, exactly one at a time: the records behind the cursor are read in
// order, put into stories, the stories into topics; decisions, filings and the
// cursor are stored in one transaction. While that is stored the next records are
// put into stories. The same log always gives the same stories.
//
// Publish: the filings of a topic that changed are rendered once, and the
// finished bytes swapped in. A request never touches the store.
//
// Nothing downstream calls upstream. The only feedback is a source's own
// state: validators, failures, when it is next due.
package aggregator
