-- What became of the attempts of services: by minute, and by hour for what is older than
-- a day. durations counts how long they took, on a logarithmic scale.
CREATE TABLE stats (
  service TEXT COLLATE "C" NOT NULL, step BIGINT NOT NULL, at BIGINT NOT NULL,
  delivered BIGINT NOT NULL, failed BIGINT NOT NULL, durations BYTEA NOT NULL,
  PRIMARY KEY (service, step, at));
CREATE INDEX stats_age ON stats (step, at);
