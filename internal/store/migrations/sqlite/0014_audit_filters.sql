-- What audit records are looked for by, beside who did something to what. Each index has the order of
-- the list, and who may see a record.
ALTER TABLE audit ADD COLUMN verb TEXT GENERATED ALWAYS AS (json_extract(doc, '$.verb')) VIRTUAL;
ALTER TABLE audit ADD COLUMN kind TEXT GENERATED ALWAYS AS (json_extract(doc, '$.kind')) VIRTUAL;
ALTER TABLE audit ADD COLUMN failed INTEGER GENERATED ALWAYS AS (json_extract(doc, '$.failed')) VIRTUAL;
CREATE INDEX audit_verb ON audit (verb, id, org_path);
CREATE INDEX audit_kind ON audit (kind, id, org_path);
CREATE INDEX audit_failed ON audit (failed, id, org_path) WHERE failed = 1;
