-- When conversation.loop told of a conversation last.
CREATE TABLE loops (conversation TEXT PRIMARY KEY, told_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
