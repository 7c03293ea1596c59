-- +goose Up

PRAGMA application_id = 1466528357; -- "Wire"
PRAGMA user_version = 1; -- the number of this migration, to be read without SQLite

-- Instants of scheduling and of filings are microseconds since 1970, those of
-- items are seconds; a zero instant is the least integer. What is served bears
-- its checksum: "sealed" is a CRC-32 before the bytes, zstd has its own.

CREATE TABLE source (
  id         INTEGER PRIMARY KEY,
  name       TEXT    NOT NULL UNIQUE,
  host       TEXT    NOT NULL,
  configured INTEGER NOT NULL,
  due        INTEGER NOT NULL,
  token      INTEGER NOT NULL DEFAULT 0, -- of the last claim
  outlet     BLOB    NOT NULL            -- sealed JSON, as readers are shown the source
);
CREATE INDEX source_host ON source (host, due, name) WHERE configured = 1;
CREATE INDEX source_due ON source (due) WHERE configured = 1;

CREATE TABLE state (
  source INTEGER PRIMARY KEY,
  state  BLOB NOT NULL -- sealed JSON
);

-- A host is claimed, not a source: next is when its earliest source may be
-- polled, and NULL if it has none.
CREATE TABLE host (
  name   TEXT PRIMARY KEY,
  ready  INTEGER NOT NULL,           -- end of its lease, or of the gap after a request
  next   INTEGER,
  holder INTEGER NOT NULL DEFAULT 0  -- the source that it was claimed for
) WITHOUT ROWID;
CREATE INDEX host_next ON host (next) WHERE next IS NOT NULL;

-- One row for each identity and alias of an item, so that a known and
-- unchanged item costs one look into one tree. What was purged keeps its rows
-- as tombstones: item is 0, and hash the day when it was last seen.
CREATE TABLE ident (
  source INTEGER NOT NULL,
  ident  BLOB    NOT NULL, -- 16 bytes of SHA-256 over source and identity
  item   INTEGER NOT NULL,
  hash   INTEGER NOT NULL, -- of the content under this identity; 0: an alias
  own    INTEGER NOT NULL, -- 1: the item's identity; 0: an alias, or a later identity
  PRIMARY KEY (source, ident)
) WITHOUT ROWID;

CREATE TABLE item (
  id        INTEGER PRIMARY KEY, -- seq of its first record
  source    INTEGER NOT NULL,
  ident     BLOB    NOT NULL, -- the identity, verbatim
  seq       INTEGER NOT NULL,    -- of its latest record
  hash      INTEGER NOT NULL,
  published INTEGER NOT NULL
);

CREATE TABLE log (
  seq  INTEGER PRIMARY KEY,
  prev INTEGER NOT NULL, -- seq of the item's record before it; 0: none
  at   INTEGER NOT NULL,
  doc  BLOB    NOT NULL -- zstd of JSON
);

CREATE TABLE decision (
  item      INTEGER PRIMARY KEY,
  seq       INTEGER NOT NULL,
  published INTEGER NOT NULL,
  story     TEXT    NOT NULL,
  sketch    BLOB    NOT NULL, -- sealed, with seq and published
  detail    BLOB    NOT NULL  -- zstd of JSON
);
CREATE INDEX decision_story ON decision (story);
CREATE INDEX decision_published ON decision (published, seq);

CREATE TABLE topic (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE filing (
  id        INTEGER PRIMARY KEY, -- in the order of the first filing
  topic     INTEGER NOT NULL,
  key       TEXT    NOT NULL,
  story     TEXT    NOT NULL,
  published INTEGER NOT NULL,
  updated   INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL,
  doc       BLOB    NOT NULL, -- the rest, sealed with published and updated
  UNIQUE (topic, key)
);
CREATE INDEX filing_published ON filing (topic, published) WHERE withdrawn = 0;
CREATE INDEX filing_updated ON filing (topic, updated) WHERE withdrawn = 0;
CREATE INDEX filing_order ON filing (topic) WHERE withdrawn = 0; -- and by id, which every index ends with
CREATE INDEX filing_story ON filing (story);

CREATE TABLE document (
  path TEXT PRIMARY KEY,
  head BLOB NOT NULL, -- sealed JSON
  body BLOB NOT NULL  -- zstd
);

-- The pages of topics' archives, in each format. They are written once.
CREATE TABLE archive (
  path  TEXT    PRIMARY KEY,
  topic INTEGER NOT NULL,
  page  INTEGER NOT NULL,
  last  INTEGER NOT NULL, -- id of the last filing in it
  at    INTEGER NOT NULL, -- when it was written, seconds since 1970
  head  BLOB    NOT NULL, -- as of a document
  body  BLOB    NOT NULL
);
CREATE INDEX archive_topic ON archive (topic, page);

-- The words by which the items that were decided upon are found; rowid is the
-- item. The words are cut out and folded before they come here, and of each it
-- is kept only which items have it.
CREATE VIRTUAL TABLE words USING fts5 (terms, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

CREATE TABLE note (
  name TEXT PRIMARY KEY,
  text BLOB NOT NULL -- sealed
) WITHOUT ROWID;

-- The one row of the filer and of the log's numbering.
CREATE TABLE filer (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  cursor INTEGER NOT NULL, -- seq of the last record that was filed
  seal   BLOB    NOT NULL, -- of the cursor
  last   INTEGER NOT NULL  -- seq of the last record
);
INSERT INTO filer (id, cursor, seal, last) VALUES (1, 0, x'8c28b28a', 0);
