-- Which deliveries of an event were still to be written when it was appended.
ALTER TABLE events ADD COLUMN trace TEXT;
ALTER TABLE events ADD COLUMN deferred BLOB;

-- What a delivery waits in, and behind. A row that never waited has no lane; one that was
-- attempted has no key: it has lost its place in the order of its key.
ALTER TABLE deliveries ADD COLUMN lane TEXT;
ALTER TABLE deliveries ADD COLUMN key TEXT;
UPDATE deliveries SET lane = service WHERE status = 0;
UPDATE deliveries SET key = (SELECT e.key FROM events AS e WHERE e.seq = deliveries.event) WHERE status = 0 AND attempts = 0;
DROP INDEX deliveries_pending;
CREATE INDEX deliveries_lane ON deliveries (partition, lane, due, seq, key) WHERE status = 0;
CREATE INDEX deliveries_key ON deliveries (partition, lane, key, due, seq) WHERE status = 0;

-- The events before this one have all their deliveries.
CREATE TABLE deferral (id INTEGER PRIMARY KEY CHECK (id = 1), first_event INTEGER NOT NULL) STRICT;
INSERT INTO deferral (id, first_event) SELECT 1, coalesce(max(seq), 0) + 1 FROM events;

-- Lanes that are paused, since when, and why.
CREATE TABLE pauses (
  lane TEXT PRIMARY KEY, service TEXT NOT NULL, since INTEGER NOT NULL,
  reason TEXT NOT NULL, failures INTEGER NOT NULL) STRICT, WITHOUT ROWID;
