-- +goose Up

-- What a filing costs goes by how many indices have it in a place that says nothing
-- of when it came: see migrations/sqlite/00002_filings.sql.

ALTER TABLE filing ADD UNIQUE (key, topic);
ALTER TABLE filing DROP CONSTRAINT filing_topic_key_key;
DROP INDEX filing_updated;
CREATE INDEX filing_updated ON filing (topic, updated) WHERE withdrawn = 0 AND updated <> published;
DROP INDEX filing_story;
CREATE INDEX filing_story ON filing (story) WHERE story <> key;
