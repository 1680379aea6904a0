-- Where a delivery comes from: NULL, its event; 'replay', a replay of it alone; 'test', a
-- sample that was asked for; else the replay of a range. What is not of its event is always
-- written at once, and costs others nothing in these indexes.
ALTER TABLE deliveries ADD COLUMN origin TEXT COLLATE "C";
CREATE INDEX deliveries_again ON deliveries (service, event, seq) WHERE origin IS NOT NULL;
CREATE INDEX deliveries_origin ON deliveries (origin, status) WHERE origin IS NOT NULL;
CREATE INDEX deliveries_test ON deliveries (event) WHERE origin = 'test';

-- Replays of ranges, with how far they have come.
CREATE TABLE replays (
  id TEXT COLLATE "C" PRIMARY KEY, service TEXT COLLATE "C" NOT NULL, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL, begins BIGINT NOT NULL, ends BIGINT NOT NULL, events TEXT COLLATE "C" NOT NULL, status TEXT COLLATE "C" NOT NULL,
  rate DOUBLE PRECISION NOT NULL, url TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  created_by TEXT COLLATE "C" NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  total BIGINT NOT NULL, made BIGINT NOT NULL, sent BIGINT NOT NULL, failed BIGINT NOT NULL,
  first_event BIGINT NOT NULL, last_event BIGINT NOT NULL,
  first_delivery BIGINT NOT NULL, last_delivery BIGINT NOT NULL,
  at_event BIGINT NOT NULL, at_delivery BIGINT NOT NULL, whole BIGINT NOT NULL);
CREATE INDEX replays_path ON replays (org_path, id);
CREATE INDEX replays_service ON replays (service, state);
CREATE INDEX replays_open ON replays (state) WHERE state = 'running';

-- What decided which events a service gets, and for which events: those numbered above
-- after_event, up to until_event; 0 means that it is in force. A state without a body is
-- the time after a deletion.
CREATE TABLE service_states (
  service TEXT COLLATE "C" NOT NULL, number BIGINT NOT NULL, after_event BIGINT NOT NULL, until_event BIGINT NOT NULL,
  since BIGINT NOT NULL, until BIGINT NOT NULL, body BYTEA,
  PRIMARY KEY (service, number));
CREATE INDEX service_states_until ON service_states (until_event) WHERE until > 0;
