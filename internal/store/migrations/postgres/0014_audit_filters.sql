-- What audit records are looked for by, beside who did something to what. Each index has the order of
-- the list, and who may see a record.
ALTER TABLE audit
  ADD COLUMN verb TEXT COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'verb') STORED,
  ADD COLUMN kind TEXT COLLATE "C" GENERATED ALWAYS AS (doc::jsonb ->> 'kind') STORED,
  ADD COLUMN failed BIGINT GENERATED ALWAYS AS (CASE doc::jsonb -> 'failed' WHEN 'true' THEN 1 WHEN 'false' THEN 0 END) STORED;
CREATE INDEX audit_verb ON audit (verb, id, org_path);
CREATE INDEX audit_kind ON audit (kind, id, org_path);
CREATE INDEX audit_failed ON audit (failed, id, org_path) WHERE failed = 1;
