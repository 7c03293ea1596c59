-- +goose Up

-- What a poll changes of its source stands in one row, and in no index: the process
-- that polls knows by heart what is due, see agenda.go.

CREATE TABLE state_next (
  source INTEGER PRIMARY KEY,
  due    INTEGER NOT NULL,
  ready  INTEGER NOT NULL, -- end of the gap that its host is granted after its last request
  token  INTEGER NOT NULL, -- raised with every poll that is stored
  state  BLOB    NOT NULL  -- sealed JSON; empty before the first poll
);
INSERT INTO state_next (source, due, ready, token, state)
  SELECT s.id, s.due, COALESCE(h.ready, 0), s.token, COALESCE(k.state, x'')
  FROM source s LEFT JOIN state k ON k.source = s.id LEFT JOIN host h ON h.name = s.host ORDER BY s.id;
DROP TABLE state;
ALTER TABLE state_next RENAME TO state;
DROP TABLE host;
DROP INDEX source_host;
DROP INDEX source_due;
ALTER TABLE source DROP COLUMN due;
ALTER TABLE source DROP COLUMN token;

-- The one row of what is being polled, so that after a kill it is not asked again
-- at once: for each source its id, the token of its claim and the end of its lease.
CREATE TABLE claimed (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  sources BLOB NOT NULL -- sealed
);

PRAGMA user_version = 3;
