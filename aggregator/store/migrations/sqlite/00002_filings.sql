-- +goose Up

-- Of a store of some size each place in an index is in a page of its own, which
-- filing reads, writes to the journal and writes again: what a filing costs goes by
-- how many indices have it in a place that says nothing of when it came. So all
-- filings of a story stand together in the one by keys, which begins with the key;
-- one whose key is its story is found by that, and stands in no index by stories;
-- and one that was never amended since it was published in none by amendments.

CREATE TABLE filing_next (
  id        INTEGER PRIMARY KEY, -- in the order of the first filing
  topic     INTEGER NOT NULL,
  key       TEXT    NOT NULL,
  story     TEXT    NOT NULL,
  published INTEGER NOT NULL,
  updated   INTEGER NOT NULL, -- not before published
  withdrawn INTEGER NOT NULL,
  doc       BLOB    NOT NULL  -- the rest, sealed with published and updated
);
INSERT INTO filing_next (id, topic, key, story, published, updated, withdrawn, doc)
  SELECT id, topic, key, story, published, updated, withdrawn, doc FROM filing ORDER BY id;
DROP TABLE filing;
ALTER TABLE filing_next RENAME TO filing;
CREATE UNIQUE INDEX filing_key ON filing (key, topic);
CREATE INDEX filing_published ON filing (topic, published) WHERE withdrawn = 0;
CREATE INDEX filing_updated ON filing (topic, updated) WHERE withdrawn = 0 AND updated <> published;
CREATE INDEX filing_order ON filing (topic) WHERE withdrawn = 0; -- and by id, which every index ends with
CREATE INDEX filing_story ON filing (story) WHERE story <> key;

PRAGMA user_version = 2;
