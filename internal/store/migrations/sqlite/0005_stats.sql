-- What became of the attempts of services: by minute, and by hour for what is older than
-- a day. durations counts how long they took, on a logarithmic scale.
CREATE TABLE stats (
  service TEXT NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL,
  delivered INTEGER NOT NULL, failed INTEGER NOT NULL, durations BLOB NOT NULL,
  PRIMARY KEY (service, step, at)) STRICT, WITHOUT ROWID;
CREATE INDEX stats_age ON stats (step, at);
