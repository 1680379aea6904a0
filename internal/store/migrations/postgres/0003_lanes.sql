-- Which deliveries of an event were still to be written when it was appended.
ALTER TABLE events ADD COLUMN trace TEXT COLLATE "C";
ALTER TABLE events ADD COLUMN deferred BYTEA;

-- What a delivery waits in, and behind. A row that never waited has no lane; one that was
-- attempted has no key: it has lost its place in the order of its key.
ALTER TABLE deliveries ADD COLUMN lane TEXT COLLATE "C";
ALTER TABLE deliveries ADD COLUMN key TEXT COLLATE "C";
DROP INDEX deliveries_pending;
CREATE INDEX deliveries_lane ON deliveries (partition, lane, due, seq, key) WHERE status = 0;
CREATE INDEX deliveries_key ON deliveries (partition, lane, key, due, seq) WHERE status = 0;

-- The events before this one have all their deliveries.
CREATE TABLE deferral (id BIGINT PRIMARY KEY CHECK (id = 1), first_event BIGINT NOT NULL);
INSERT INTO deferral (id, first_event) SELECT 1, coalesce(max(seq), 0) + 1 FROM events;

-- Lanes that are paused, since when, and why.
CREATE TABLE pauses (
  lane TEXT COLLATE "C" PRIMARY KEY, service TEXT COLLATE "C" NOT NULL, since BIGINT NOT NULL,
  reason TEXT COLLATE "C" NOT NULL, failures BIGINT NOT NULL);
