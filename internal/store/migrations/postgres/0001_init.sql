-- Documents: a table a kind, all of the same shape. doc has the exact bytes; fields is what filters, orders and
-- indexes look into.
CREATE TABLE organizations (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE TABLE users (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE TABLE bots (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE TABLE botinstances (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE TABLE services (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE TABLE contacts (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE TABLE conversations (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);
CREATE TABLE messages (
  id TEXT COLLATE "C" PRIMARY KEY, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL,
  parent TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, doc TEXT COLLATE "C" NOT NULL, sealed BYTEA,
  fields JSONB NOT NULL GENERATED ALWAYS AS (doc::jsonb) STORED);

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
  kind TEXT COLLATE "C" NOT NULL, value TEXT COLLATE "C" NOT NULL, id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, value));
CREATE INDEX document_keys_id ON document_keys (kind, id);

-- Events and their deliveries. The deliveries of an event are appended with it and
-- numbered one after the other from first_delivery; a replay has a number of its own.
CREATE TABLE events (
  seq BIGINT PRIMARY KEY, salt BIGINT NOT NULL, chosen_id TEXT COLLATE "C",
  name TEXT COLLATE "C" NOT NULL, organization TEXT COLLATE "C" NOT NULL, org_path TEXT COLLATE "C" NOT NULL, key TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, payload BYTEA NOT NULL, instance_at BIGINT NOT NULL,
  first_delivery BIGINT NOT NULL, deliveries BIGINT NOT NULL);

-- The ids that publishers chose; all others carry their event's number.
CREATE TABLE event_ids (
  id TEXT COLLATE "C" NOT NULL, organization TEXT COLLATE "C" NOT NULL, event BIGINT NOT NULL, digest BYTEA NOT NULL,
  PRIMARY KEY (id, organization));

-- The first attempt is kept in its delivery, the later ones in attempts.
CREATE TABLE deliveries (
  seq BIGINT PRIMARY KEY, salt BIGINT NOT NULL, event BIGINT NOT NULL,
  service TEXT COLLATE "C" NOT NULL, partition BIGINT NOT NULL, status BIGINT NOT NULL,
  due BIGINT NOT NULL, ends BIGINT NOT NULL, attempts BIGINT NOT NULL,
  last_status BIGINT NOT NULL, last_error TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, delivered_at BIGINT NOT NULL,
  replay_of BYTEA, instance BYTEA, first_attempt BYTEA);
CREATE INDEX deliveries_pending ON deliveries (partition, service, due, seq) WHERE status = 0;
CREATE INDEX deliveries_service ON deliveries (service, seq);

-- A delivery is written twice: when it is made and when it has ended. What it was before is removed soon, so that looking
-- for what is pending does not pass by many that were, and so that the room is used again.
ALTER TABLE deliveries SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 2000);
ALTER TABLE events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_limit = 2000);

CREATE TABLE attempts (
  delivery BIGINT NOT NULL, number BIGINT NOT NULL, record BYTEA NOT NULL,
  PRIMARY KEY (delivery, number));

-- Services whose pending deliveries are still to be dropped.
CREATE TABLE dropped_services (service TEXT COLLATE "C" PRIMARY KEY);

-- Deaths of deliveries by service: how many service.error has not told of, and when it
-- told of some last.
CREATE TABLE deaths (
  service TEXT COLLATE "C" PRIMARY KEY, untold BIGINT NOT NULL, message TEXT COLLATE "C" NOT NULL, told_at BIGINT NOT NULL);

-- Named secrets of the server, sealed.
CREATE TABLE settings (name TEXT COLLATE "C" PRIMARY KEY, sealed BYTEA NOT NULL);
