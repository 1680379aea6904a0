-- Sessions of the admin pages. Of what a browser holds only a digest is kept.
CREATE TABLE logins (
  digest BLOB PRIMARY KEY, user TEXT NOT NULL, generation INTEGER NOT NULL,
  ends INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX logins_ends ON logins (ends);
