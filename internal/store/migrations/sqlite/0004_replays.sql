-- Where a delivery comes from: NULL, its event; 'replay', a replay of it alone; 'test', a
-- sample that was asked for; else the replay of a range. What is not of its event is always
-- written at once, and costs others nothing in these indexes.
ALTER TABLE deliveries ADD COLUMN origin TEXT;
CREATE INDEX deliveries_again ON deliveries (service, event, seq) WHERE origin IS NOT NULL;
CREATE INDEX deliveries_origin ON deliveries (origin, status) WHERE origin IS NOT NULL;
CREATE INDEX deliveries_test ON deliveries (event) WHERE origin = 'test';

-- Replays of ranges, with how far they have come.
CREATE TABLE replays (
  id TEXT PRIMARY KEY, service TEXT NOT NULL, organization TEXT NOT NULL, org_path TEXT NOT NULL,
  state TEXT NOT NULL, begins INTEGER NOT NULL, ends INTEGER NOT NULL, events TEXT NOT NULL, status TEXT NOT NULL,
  rate REAL NOT NULL, url TEXT NOT NULL, sealed BLOB,
  created_by TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  total INTEGER NOT NULL, made INTEGER NOT NULL, sent INTEGER NOT NULL, failed INTEGER NOT NULL,
  first_event INTEGER NOT NULL, last_event INTEGER NOT NULL,
  first_delivery INTEGER NOT NULL, last_delivery INTEGER NOT NULL,
  at_event INTEGER NOT NULL, at_delivery INTEGER NOT NULL, whole INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX replays_path ON replays (org_path, id);
CREATE INDEX replays_service ON replays (service, state);
CREATE INDEX replays_open ON replays (state) WHERE state = 'running';

-- What decided which events a service gets, and for which events: those numbered above
-- after_event, up to until_event; 0 means that it is in force. A state without a body is
-- the time after a deletion.
CREATE TABLE service_states (
  service TEXT NOT NULL, number INTEGER NOT NULL, after_event INTEGER NOT NULL, until_event INTEGER NOT NULL,
  since INTEGER NOT NULL, until INTEGER NOT NULL, body BLOB,
  PRIMARY KEY (service, number)) STRICT, WITHOUT ROWID;
CREATE INDEX service_states_until ON service_states (until_event) WHERE until > 0;
