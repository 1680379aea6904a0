-- Which change was the last one, of each kind of which nodes keep things in memory, and ('') of all
-- of them: see versions.go. Changes up to first are not all in changes any more.
CREATE TABLE versions (
  kind TEXT COLLATE "C" PRIMARY KEY, number BIGINT NOT NULL, first BIGINT NOT NULL) WITH (fillfactor = 20);
INSERT INTO versions (kind, number, first)
  VALUES ('', 0, 0), ('organization', 0, 0), ('user', 0, 0), ('bot', 0, 0), ('botinstance', 0, 0), ('service', 0, 0);

-- Which documents were changed.
CREATE TABLE changes (
  kind TEXT COLLATE "C" NOT NULL, number BIGINT NOT NULL, id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, number, id));
