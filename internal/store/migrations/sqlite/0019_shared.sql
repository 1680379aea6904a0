-- Logins that failed in a row, by a digest of who tried. Each node that serves counts all of them.
CREATE TABLE failed_logins (
  tally BLOB PRIMARY KEY, failures INTEGER NOT NULL, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX failed_logins_last ON failed_logins (last);

-- Which node somebody listens at, '' where nobody does, and by which of all connections that there
-- were: the newer one has the higher number. A change of any tunnel takes the next number.
ALTER TABLE tunnels ADD COLUMN node TEXT NOT NULL DEFAULT '';
ALTER TABLE tunnels ADD COLUMN link INTEGER NOT NULL DEFAULT 0;
CREATE TABLE tunnel_changes (number INTEGER NOT NULL) STRICT;
INSERT INTO tunnel_changes (number) VALUES (0);
