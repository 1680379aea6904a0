-- Who changed what. A record is never changed; doc is the whole of it, as it is shown.
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, organization TEXT NOT NULL, org_path TEXT NOT NULL,
  object TEXT NOT NULL, user TEXT NOT NULL, created_at INTEGER NOT NULL, doc TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX audit_id ON audit (id, org_path);
CREATE INDEX audit_path ON audit (org_path, id);
CREATE INDEX audit_organization ON audit (organization, id);
CREATE INDEX audit_object ON audit (object, id);
CREATE INDEX audit_user ON audit (user, id);
CREATE INDEX audit_created ON audit (created_at);
