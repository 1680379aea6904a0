-- What this store is filled from by bellhop move, as long as it is not whole: then nobody may use it.
CREATE TABLE moves (
  id INTEGER PRIMARY KEY CHECK (id = 1), source TEXT NOT NULL, state TEXT NOT NULL) STRICT;
