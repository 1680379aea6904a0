-- Sessions of the admin pages. Of what a browser holds only a digest is kept.
CREATE TABLE logins (
  digest BYTEA PRIMARY KEY, "user" TEXT COLLATE "C" NOT NULL, generation BIGINT NOT NULL,
  ends BIGINT NOT NULL);
CREATE INDEX logins_ends ON logins (ends);
