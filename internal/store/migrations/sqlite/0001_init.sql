-- Documents: a table a kind, all of the same shape.
CREATE TABLE organizations (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE TABLE users (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE TABLE bots (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE TABLE botinstances (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE TABLE services (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE TABLE contacts (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE TABLE conversations (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;
CREATE TABLE messages (
  id TEXT PRIMARY KEY, organization TEXT NOT NULL, org_path TEXT NOT NULL, parent TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, doc TEXT NOT NULL, sealed BLOB) STRICT;

CREATE INDEX organizations_path ON organizations (org_path, created_at, id);
CREATE INDEX users_path ON users (org_path, created_at, id);
CREATE INDEX bots_path ON bots (org_path, created_at, id);
CREATE INDEX botinstances_path ON botinstances (org_path, created_at, id);
CREATE INDEX services_path ON services (org_path, created_at, id);
CREATE INDEX contacts_path ON contacts (org_path, created_at, id);
CREATE INDEX conversations_path ON conversations (org_path, created_at, id);
CREATE INDEX messages_path ON messages (org_path, created_at, id);
CREATE INDEX messages_parent ON messages (parent, created_at, id);

-- Values that occur once in a kind, such as a user's email.
CREATE TABLE document_keys (
  kind TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
  PRIMARY KEY (kind, value)) STRICT, WITHOUT ROWID;
CREATE INDEX document_keys_id ON document_keys (kind, id);

-- Events and their deliveries. The deliveries of an event are appended with it and
-- numbered one after the other from first_delivery; a replay has a number of its own.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, salt INTEGER NOT NULL, chosen_id TEXT,
  name TEXT NOT NULL, organization TEXT NOT NULL, org_path TEXT NOT NULL, key TEXT NOT NULL,
  created_at INTEGER NOT NULL, payload BLOB NOT NULL, instance_at INTEGER NOT NULL,
  first_delivery INTEGER NOT NULL, deliveries INTEGER NOT NULL) STRICT;

-- The ids that publishers chose; all others carry their event's number.
CREATE TABLE event_ids (
  id TEXT NOT NULL, organization TEXT NOT NULL, event INTEGER NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY (id, organization)) STRICT, WITHOUT ROWID;

-- The first attempt is kept in its delivery, the later ones in attempts.
CREATE TABLE deliveries (
  seq INTEGER PRIMARY KEY, salt INTEGER NOT NULL, event INTEGER NOT NULL,
  service TEXT NOT NULL, partition INTEGER NOT NULL, status INTEGER NOT NULL,
  due INTEGER NOT NULL, ends INTEGER NOT NULL, attempts INTEGER NOT NULL,
  last_status INTEGER NOT NULL, last_error TEXT NOT NULL,
  created_at INTEGER NOT NULL, delivered_at INTEGER NOT NULL,
  replay_of BLOB, instance BLOB, first_attempt BLOB) STRICT;
CREATE INDEX deliveries_pending ON deliveries (partition, service, due, seq) WHERE status = 0;
CREATE INDEX deliveries_service ON deliveries (service, seq);

CREATE TABLE attempts (
  delivery INTEGER NOT NULL, number INTEGER NOT NULL, record BLOB NOT NULL,
  PRIMARY KEY (delivery, number)) STRICT, WITHOUT ROWID;

-- Services whose pending deliveries are still to be dropped.
CREATE TABLE dropped_services (service TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Deaths of deliveries by service: how many service.error has not told of, and when it
-- told of some last.
CREATE TABLE deaths (
  service TEXT PRIMARY KEY, untold INTEGER NOT NULL, message TEXT NOT NULL, told_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Named secrets of the server, sealed.
CREATE TABLE settings (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
