// Package store keeps what Wireroom knows: sources and their states, the log
// of items, stories, filings and finished documents. It is the only package
// that speaks SQL.
//
// There is one type, DB, over two engines. The statements are written once,
// in PostgreSQL's words with the parameters ?1, ?2 and so on; session.go makes
// of each what the engine wants. What truly differs are the methods of engine:
// how a database is opened, how a write gets its transaction and how the log is
// numbered, in sqlite.go and postgres.go; who is the one filer, in lead_sqlite.go
// and lead_postgres.go; what is due, in agenda.go and sched_postgres.go.
//
// In reading order: db.go opens; claim.go, match.go and append.go are collecting;
// read.go and file.go are filing; shelf.go is publishing; the rest is upkeep.
package store
