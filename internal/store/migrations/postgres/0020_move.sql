-- What this store is filled from by bellhop move, as long as it is not whole: then nobody may use it.
CREATE TABLE moves (
  id BIGINT PRIMARY KEY CHECK (id = 1), source TEXT COLLATE "C" NOT NULL, state TEXT COLLATE "C" NOT NULL);
