-- Tunnels to where somebody listens: whose they are, what he calls them, and when he was last there.
CREATE TABLE tunnels (
  id TEXT PRIMARY KEY, user TEXT NOT NULL, organization TEXT NOT NULL, name TEXT NOT NULL,
  created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, UNIQUE (user, name)) STRICT, WITHOUT ROWID;
