-- Tunnels to where somebody listens: whose they are, what he calls them, and when he was last there.
CREATE TABLE tunnels (
  id TEXT COLLATE "C" PRIMARY KEY, "user" TEXT COLLATE "C" NOT NULL, organization TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL, UNIQUE ("user", name));
