-- The events of a key, and those of a name and an organization: what is rare among them is found, and what does
-- not exist. Names are few and stand first, so that new events come to a few places.
CREATE INDEX events_key ON events (key);
CREATE INDEX events_name ON events (name, org_path);
