-- Logins that failed in a row, by a digest of who tried. Each node that serves counts all of them.
CREATE TABLE failed_logins (
  tally BYTEA PRIMARY KEY, failures BIGINT NOT NULL, last BIGINT NOT NULL);
CREATE INDEX failed_logins_last ON failed_logins (last);

-- Which node somebody listens at, '' where nobody does, and by which of all connections that there
-- were: the newer one has the higher number. A change of any tunnel takes the next number.
ALTER TABLE tunnels ADD COLUMN node TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE tunnels ADD COLUMN link BIGINT NOT NULL DEFAULT 0;
CREATE TABLE tunnel_changes (number BIGINT NOT NULL);
INSERT INTO tunnel_changes (number) VALUES (0);
