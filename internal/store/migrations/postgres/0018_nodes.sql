-- A node is there while it is alive. Its id is made anew whenever it joins, so that it is the epoch of
-- all that it has leased. beat counts up; clocks of nodes are not compared. sessions is what its
-- connections are called (application_name), so that they can be ended when it is dead.
CREATE TABLE nodes (
	id TEXT COLLATE "C" PRIMARY KEY,
	name TEXT COLLATE "C" NOT NULL,
	version TEXT COLLATE "C" NOT NULL,
	started BIGINT NOT NULL,
	sessions TEXT COLLATE "C" NOT NULL,
	leaving BIGINT NOT NULL,
	beat BIGINT NOT NULL
);

-- Whose a partition is; '' is nobody. epoch counts how often it has changed hands.
CREATE TABLE leases (
	partition BIGINT PRIMARY KEY,
	node TEXT COLLATE "C" NOT NULL,
	epoch BIGINT NOT NULL
);
INSERT INTO leases (partition, node, epoch) SELECT p, '', 0 FROM generate_series(0, 255) AS p;

-- What nodes tell each other and is too large for a notification. Nothing of it has to outlive a crash.
CREATE UNLOGGED TABLE letters (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at BIGINT NOT NULL,
	body BYTEA NOT NULL
);
CREATE INDEX letters_at ON letters (at);
