-- When conversation.loop told of a conversation last.
CREATE TABLE loops (conversation TEXT COLLATE "C" PRIMARY KEY, told_at BIGINT NOT NULL);
