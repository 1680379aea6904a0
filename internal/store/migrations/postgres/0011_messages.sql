-- The message that an event tells of, or that made it happen: so the deliveries of a message are
-- found. Events that were stored before have none.
ALTER TABLE events ADD COLUMN message TEXT COLLATE "C";
CREATE INDEX events_message ON events (message) WHERE message IS NOT NULL;
